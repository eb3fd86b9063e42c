/** Publisher filters that throw, hang, or go on after their event, and stores that refuse or never answer. */

import { describe, expect, test } from 'vitest';
import { SpoolError } from '../../shared/index.ts';
import type { FiringControl, MultiInterfacePublisherFilter } from '../../spooler/events/publisher-filter.ts';
import type { Change } from '../../spooler/store/store.ts';
import { EventStage, IWeather, id, WEATHER } from '../spec/events/event-stage.ts';
import { TestStore } from '../spec/events/event-store.ts';

const FILTER_TIME = 2_000;
const nothing = (): void => {};
const boom = (): never => {
  throw new Error('boom');
};
const never = (): Promise<never> => new Promise(() => {});

async function stageWith(filter: object): Promise<EventStage> {
  const stage = await EventStage.start({ filterTime: FILTER_TIME, subscriberTime: 1_000 });
  stage.system().filters.setMultiInterfacePublisherFilter(WEATHER, filter as MultiInterfacePublisherFilter);
  return stage;
}

describe('a publisher filter', () => {
  const places: readonly (readonly [string, object, string])[] = [
    ['initialize throws', { initialize: boom, prepareToFire: nothing }, 'EVENT_E_USER_EXCEPTION'],
    ['prepareToFire throws', { initialize: nothing, prepareToFire: boom }, 'EVENT_E_USER_EXCEPTION'],
    [
      'prepareToFire throws a code that is a success',
      {
        initialize: nothing,
        prepareToFire: () => {
          throw new SpoolError('S_OK');
        },
      },
      'EVENT_E_USER_EXCEPTION',
    ],
    [
      'queryInterface throws',
      { initialize: nothing, prepareToFire: nothing, queryInterface: boom },
      'EVENT_E_USER_EXCEPTION',
    ],
    [
      'its event method throws',
      { initialize: nothing, prepareToFire: nothing, queryInterface: () => ({ onCalm: boom }) },
      'EVENT_E_USER_EXCEPTION',
    ],
    ['initialize hangs', { initialize: never, prepareToFire: nothing }, 'RPC_E_TIMEOUT'],
    ['prepareToFire hangs', { initialize: nothing, prepareToFire: never }, 'RPC_E_TIMEOUT'],
    [
      'its event method hangs',
      { initialize: nothing, prepareToFire: nothing, queryInterface: () => ({ onCalm: never }) },
      'RPC_E_TIMEOUT',
    ],
  ];

  test.each(places)(
    'EVC-OPEN-15, decided: where %s, nobody gets the event and the spooler goes on',
    async (_, filter, code) => {
      await using stage = await stageWith(filter);
      const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
      await bob.subscribe();
      const fired = ann.fire('onCalm');
      await stage.settle();
      await stage.rig.advance(FILTER_TIME);
      expect(await fired).toBe(code);
      expect(bob.got).toEqual([]);
      expect(stage.log).toMatchObject([{ kind: 'publisherFilterFailed' }]);
      stage.system().filters.setMultiInterfacePublisherFilter(WEATHER, null);
      expect(await ann.fire('onCalm')).toBe('S_OK');
    },
  );

  test('EVC-OPEN-15, decided: one that hangs at one publisher’s event does not keep another’s', async () => {
    let events = 0;
    await using stage = await stageWith({
      initialize: nothing,
      prepareToFire: () => (events++ === 0 ? never() : undefined),
    });
    const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
    const stuck = ann.fire('onCalm');
    await stage.settle();
    expect(await bob.fire('onCalm')).toBe('EVENT_S_NOSUBSCRIBERS');
    await stage.rig.advance(FILTER_TIME);
    expect(await stuck).toBe('RPC_E_TIMEOUT');
  });

  test('EVC-OPEN-18, decided: fires after the event is over: E_UNEXPECTED, and nobody gets anything', async () => {
    const kept: FiringControl[] = [];
    await using stage = await stageWith({
      initialize: nothing,
      prepareToFire: (_iid: string, _method: string, firing: FiringControl) => void kept.push(firing),
    });
    const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
    const subscription = await bob.subscribe();
    expect(await ann.fire('onCalm')).toBe('EVENT_S_NOSUBSCRIBERS');
    await expect(kept[0]?.fireSubscription({ id: subscription })).rejects.toMatchObject({ code: 'E_UNEXPECTED' });
    expect(bob.got).toEqual([]);
  });

  test('EVC-OPEN-18, decided: fires after its time is over, when it wakes up: nobody gets anything', async () => {
    let wake = nothing;
    const late: string[] = [];
    let subscription = id(0);
    await using stage = await stageWith({
      initialize: nothing,
      prepareToFire: async (_iid: string, _method: string, firing: FiringControl) => {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        await firing.fireSubscription({ id: subscription }).catch((reason: SpoolError) => late.push(reason.code));
      },
    });
    const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
    subscription = await bob.subscribe();
    const fired = ann.fire('onCalm');
    await stage.settle();
    await stage.rig.advance(FILTER_TIME);
    expect(await fired).toBe('RPC_E_TIMEOUT');
    wake();
    await stage.settle();
    expect([late, bob.got]).toEqual([['E_UNEXPECTED'], []]);
  });

  test('EVC-141: fires at what is no subscription: it is skipped', async () => {
    await using stage = await stageWith({
      initialize: nothing,
      prepareToFire: async (_iid: string, _method: string, firing: FiringControl) => {
        await firing.fireSubscription({ id: id(4_711) });
      },
    });
    expect(await (await stage.client()).fire('onCalm')).toBe('EVENT_S_NOSUBSCRIBERS');
  });

  test('EVC-137: a filter that is a class and gives itself is asked about the arguments', async () => {
    class Hot {
      readonly seen: unknown[] = [];
      initialize = nothing;
      prepareToFire = nothing;
      queryInterface(): this {
        return this;
      }
      onReading(given: unknown): void {
        this.seen.push(given);
      }
    }
    const hot = new Hot();
    await using stage = await stageWith(hot);
    expect(await (await stage.client()).fire('onReading', { Temperature: 1, Pressure: 2 })).toBe(
      'EVENT_S_NOSUBSCRIBERS',
    );
    expect(hot.seen).toEqual([{ Temperature: 1, Pressure: 2 }]);
  });
});

