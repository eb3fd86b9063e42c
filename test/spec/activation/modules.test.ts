/** Classes whose modules are loaded into the spooler. */

import { describe, expect, test } from 'vitest';
import { type Guid, hresultOf, SpoolError } from '../../../shared/index.ts';
import type { ClassEntry } from '../../../spooler/activation/class-table.ts';
import { call, serve, stage, WINDOW, watched } from './stage.ts';

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

  test('a method answers with the code it throws or the HRESULT it returns; what cannot be one is S_OK', async () => {
    let result: unknown;
    const createObject = (): object => ({
      onPage: () => result,
      onJam() {
        throw new SpoolError('E_ACCESSDENIED');
      },
    });
    await using all = await stage({ table: { [WINDOW]: moduleOf({ createObject }) } });
    const object = await all.classes.activate(WINDOW, 'ann');
    expect(await object.call(call('onJam'))).toBe(hresultOf('E_ACCESSDENIED'));
    const answers: number[] = [];
    for (result of [0x00040202, 0x80004005, -1, 0.5, 2 ** 32, 'no']) answers.push(await object.call(call('onPage')));
    expect(answers).toEqual([0x00040202, 0x80004005, 0, 0, 0, 0]);
    object.release();
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
