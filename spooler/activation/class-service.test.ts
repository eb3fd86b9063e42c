/** Activation in a rig: class servers of the libraries, modules, and programs that are real processes. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Listener } from '../../client/listener.ts';
import { type EventCall, encodeCall, type MethodLookup } from '../../shared/events/event-call.ts';
import { type Guid, guid, hresultOf, type SpoolError } from '../../shared/index.ts';
import { type Reaction, type Recorder, type Rig, type RigOptions, startRig } from '../../test/harness/index.ts';
import { TokenTable } from '../tokens.ts';
import { ClassService, type ClassServiceOptions } from './class-service.ts';
import { type ClassEntry, ClassTable } from './class-table.ts';

const WINDOW = guid('5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c01');
const DOOR = guid('5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c02');
const EVENTS = guid('5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c0e');
const IID = guid('5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c0f');

/** Every method has one parameter: the pages. */
const lookup: MethodLookup = (_, __, method) => ({ name: method, parameters: [{ name: 'pages', type: 'i64' }] });

function call(method: string, pages = 1n): Uint8Array {
  const event: EventCall = { eventClass: EVENTS, interface: IID, method, arguments: { pages } };
  return encodeCall(event);
}

interface Stage extends AsyncDisposable {
  readonly rig: Rig;
  readonly classes: ClassService;
  /** What programs printed and modules threw. */
  readonly lines: string[];
}

type Options = Partial<Omit<ClassServiceOptions, 'table' | 'onLine'>> &
  Pick<RigOptions, 'transport' | 'tokens'> & { readonly table?: Readonly<Record<string, ClassEntry>> };

async function stage({ table = {}, transport, tokens, ...options }: Options = {}): Promise<Stage> {
  const lines: string[] = [];
  const made: ClassService[] = [];
  const rig: Rig = await startRig({
    ...(transport && { transport }),
    ...(tokens && { tokens }),
    services: [
      (host) => {
        const service = new ClassService(host, {
          lookup,
          url: () => (rig.transport === 'websocket' ? rig.url : undefined),
          ...options,
          table: new ClassTable(Object.entries(table)),
          onLine: (line) => lines.push(line),
        });
        made.push(service);
        return service;
      },
    ],
  });
  const [classes] = made;
  if (!classes) throw new Error('the spooler did not make its service');
  return {
    rig,
    classes,
    lines,
    async [Symbol.asyncDispose]() {
      // Programs have sessions: a rig wants everybody to have left before the spooler ends.
      await classes.close();
      await rig[Symbol.asyncDispose]();
    },
  };
}

const answering: Reaction = (event) =>
  event.kind === 'notification' ? event.channel?.sendNotification('{"hresult":0}') : undefined;

interface Server {
  readonly listener: Listener;
  readonly seen: Recorder;
}

/** A class server: registers for the class's name, then says that it serves it. */
async function serve(
  { rig }: Stage,
  clsid: Guid,
  react: Reaction = answering,
  options: Parameters<Rig['listener']>[0] = {},
): Promise<Server> {
  const listener = await rig.listener(options);
  const seen = rig.recorder(react);
  await listener.registerForNotifications({ name: clsid, type: clsid, style: 'kBiDirectional' }, seen);
  await listener.connection.call('classes', 'register', { clsid });
  return { listener, seen };
}

function watched(work: Promise<unknown>): { state: string } {
  const result = { state: 'pending' };
  work.then(
    () => {
      result.state = 'resolved';
    },
    ({ code, input }: SpoolError) => {
      result.state = `${code} ${input}`;
    },
  );
  return result;
}

