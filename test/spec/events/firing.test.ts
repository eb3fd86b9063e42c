import { describe, expect, test } from 'vitest';
import { hresultOf } from '../../../shared/index.ts';
import { EventStage, FAILED, IStorm, WEATHER } from './event-stage.ts';

const READING = { Temperature: 40, Pressure: 30 };

describe('an event reaches', () => {
  test('EVC-1, EVC-2, EVC-4, EVC-5, EVC-6, EVC-7, EVC-8, EVC-82, EVC-88: its subscribers, through the event system, by the class’s ID alone', async () => {
    await using stage = await EventStage.start();
    const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
    await ann.subscribe({ name: 'a' });
    expect(await bob.fire('onReading', READING)).toBe('S_OK');
    expect(ann.got).toEqual(['a onReading 40 30']);
    await bob.fire('onCalm');
    expect(ann.got).toEqual(['a onReading 40 30', 'a onCalm']);
  });

  test('EVC-68, EVC-183: nobody, and that is a success', async () => {
    await using stage = await EventStage.start();
    expect(await (await stage.client()).fire('onReading', READING)).toBe('EVENT_S_NOSUBSCRIBERS');
  });

  test('EVC-95: a subscription to one method, to one interface, or to all of the class', async () => {
    await using stage = await EventStage.start();
    const ann = await stage.client();
    await ann.subscribe({ name: 'method', method: 'onCalm' });
    await ann.subscribe({ name: 'interface', interface: IStorm });
    await ann.subscribe({ name: 'class' });
    await ann.fire('onReading', READING);
    await ann.fire('onCalm');
    await ann.fire('onStorm', { Force: 9 }, { interface: IStorm });
    expect(ann.got).toEqual([
      'class onReading 40 30',
      'method onCalm',
      'class onCalm',
      'interface onStorm 9',
      'class onStorm 9',
    ]);
  });

  test('EVC-97: a subscription to a publisher ID, whatever the class', async () => {
    await using stage = await EventStage.start();
    const ann = await stage.client();
    await ann.subscribe({ name: 'p', publisherId: 'station 1' });
    expect(await ann.fire('onCalm', {}, { publisherId: 'station 2' })).toBe('EVENT_S_NOSUBSCRIBERS');
    expect(await ann.fire('onCalm', {}, { publisherId: 'station 1' })).toBe('S_OK');
    expect(ann.got).toEqual(['p onCalm']);
  });

  test('EVC-83: only the very object that was subscribed', async () => {
    await using stage = await EventStage.start();
    const [ann, other] = [await stage.client('ann'), await stage.client('ann')];
    await ann.subscribe();
    await other.fire('onCalm');
    expect([ann.got.length, other.got.length]).toEqual([1, 0]);
  });

  test('EVC-102: nobody who is disabled, until he is enabled', async () => {
    await using stage = await EventStage.start();
    const ann = await stage.client();
    const id = await ann.subscribe({ enabled: false });
    expect(await ann.fire('onCalm')).toBe('EVENT_S_NOSUBSCRIBERS');
    await ann.call('modify', { id, changes: { enabled: true } });
    expect(await ann.fire('onCalm')).toBe('S_OK');
  });

  test('EVC-165, EVC-171: those whose parameter filter says yes', async () => {
    await using stage = await EventStage.start();
    const ann = await stage.client();
    await ann.subscribe({ name: 'hot', method: 'onReading', filterCriteria: 'Temperature = 40' });
    await ann.subscribe({ name: 'both', method: 'onReading', filterCriteria: 'Temperature = 40 AND Pressure = 10' });
    expect(await ann.fire('onReading', READING)).toBe('S_OK');
    expect(ann.got).toEqual(['hot onReading 40 30']);
  });

  test('EVC-OPEN-5, decided: nobody, where every filter says no', async () => {
    await using stage = await EventStage.start();
    const ann = await stage.client();
    await ann.subscribe({ method: 'onReading', filterCriteria: 'Temperature = 1' });
    expect(await ann.fire('onReading', READING)).toBe('EVENT_S_NOSUBSCRIBERS');
  });

  test('EVC-105, EVC-106: a per-user subscriber only while the user is logged on', async () => {
    await using stage = await EventStage.start();
    const ann = await stage.client('ann');
    await ann.subscribe({ perUser: true, user: 'zoe' });
    expect(await ann.fire('onCalm')).toBe('EVENT_S_NOSUBSCRIBERS');
    const zoe = await stage.client('zoe');
    expect(await ann.fire('onCalm')).toBe('S_OK');
    stage.rig.cut(zoe.listener);
    await stage.settle();
    expect(await ann.fire('onCalm')).toBe('EVENT_S_NOSUBSCRIBERS');
  });
});

