/** Persistent subscriptions over the real classes: an object for each event, and what becomes of it. */

import { describe, expect, test } from 'vitest';
import { hresultOf } from '../../../shared/index.ts';
import { ClassTable, createEventSystem, type EventReport } from '../../../spooler/index.ts';
import { type Recorder, type Rig, startRig } from '../../harness/index.ts';
import { EventClient, FAILED, id, LIBRARY, WEATHER } from './event-stage.ts';

const CLSID = id(800);

/** A program that serves the class: it answers each call as it is told, and remembers what happened to its objects. */
class ClassServer {
  readonly client: EventClient;
  readonly seen: Recorder;
  answer: () => number | undefined = () => 0;

  private constructor(rig: Rig, client: EventClient) {
    this.client = client;
    this.seen = rig.recorder((event) => {
      const hresult = event.kind === 'notification' ? this.answer() : undefined;
      if (event.kind === 'notification' && hresult !== undefined)
        void event.channel?.sendNotification(JSON.stringify({ hresult })).catch(() => {});
    });
  }

  static async start(rig: Rig, user = 'ann'): Promise<ClassServer> {
    const server = new ClassServer(rig, new EventClient(rig, await rig.listener({ user })));
    const { listener } = server.client;
    await listener.registerForNotifications({ name: CLSID, type: CLSID, style: 'kBiDirectional' }, server.seen);
    await listener.connection.call('classes', 'register', { clsid: CLSID });
    return server;
  }

  /** What its objects were told, in order. */
  get story(): readonly string[] {
    return this.seen.seen.map(({ kind }) => kind);
  }
}

class Stage implements AsyncDisposable {
  readonly rig: Rig;
  readonly publisher: EventClient;
  readonly log: EventReport[];

  private constructor(rig: Rig, publisher: EventClient, log: EventReport[]) {
    this.rig = rig;
    this.publisher = publisher;
    this.log = log;
  }

  /** A persistent subscription of Ann's, and nobody who serves its class yet. */
  static async start(more: object = {}): Promise<Stage> {
    const log: EventReport[] = [];
    const { services } = createEventSystem({ log: (report) => log.push(report) });
    const rig = await startRig({ services });
    const publisher = new EventClient(rig, await rig.listener({ user: 'ann' }));
    await publisher.call('install', { library: LIBRARY });
    const subscription = { name: 'p', eventClass: WEATHER, subscriberClsid: CLSID, ...more };
    await publisher.call('subscribe', { subscription });
    return new Stage(rig, publisher, log);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.rig.close();
  }
}