describe('a class that somebody serves', () => {
  test('EVC-81: each activation is a channel: created with the first call, released with the channel', async () => {
    await using all = await stage();
    const { seen } = await serve(all, WINDOW);
    const [first, second] = [await all.classes.activate(WINDOW, 'ann'), await all.classes.activate(WINDOW, 'ann')];
    expect(await first.call(call('onPage', 1n))).toBe(0);
    expect(await second.call(call('onPage', 2n))).toBe(0);
    expect(await first.call(call('onPage', 3n))).toBe(0);
    const channels = seen.notifications.map(({ channel }) => channel);
    expect(channels[0]).toBe(channels[2]);
    expect(channels[0]).not.toBe(channels[1]);
    first.release();
    second.release();
    await all.rig.settle();
    expect(seen.closes).toHaveLength(2);
    expect(all.rig.spooler.stats()).toMatchObject({ sessions: 1, channels: 0, ends: 0 });
  });

  test('an unknown class: REGDB_E_CLASSNOTREG; also one that is served for another user, or not any more', async () => {
    await using all = await stage();
    const { listener } = await serve(all, WINDOW, answering, { user: 'bob' });
    const refused = { code: 'REGDB_E_CLASSNOTREG', hresult: 0x80040154, input: WINDOW };
    await expect(all.classes.activate(WINDOW, 'ann')).rejects.toMatchObject(refused);
    (await all.classes.activate(WINDOW, 'bob')).release();
    await listener.connection.call('classes', 'revoke', { clsid: WINDOW });
    await expect(all.classes.activate(WINDOW, 'bob')).rejects.toMatchObject(refused);
  });

  test('one session serves it for a user at a time; it is free again when that session has gone', async () => {
    await using all = await stage();
    const { listener } = await serve(all, WINDOW);
    await expect(serve(all, WINDOW)).rejects.toMatchObject({ code: 'ALREADY_REGISTERED', input: WINDOW });
    await expect(listener.connection.call('classes', 'register', { clsid: WINDOW })).rejects.toMatchObject({
      code: 'ALREADY_REGISTERED',
    });
    await serve(all, WINDOW, answering, { user: 'bob' });
    all.rig.cut(listener);
    await all.rig.settle();
    await serve(all, WINDOW);
  });

  test('only who serves it can revoke it; objects that are there live on', async () => {
    await using all = await stage();
    const { listener } = await serve(all, WINDOW);
    const object = await all.classes.activate(WINDOW, 'ann');
    const other = await all.rig.listener();
    await expect(other.connection.call('classes', 'revoke', { clsid: WINDOW })).rejects.toMatchObject({
      code: 'NOT_REGISTERED',
    });
    await listener.connection.call('classes', 'revoke', { clsid: `{${WINDOW.toUpperCase()}}` });
    expect(await object.call(call('onPage'))).toBe(0);
    object.release();
    await expect(listener.connection.call('classes', 'revoke', { clsid: WINDOW })).rejects.toMatchObject({
      code: 'NOT_REGISTERED',
    });
  });

  test('when its session dies its objects are gone, answered or not', async () => {
    await using all = await stage();
    const { listener } = await serve(all, WINDOW, (event, object) =>
      event.kind === 'notification' && event.text.includes('onPage') ? answering(event, object) : undefined,
    );
    const answered = await all.classes.activate(WINDOW, 'ann');
    await answered.call(call('onPage'));
    const silent = await all.classes.activate(WINDOW, 'ann');
    const unheard = watched(silent.call(call('onJam')));
    await all.rig.settle();
    all.rig.cut(listener);
    expect([await answered.gone, await silent.gone]).toEqual(['died', 'died']);
    expect(unheard.state).toBe('CONNECTION_LOST died');
    await all.rig.settle();
    expect(all.rig.spooler.stats()).toMatchObject({ sessions: 0, channels: 0 });
  });

  test('when it dies while an object is being opened, that one is gone too', async () => {
    await using all = await stage();
    const { listener } = await serve(all, WINDOW, () => undefined);
    const activation = all.classes.activate(WINDOW, 'ann');
    all.rig.cut(listener);
    const object = await activation;
    expect(await object.gone).toBe('died');
  });

  test('an object that never answers costs a call its time, no more', async () => {
    await using all = await stage({ callTime: 5_000 });
    await serve(all, WINDOW, () => undefined);
    const object = await all.classes.activate(WINDOW, 'ann');
    const unheard = watched(object.call(call('onPage')));
    await all.rig.advance(4_999);
    expect(unheard.state).toBe('pending');
    await all.rig.advance(1);
    expect(unheard.state).toBe('TIMED_OUT 5000 ms');
    object.release();
  });

  test.each([['null'], ['{}'], ['{"clsid":7}'], [`{"clsid":"${WINDOW}","more":1}`], ['{"clsid":"window"}']])(
    'a request %s is refused: E_INVALIDARG',
    async (json) => {
      await using all = await stage();
      const { connection } = await all.rig.listener();
      for (const method of ['register', 'revoke'])
        await expect(connection.call('classes', method, JSON.parse(json))).rejects.toMatchObject({
          code: 'E_INVALIDARG',
        });
      await expect(connection.call('classes', 'sing')).rejects.toMatchObject({ code: 'E_NOTIMPL', input: 'sing' });
    },
  );

  test('EVC-206, decided: it takes the right to listen, and the user that the table names', async () => {
    const tokens = TokenTable.parse(
      JSON.stringify({
        tokens: [
          { token: 'ann-0123456789abcdef', user: 'ann', rights: ['listen'] },
          { token: 'bob-0123456789abcdef', user: 'bob', rights: ['listen', 'administer'] },
          { token: 'driver-0123456789abcdef', user: 'driver', rights: ['send'] },
        ],
      }),
    );
    const table = { [WINDOW]: { kind: 'command', command: ['x'], user: 'ann' } } as const;
    await using all = await stage({ tokens, table });
    const as = (name: string): { token: string } => ({ token: `${name}-0123456789abcdef` });
    const refused = { code: 'E_ACCESSDENIED', input: WINDOW };
    const bob = await all.rig.listener(as('bob'));
    await expect(bob.connection.call('classes', 'register', { clsid: WINDOW })).rejects.toMatchObject(refused);
    const driver = await all.rig.listener(as('driver'));
    await expect(driver.connection.call('classes', 'register', { clsid: DOOR })).rejects.toMatchObject({
      code: 'E_ACCESSDENIED',
    });
    const { seen } = await serve(all, WINDOW, answering, as('ann'));
    // Whoever the object is for, it is made by Ann's program.
    const object = await all.classes.activate(WINDOW, 'carl');
    expect(await object.call(call('onPage'))).toBe(0);
    expect(seen.notifications).toHaveLength(1);
    object.release();
  });
});