describe('the result is', () => {
  test('EVC-66, EVC-71, EVC-69: some failed, and only the log says who, in which method, with what', async () => {
    await using stage = await EventStage.start();
    const ann = await stage.client();
    await ann.subscribe({ name: 'good' });
    await ann.subscribe({ name: 'bad' }, () => FAILED);
    expect(await ann.fire('onCalm')).toBe('EVENT_S_SOME_SUBSCRIBERS_FAILED');
    expect(stage.log).toMatchObject([
      { kind: 'methodFailed', id: 4354, name: 'bad', method: 'onCalm', eventClass: WEATHER, hresult: FAILED },
    ]);
  });

  test('EVC-67, EVC-72: all failed, one of them with an exception', async () => {
    await using stage = await EventStage.start();
    const ann = await stage.client();
    await ann.subscribe({}, () => hresultOf('EVENT_E_USER_EXCEPTION'));
    expect(await ann.fire('onCalm')).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
    expect(stage.log).toMatchObject([{ hresult: hresultOf('EVENT_E_USER_EXCEPTION') }]);
  });

  test('EVC-OPEN-6, decided: a success of the subscriber’s own counts as success', async () => {
    await using stage = await EventStage.start();
    const ann = await stage.client();
    await ann.subscribe({}, () => 1);
    expect(await ann.fire('onCalm')).toBe('S_OK');
  });

  test.each([
    ['E_INVALIDARG', { method: 'onStorm' }],
    ['E_INVALIDARG', { arguments: { Force: 9 } }],
    ['E_INVALIDARG', { eventClass: 'weather' }],
    ['REGDB_E_CLASSNOTREG', { eventClass: IStorm }],
  ])('EVC-35: %s for a call that makes no sense: %j', async (code, wrong) => {
    await using stage = await EventStage.start();
    const ann = await stage.client();
    await ann.subscribe();
    expect(await ann.fire('onCalm', {}, wrong)).toBe(code);
    expect(ann.got).toEqual([]);
  });
});