describe('a persistent subscriber', () => {
  test('EVC-81: is created for each event, called, and released', async () => {
    await using stage = await Stage.start();
    const server = await ClassServer.start(stage.rig);
    for (let event = 0; event < 2; event++) expect(await stage.publisher.fire('onCalm')).toBe('S_OK');
    await stage.rig.settle();
    const once = ['offer', 'notification', 'closed'];
    expect(server.story).toEqual([...once, ...once]);
    expect(stage.rig.spooler.stats()).toMatchObject({ sessions: 2, channels: 0 });
  });

  test('EVC-81: is released after a failure, too', async () => {
    await using stage = await Stage.start();
    const server = await ClassServer.start(stage.rig);
    server.answer = () => FAILED;
    expect(await stage.publisher.fire('onCalm')).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
    await stage.rig.settle();
    expect(server.story).toEqual(['offer', 'notification', 'closed']);
  });

  test('EVC-81: one that dies before the call cannot be created: REGDB_E_CLASSNOTREG', async () => {
    await using stage = await Stage.start();
    const server = await ClassServer.start(stage.rig);
    stage.rig.cut(server.client.listener);
    await stage.rig.settle();
    expect(await stage.publisher.fire('onCalm')).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
    expect(stage.log).toMatchObject([
      { kind: 'notCreated', id: 4356, name: 'p', clsid: CLSID, hresult: hresultOf('REGDB_E_CLASSNOTREG') },
    ]);
  });

  test('EVC-81: one that dies during the call has failed at once, with RPC_E_DISCONNECTED', async () => {
    await using stage = await Stage.start();
    const server = await ClassServer.start(stage.rig);
    server.answer = () => undefined;
    const fired = stage.publisher.fire('onCalm');
    await stage.rig.settle();
    stage.rig.cut(server.client.listener);
    expect(await fired).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
    expect(stage.log).toMatchObject([{ kind: 'methodFailed', hresult: hresultOf('RPC_E_DISCONNECTED') }]);
    await stage.rig.settle();
    expect(stage.rig.spooler.stats()).toMatchObject({ sessions: 1, channels: 0 });
  });

  test('EVC-81: one that dies after its answer has succeeded', async () => {
    await using stage = await Stage.start();
    const server = await ClassServer.start(stage.rig);
    server.answer = () => {
      setImmediate(() => stage.rig.cut(server.client.listener));
      return 0;
    };
    expect(await stage.publisher.fire('onCalm')).toBe('S_OK');
    await stage.rig.settle();
    expect(stage.rig.spooler.stats()).toMatchObject({ sessions: 1, channels: 0 });
  });

  test('EVC-OPEN-8, decided: one that does not answer has 30 s, then it is released', async () => {
    await using stage = await Stage.start();
    const server = await ClassServer.start(stage.rig);
    server.answer = () => undefined;
    const fired = stage.publisher.fire('onCalm');
    await stage.rig.advance(30_000);
    expect(await fired).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
    expect(stage.log).toMatchObject([{ hresult: hresultOf('RPC_E_TIMEOUT') }]);
    await stage.rig.settle();
    expect(server.story.at(-1)).toBe('closed');
  });

  test('EVC-9, EVC-129, CP-D-13: a queued one that is offline during three events gets them once it is back', async () => {
    await using stage = await Stage.start({ queued: true });
    for (let event = 0; event < 3; event++) expect(await stage.publisher.fire('onCalm')).toBe('S_OK');
    await stage.rig.advance(120 * 60_000);
    const server = await ClassServer.start(stage.rig);
    await stage.rig.settle();
    expect(server.story.filter((kind) => kind === 'notification')).toHaveLength(3);
    expect(await stage.publisher.call('deadLetters')).toEqual({ letters: [] });
  });

  test('EVC-126: a queued one that dies in the call gets the event again, a minute later', async () => {
    await using stage = await Stage.start({ queued: true });
    const server = await ClassServer.start(stage.rig);
    server.answer = () => {
      stage.rig.cut(server.client.listener);
      return undefined;
    };
    expect(await stage.publisher.fire('onCalm')).toBe('S_OK');
    await stage.rig.settle();
    const again = await ClassServer.start(stage.rig);
    await stage.rig.advance(60_000);
    expect(again.story).toEqual(['offer', 'notification', 'closed']);
  });
});

test('EVC-OPEN-1, decided: where AllowInprocActivation is false, a module is not created', async () => {
  const log: EventReport[] = [];
  const created: string[] = [];
  const load = async (): Promise<unknown> => ({ createObject: () => ({ onCalm: () => void created.push('called') }) });
  const table = new ClassTable([[CLSID, { kind: 'module', load }]]);
  const { services } = createEventSystem({ log: (report) => log.push(report), classes: { table } });
  await using rig = await startRig({ services });
  const ann = new EventClient(rig, await rig.listener());
  const install = (allowInprocActivation: boolean): Promise<unknown> => {
    const eventClasses = [{ ...LIBRARY.eventClasses[0], allowInprocActivation }];
    return ann.call('install', { library: { ...LIBRARY, eventClasses } });
  };
  await install(true);
  await ann.call('subscribe', { subscription: { name: 'p', eventClass: WEATHER, subscriberClsid: CLSID } });
  expect(await ann.fire('onCalm')).toBe('S_OK');
  await install(false);
  expect(await ann.fire('onCalm')).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
  expect(created).toEqual(['called']);
  expect(log).toMatchObject([{ kind: 'notCreated', hresult: hresultOf('E_ACCESSDENIED') }]);
});