describe('a class of a module', () => {
  const moduleOf = (exported: unknown): ClassEntry => ({ kind: 'module', load: () => Promise.resolve(exported) });

  test('EVC-81: loaded once, an object for each activation, called with its arguments, released', async () => {
    const told: unknown[] = [];
    let loads = 0;
    const load = (): Promise<unknown> => {
      loads++;
      return Promise.resolve({
        createObject(clsid: Guid) {
          let pages = 0n;
          return {
            onPage(given: { pages: bigint }) {
              pages += given.pages;
              told.push([clsid, pages]);
            },
            onCount: () => Number(pages),
            release: () => told.push(['released', pages]),
          };
        },
      });
    };
    await using all = await stage({ table: { [WINDOW]: { kind: 'module', load } } });
    expect(loads).toBe(0);
    const first = await all.classes.activate(WINDOW, 'ann');
    const second = await all.classes.activate(WINDOW, 'bob');
    expect(await first.call(call('onPage', 2n ** 60n))).toBe(0);
    expect(await second.call(call('onPage', 5n))).toBe(0);
    expect(await second.call(call('onPage', 2n))).toBe(0);
    expect(await second.call(call('onCount'))).toBe(7);
    first.release();
    second.release();
    expect(await second.gone).toBe('closed');
    expect(loads).toBe(1);
    expect(told).toEqual([
      [WINDOW, 2n ** 60n],
      [WINDOW, 5n],
      [WINDOW, 7n],
      ['released', 2n ** 60n],
      ['released', 7n],
    ]);
    expect(all.rig.spooler.stats().sessions).toBe(0);
  });

  test('EVC-189: a method that throws or rejects is EVENT_E_USER_EXCEPTION, and the operator hears of it', async () => {
    const createObject = (): object => ({
      onPage() {
        throw new Error('out of ink');
      },
      onJam: () => Promise.reject(new Error('paper jam')),
      release() {
        throw new Error('stuck');
      },
    });
    await using all = await stage({ table: { [WINDOW]: moduleOf({ createObject }) } });
    const object = await all.classes.activate(WINDOW, 'ann');
    const thrown = hresultOf('EVENT_E_USER_EXCEPTION');
    expect([await object.call(call('onPage')), await object.call(call('onJam'))]).toEqual([thrown, thrown]);
    object.release();
    await all.rig.settle();
    expect(all.lines.map((line) => line.split('\n')[0])).toEqual([
      `${WINDOW}: onPage: Error: out of ink`,
      `${WINDOW}: onJam: Error: paper jam`,
      `${WINDOW}: release: Error: stuck`,
    ]);
  });

  test('a method that it lacks, or that every object has: E_NOTIMPL; what is no call is refused', async () => {
    await using all = await stage({ table: { [WINDOW]: moduleOf({ createObject: () => ({}) }) } });
    const object = await all.classes.activate(WINDOW, 'ann');
    for (const method of ['onPage', 'constructor', 'toString', '__proto__'])
      expect(await object.call(call(method))).toBe(hresultOf('E_NOTIMPL'));
    await expect(object.call(new Uint8Array([123]))).rejects.toMatchObject({ code: 'E_INVALIDARG' });
    object.release();
  });

  test('one that hangs costs a call its time, no more', async () => {
    const createObject = (): object => ({ onPage: () => new Promise(() => {}) });
    await using all = await stage({ table: { [WINDOW]: moduleOf({ createObject }) }, callTime: 5_000 });
    const object = await all.classes.activate(WINDOW, 'ann');
    const unheard = watched(object.call(call('onPage')));
    await all.rig.advance(5_000);
    expect(unheard.state).toBe('TIMED_OUT 5000 ms');
    object.release();
  });

  test.each<[string, ClassEntry, string]>([
    ['does not load', { kind: 'module', load: () => Promise.reject(new Error('no such file')) }, 'no such file'],
    ['lacks createObject', moduleOf({}), 'the module exports no function createObject'],
    ['exports something else', moduleOf({ createObject: 7 }), 'the module exports no function createObject'],
    ['gives nothing', moduleOf({ createObject: () => undefined }), 'createObject gave no object'],
    [
      'throws',
      moduleOf({
        createObject() {
          throw new Error('out of memory');
        },
      }),
      'out of memory',
    ],
  ])('one that %s: CO_E_SERVER_EXEC_FAILURE', async (_, entry, why) => {
    await using all = await stage({ table: { [WINDOW]: entry } });
    await expect(all.classes.activate(WINDOW, 'ann')).rejects.toMatchObject({
      code: 'CO_E_SERVER_EXEC_FAILURE',
      input: `${WINDOW}: ${why}`,
    });
  });

  test('one that never gives an object: the same, in time', async () => {
    const createObject = (): Promise<object> => new Promise(() => {});
    await using all = await stage({ table: { [WINDOW]: moduleOf({ createObject }) } });
    const activation = watched(all.classes.activate(WINDOW, 'ann'));
    await all.rig.advance(29_999);
    expect(activation.state).toBe('pending');
    await all.rig.advance(1);
    expect(activation.state).toBe(`CO_E_SERVER_EXEC_FAILURE ${WINDOW}: no object within 30000 ms`);
  });

  test('nobody else can serve it', async () => {
    await using all = await stage({ table: { [WINDOW]: moduleOf({ createObject: () => ({}) }) } });
    await expect(serve(all, WINDOW)).rejects.toMatchObject({ code: 'ALREADY_REGISTERED' });
  });
});

describe('a class of a program', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spoolpipe-activation-'));
    const door = (name: string): string => JSON.stringify(new URL(`../../dist/client/${name}.js`, import.meta.url));
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