describe('subscribers are called', () => {
  test('EVC-60, EVC-61: one after another, and the publisher waits for the last', async () => {
    await using stage = await EventStage.start();
    const ann = await stage.client();
    await ann.subscribe({ name: 'silent' }, () => undefined);
    await ann.subscribe({ name: 'second' });
    let result: string | undefined;
    const fired = ann.fire('onCalm').then((code) => {
      result = code;
    });
    await stage.settle();
    expect([ann.got, result]).toEqual([['silent onCalm'], undefined]);
    await stage.rig.advance(30_000);
    await fired;
    expect([ann.got, result]).toEqual([['silent onCalm', 'second onCalm'], 'EVENT_S_SOME_SUBSCRIBERS_FAILED']);
  });

  test('EVC-62: with FireInParallel the next need not wait', async () => {
    await using stage = await EventStage.start({ eventClass: { fireInParallel: true } });
    const ann = await stage.client();
    await ann.subscribe({ name: 'silent' }, () => undefined);
    await ann.subscribe({ name: 'second' });
    const fired = ann.fire('onCalm');
    await stage.settle();
    expect(ann.got).toEqual(['silent onCalm', 'second onCalm']);
    await stage.rig.advance(30_000);
    expect(await fired).toBe('EVENT_S_SOME_SUBSCRIBERS_FAILED');
  });

  test('EVC-60: one publisher’s slow subscriber holds up no other publisher', async () => {
    await using stage = await EventStage.start();
    const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
    await ann.subscribe({ name: 'silent', method: 'onReading' }, () => undefined);
    await ann.subscribe({ name: 'quick', method: 'onCalm' });
    const slow = bob.fire('onReading', READING);
    await stage.settle();
    expect(await ann.fire('onCalm')).toBe('S_OK');
    await stage.rig.advance(30_000);
    expect(await slow).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
  });

  test('EVC-60: in the publisher’s order, also where it does not wait', async () => {
    await using stage = await EventStage.start();
    const ann = await stage.client();
    await ann.subscribe({ name: 'slow', method: 'onReading' }, () => undefined);
    await ann.subscribe({ name: 'both' });
    const fired = Promise.all([ann.fire('onReading', READING), ann.fire('onCalm')]);
    await stage.settle();
    expect(ann.got).toEqual(['slow onReading 40 30']);
    await stage.rig.advance(30_000);
    await fired;
    expect(ann.got).toEqual(['slow onReading 40 30', 'both onReading 40 30', 'both onCalm']);
  });

  test('EVC-OPEN-8, decided: one that has not answered in time is not waited for again until it has', async () => {
    await using stage = await EventStage.start();
    const ann = await stage.client();
    await ann.subscribe({ name: 'silent' }, () => undefined);
    const [first, second] = [ann.fire('onCalm'), ann.fire('onReading', READING)];
    await stage.rig.advance(30_000);
    expect(await Promise.all([first, second])).toEqual(Array(2).fill('EVENT_E_ALL_SUBSCRIBERS_FAILED'));
    // No time need pass for the next, and what was given up is not called afterwards.
    expect(await ann.fire('onCalm')).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
    expect(ann.got).toEqual(['silent onCalm']);
    expect(stage.log.map((report) => 'hresult' in report && report.hresult)).toEqual(
      Array(3).fill(hresultOf('RPC_E_TIMEOUT')),
    );
  });
});

describe('a subscriber that dies', () => {
  test('EVC-85, EVC-92: before the call is not there any more', async () => {
    await using stage = await EventStage.start();
    const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
    await ann.subscribe();
    stage.rig.cut(ann.listener);
    await stage.settle();
    expect(await bob.fire('onCalm')).toBe('EVENT_S_NOSUBSCRIBERS');
    expect(await bob.call('subscriptions')).toEqual({ subscriptions: [] });
  });

  test('EVC-67, EVC-OPEN-9, decided: during the call has failed, at once', async () => {
    await using stage = await EventStage.start();
    const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
    await ann.subscribe({}, () => undefined);
    const fired = bob.fire('onCalm');
    await stage.settle();
    stage.rig.cut(ann.listener);
    await stage.settle();
    expect(await fired).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
    expect(stage.log).toMatchObject([{ hresult: hresultOf('RPC_E_DISCONNECTED') }]);
    expect(await bob.call('subscriptions')).toEqual({ subscriptions: [] });
  });

  test('EVC-65: after its answer has succeeded', async () => {
    await using stage = await EventStage.start();
    const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
    await ann.subscribe({}, () => {
      setImmediate(() => stage.rig.cut(ann.listener));
      return 0;
    });
    expect(await bob.fire('onCalm')).toBe('S_OK');
    await stage.settle();
    expect(await bob.fire('onCalm')).toBe('EVENT_S_NOSUBSCRIBERS');
  });

  test('EVC-7: a publisher that dies in the middle has fired all the same', async () => {
    await using stage = await EventStage.start();
    const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
    await ann.subscribe({ name: 'first' }, () => {
      stage.rig.cut(bob.listener);
      return 0;
    });
    await ann.subscribe({ name: 'second' });
    await bob.fire('onCalm');
    await stage.settle();
    expect(ann.got).toEqual(['first onCalm', 'second onCalm']);
  });
});