/** Writes wait until somebody lets them go. */
class StuckStore extends TestStore {
  letGo = nothing;
  #held: Promise<void> | undefined;

  hold(): void {
    this.#held = new Promise((resolve) => {
      this.letGo = resolve;
    });
  }

  override async write(changes: readonly Change[]): Promise<void> {
    await this.#held;
    await super.write(changes);
  }
}

describe('a store', () => {
  const queued = { name: 'queued', eventClass: WEATHER, subscriberClsid: id(800), queued: true };

  test('EVC-86: refuses: what was asked for has not happened, live subscribers are called all the same', async () => {
    const store = new TestStore();
    await using stage = await EventStage.start({ store });
    const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
    await ann.call('subscribe', { subscription: queued });
    await bob.subscribe();
    store.refusal = new Error('the disk is full');
    await expect(ann.call('subscribe', { subscription: { ...queued, name: 'more' } })).rejects.toMatchObject({
      code: 'E_UNEXPECTED',
    });
    expect(await ann.call('subscriptions')).toMatchObject({ subscriptions: [{ name: 'queued' }, {}] });
    expect(await ann.fire('onCalm')).toBe('EVENT_S_SOME_SUBSCRIBERS_FAILED');
    const calm = { eventClass: WEATHER, interface: IWeather, method: 'onCalm', arguments: {} };
    await expect(ann.call('commit', { calls: [calm] })).rejects.toMatchObject({ code: 'E_UNEXPECTED' });
    expect(bob.got).toHaveLength(1);
    // The operator hears of it.
    expect(stage.rig.events.filter(({ kind }) => kind === 'fault').length).toBeGreaterThan(0);
    stage.rig.events.length = 0;
  });

  test('EVC-85: never answers: live subscribers are called, come and go all the same', async () => {
    const store = new StuckStore();
    await using stage = await EventStage.start({ store });
    const [ann, bob, carl] = [await stage.client('ann'), await stage.client('bob'), await stage.client('carl')];
    await bob.subscribe();
    store.hold();
    const stuck = ann.call('subscribe', { subscription: queued }).catch(() => 'gone');
    await stage.settle();
    expect(await ann.fire('onCalm')).toBe('S_OK');
    await carl.subscribe();
    expect(await ann.fire('onCalm')).toBe('S_OK');
    await bob.listener.close();
    await stage.settle();
    expect(stage.rig.spooler.stats().channels).toBe(1);
    expect(await ann.call('subscriptions')).toMatchObject({ subscriptions: [{ owner: 'carl' }] });
    await ann.listener.close();
    expect(await stuck).toBe('gone');
  });

  test('EVC-OPEN-13, decided: never answers: what is to be queued has failed in time, the next subscriber is called', async () => {
    const store = new StuckStore();
    await using stage = await EventStage.start({ store });
    const ann = await stage.client();
    await ann.call('subscribe', { subscription: queued });
    await ann.subscribe({ name: 'live' });
    store.hold();
    const calm = { eventClass: WEATHER, interface: IWeather, method: 'onCalm', arguments: {} };
    const fired = ann.fire('onCalm');
    const committed = ann.call('commit', { calls: [calm] }).catch((reason: SpoolError) => reason.code);
    await stage.rig.advance(10_000);
    expect([await fired, await committed]).toEqual(['EVENT_S_SOME_SUBSCRIBERS_FAILED', 'RPC_E_TIMEOUT']);
    expect(ann.got).toEqual(['live onCalm']);
    // The end of the spooler waits for what the store is about, for a second.
    store.letGo();
  });
});
