/** Classes of programs, which are real processes of the built package, in real time. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClassEntry } from '../../../spooler/activation/class-table.ts';
import { TokenTable } from '../../../spooler/tokens.ts';
import { call, DOOR, stage, WINDOW, watched } from './stage.ts';

describe('a class of a program', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spoolpipe-activation-'));
    const door = (name: string): string => JSON.stringify(new URL(`../../../dist/client/${name}.js`, import.meta.url));
    // Serves the classes it is told, counts its calls, and does what its methods are called.
    const server = `
      import { connectListener } from ${door('listener')};
      const listener = await connectListener();
      console.log('serving as ' + listener.user + (process.env.TRAY ?? ''));
      for (const clsid of process.argv.slice(2)) {
        const onEventNotify = async (channel, data) => {
          const { method } = JSON.parse(new TextDecoder().decode(data.acquireData().data));
          if (method === 'onExit') process.kill(process.pid, 'SIGKILL');
          await channel.sendNotification(JSON.stringify({ hresult: process.pid }));
        };
        await listener.registerForNotifications({ name: clsid, type: clsid, style: 'kBiDirectional' }, { onEventNotify });
        await listener.connection.call('classes', 'register', { clsid });
      }
    `;
    await writeFile(join(folder, 'server.mjs'), server);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  const program = (...words: string[]): ClassEntry => ({
    kind: 'command',
    command: [process.execPath, ...words],
    directory: folder,
  });

  test('EVC-81: it is started when it is wanted, several share one start, and it stays for the next', async () => {
    await using all = await stage({ transport: 'websocket', table: { [WINDOW]: program('server.mjs', WINDOW) } });
    const objects = await Promise.all([1, 2, 3].map(() => all.classes.activate(WINDOW, 'ann')));
    const pids = await Promise.all(objects.map((object) => object.call(call('onPage'))));
    expect(new Set(pids).size).toBe(1);
    for (const object of objects) object.release();
    const again = await all.classes.activate(WINDOW, 'ann');
    expect(await again.call(call('onPage'))).toBe(pids[0]);
    again.release();
    expect(all.lines).toEqual([`${WINDOW}: serving as ann`]);
    // Another user has a program of his own.
    const other = await all.classes.activate(WINDOW, 'bob');
    expect(await other.call(call('onPage'))).not.toBe(pids[0]);
    other.release();
  });

  test('one program may serve several classes: it is started once', async () => {
    const both = program('server.mjs', WINDOW, DOOR);
    await using all = await stage({ transport: 'websocket', table: { [WINDOW]: both, [DOOR]: both } });
    const objects = await Promise.all([all.classes.activate(WINDOW, 'ann'), all.classes.activate(DOOR, 'ann')]);
    const [first, second] = await Promise.all(objects.map((object) => object.call(call('onPage'))));
    expect(first).toBe(second);
    for (const object of objects) object.release();
  });

  test('killed during a call: that call rejects, the object is gone, the next activation starts it again', async () => {
    await using all = await stage({ transport: 'websocket', table: { [WINDOW]: program('server.mjs', WINDOW) } });
    const object = await all.classes.activate(WINDOW, 'ann');
    await expect(object.call(call('onExit'))).rejects.toMatchObject({ code: 'CONNECTION_LOST', input: 'died' });
    expect(await object.gone).toBe('died');
    const next = await all.classes.activate(WINDOW, 'ann');
    expect(await next.call(call('onPage'))).toBeGreaterThan(0);
    next.release();
  });

  test('it has the token and the environment that the table gives it', async () => {
    const token = 'ann-0123456789abcdef';
    const tokens = TokenTable.parse(JSON.stringify({ tokens: [{ token, user: 'ann', rights: ['listen'] }] }));
    const environment = { TRAY: ' at tray 2' };
    const entry = { ...program('server.mjs', WINDOW), user: 'ann', token, environment } as ClassEntry;
    await using all = await stage({ transport: 'websocket', tokens, table: { [WINDOW]: entry } });
    const object = await all.classes.activate(WINDOW, 'carl');
    expect(await object.call(call('onPage'))).toBeGreaterThan(0);
    object.release();
    expect(all.lines).toEqual([`${WINDOW}: serving as ann at tray 2`]);
  });

  test('one that ends early: CO_E_SERVER_EXEC_FAILURE at once, with its exit code and last words', async () => {
    const entry = program('-e', 'console.error("no display"); process.exit(3)');
    await using all = await stage({ table: { [WINDOW]: entry } });
    const activations = [1, 2].map(() => all.classes.activate(WINDOW, 'ann'));
    for (const result of await Promise.allSettled(activations))
      expect(result).toMatchObject({
        reason: {
          code: 'CO_E_SERVER_EXEC_FAILURE',
          hresult: 0x80080005,
          input: `${WINDOW}: exit code 3: no display`,
        },
      });
  });

  test('one that cannot be started: the same', async () => {
    const missing: ClassEntry = { kind: 'command', command: [join(folder, 'no-such-program')] };
    const impossible: ClassEntry = { kind: 'command', command: ['a\0b'] };
    await using all = await stage({ table: { [WINDOW]: missing, [DOOR]: impossible } });
    const failure = { code: 'CO_E_SERVER_EXEC_FAILURE' };
    await expect(all.classes.activate(WINDOW, 'ann')).rejects.toMatchObject(failure);
    await expect(all.classes.activate(DOOR, 'ann')).rejects.toMatchObject(failure);
  });

  test('one that does not register in time: the same, and it is ended', async () => {
    const entry = program('-e', 'setInterval(() => {}, 1e6); console.log("idle")');
    await using all = await stage({ table: { [WINDOW]: entry, [DOOR]: { ...entry, startTime: 100 } as ClassEntry } });
    const activation = watched(all.classes.activate(WINDOW, 'ann'));
    await all.rig.advance(29_999);
    expect(activation.state).toBe('pending');
    await all.rig.advance(1);
    expect(activation.state).toBe(`CO_E_SERVER_EXEC_FAILURE ${WINDOW}: not registered within 30000 ms`);
    const hasty = watched(all.classes.activate(DOOR, 'bob'));
    await all.rig.advance(100);
    expect(hasty.state).toBe(`CO_E_SERVER_EXEC_FAILURE ${DOOR}: not registered within 100 ms`);
  });

  test('the end of the spooler ends what it has started, and fails who waits for it', async () => {
    const entry = program('-e', 'setInterval(() => {}, 1e6)');
    await using all = await stage({ table: { [WINDOW]: entry } });
    const activation = watched(all.classes.activate(WINDOW, 'ann'));
    await all.rig.spooler.close();
    await all.rig.settle();
    expect(activation.state).toBe(`CO_E_SERVER_EXEC_FAILURE ${WINDOW}: ended by SIGTERM`);
    await expect(all.classes.activate(WINDOW, 'ann')).rejects.toMatchObject({ code: 'RPC_S_CALL_CANCELLED' });
  });
});
