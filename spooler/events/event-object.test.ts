import { beforeEach, describe, expect, test } from 'vitest';
import {
  type EventCall,
  type EventClassDescription,
  encodeCall,
  guid,
  hresultOf,
  outcomeOf,
  SpoolError,
} from '../../shared/index.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import type { Activator } from '../activation/activator.ts';
import type { CallableObject } from '../objects/callable-object.ts';
import { Delivery, type FiredEvent } from './delivery.ts';
import { ClassControl } from './event-control.ts';
import type { EventReport } from './event-log.ts';
import { EventObject } from './event-object.ts';
import { Roles } from './event-security.ts';
import { ParameterFilters } from './parameter-filters.ts';
import type { MultiInterfaceEventControl, MultiInterfacePublisherFilter } from './publisher-filter.ts';
import { PublisherFilters } from './publisher-filters.ts';
import { isInForce, means } from './reach.ts';
import type { Fate } from './result.ts';
import type { Subscription } from './subscription.ts';

const id = (number: number) => guid(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`);
const EVENTS = id(900);
const IID = id(901);
const CLSID = id(902);

const CLASS: EventClassDescription = {
  name: 'Weather',
  clsid: EVENTS,
  interfaces: [
    {
      name: 'IWeather',
      iid: IID,
      methods: [
        {
          name: 'onReading',
          parameters: [
            { name: 'Temperature', type: 'i32' },
            { name: 'Pressure', type: 'i32' },
          ],
        },
      ],
    },
  ],
};
const CALL: EventCall = {
  eventClass: EVENTS,
  interface: IID,
  method: 'onReading',
  arguments: { Temperature: 40, Pressure: 30 },
};

/** Who is logged on. */
const isAnn = (user: string): boolean => user === 'ann';

/** Subscribers, and everything that stands between them and an event. */
class Stage {
  readonly clock = new ManualClock();
  readonly log: EventReport[] = [];
  /** Who was called, in order: names, and for activated ones what happened to the object. */
  readonly called: string[] = [];
  readonly recorded: string[] = [];
  readonly subscriptions: Subscription[] = [];
  readonly answers = new Map<string, number | Error>();
  readonly roles = new Roles({ Operators: ['ann'] });
  readonly filters: PublisherFilters;
  readonly control: ClassControl;
  readonly #object: EventObject;
  activation: Activator['activate'] = async () => this.#subscriber('activated', true);

  constructor() {
    this.control = new ClassControl({
      find: (iid, method) =>
        this.subscriptions.filter((one) => means(one, { eventClass: EVENTS, interface: iid, method })),
      test:
        (criteria) =>
        ({ name }) =>
          criteria === 'ALL' || criteria === `SubscriptionName = '${name}'`,
    });
    this.filters = new PublisherFilters({
      clock: this.clock,
      filterTime: 10_000,
      create: () => Promise.reject(new SpoolError('REGDB_E_CLASSNOTREG')),
      control: () => this.control,
    });
    const delivery = new Delivery({
      activator: { activate: (...given) => this.activation(...given) },
      roles: this.roles,
      filters: new ParameterFilters(),
      log: (report) => this.log.push(report),
      reached: ({ origin }, wanted) =>
        this.subscriptions.find((one) => one.id === wanted && means(one, origin) && isInForce(one, isAnn)),
      live: (wanted) => this.#subscriber(this.subscriptions.find((one) => one.id === wanted)!.name),
      mayActivate: () => true,
      record: async (_event, { name }) => {
        this.recorded.push(name);
      },
    });
    this.#object = new EventObject({
      delivery,
      filters: this.filters,
      roles: this.roles,
      log: (report) => this.log.push(report),
      subscribers: () => this.subscriptions,
    });
  }

  #subscriber(name: string, isCreated = false): CallableObject {
    if (isCreated) this.called.push(`${name} created`);
    return {
      call: async () => {
        this.called.push(name);
        const answer = this.answers.get(name) ?? 0;
        if (typeof answer !== 'number') throw answer;
        return answer;
      },
      release: () => void (isCreated && this.called.push(`${name} released`)),
      gone: new Promise(() => {}),
    };
  }

  subscribe(name: string, more: Partial<Subscription> = {}): Subscription {
    const subscription = {
      id: id(this.subscriptions.length + 1),
      name,
      owner: 'bob',
      configured: false,
      order: this.subscriptions.length,
      eventClass: EVENTS,
      enabled: true,
      perUser: false,
      queued: false,
      ...more,
    } as Subscription;
    this.subscriptions.push(subscription);
    return subscription;
  }

  async fire(more: Partial<FiredEvent['publisher']> = {}, eventClass = CLASS): Promise<string> {
    const event: FiredEvent = {
      origin: { ...CALL, publisherId: more.publisherId },
      call: CALL,
      method: CLASS.interfaces[0]!.methods[0]!,
      bytes: encodeCall(CALL),
      publisher: { user: 'ann', ...more },
      recorder: 1,
    };
    return outcomeOf(await this.#object.fire(event, eventClass)).code;
  }
}

let stage: Stage;
beforeEach(() => {
  stage = new Stage();
});

describe('without a publisher filter', () => {
  test('EVC-7, EVC-61, EVC-65: everybody is called, in the order they subscribed', async () => {
    for (const name of ['a', 'b', 'c']) stage.subscribe(name);
    expect(await stage.fire()).toBe('S_OK');
    expect(stage.called).toEqual(['a', 'b', 'c']);
  });

  test('EVC-66, EVC-71, EVC-199: a failure is logged with the subscriber’s name, method and HRESULT', async () => {
    stage.subscribe('a');
    const { id: b } = stage.subscribe('b');
    stage.answers.set('b', hresultOf('E_FAIL'));
    expect(await stage.fire()).toBe('EVENT_S_SOME_SUBSCRIBERS_FAILED');
    expect(stage.log).toEqual([
      {
        kind: 'methodFailed',
        id: 4354,
        hresult: hresultOf('E_FAIL'),
        eventClass: EVENTS,
        interface: IID,
        method: 'onReading',
        subscription: b,
        name: 'b',
      },
    ]);
  });

  test.each([
    ['CONNECTION_LOST', 'RPC_E_DISCONNECTED'],
    ['TIMED_OUT', 'RPC_E_TIMEOUT'],
    ['PROTOCOL_VIOLATED', 'E_UNEXPECTED'],
    ['MAX_NOTIFICATION_SIZE_EXCEEDED', 'MAX_NOTIFICATION_SIZE_EXCEEDED'],
  ] as const)('EVC-67, EVC-OPEN-8, decided: a call that ends with %s has failed with %s', async (code, logged) => {
    stage.subscribe('a');
    stage.answers.set('a', new SpoolError(code));
    expect(await stage.fire()).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
    expect(stage.log).toMatchObject([{ kind: 'methodFailed', hresult: hresultOf(logged) }]);
  });

  test('EVC-63: one whose subscription has ended while the call waited for its turn is not meant any more', async () => {
    stage.subscribe('a');
    stage.answers.set('a', new SpoolError('CHANNEL_ALREADY_CLOSED'));
    expect(await stage.fire()).toBe('EVENT_S_NOSUBSCRIBERS');
    expect(stage.log).toEqual([]);
  });

  test('EVC-81: a persistent subscriber is created, called and released for each event', async () => {
    stage.subscribe('p', { subscriberClsid: CLSID });
    await stage.fire();
    await stage.fire();
    const once = ['activated created', 'activated', 'activated released'];
    expect(stage.called).toEqual([...once, ...once]);
  });

  test('EVC-81: it is created for the user whom the subscription is for, else for its owner', async () => {
    const users: string[] = [];
    const { activation } = stage;
    stage.activation = (clsid, user) => {
      users.push(user);
      return activation(clsid, user);
    };
    stage.subscribe('p', { subscriberClsid: CLSID, owner: 'bob', user: 'ann' });
    stage.subscribe('q', { subscriberClsid: CLSID, owner: 'bob' });
    await stage.fire();
    expect(users).toEqual(['ann', 'bob']);
  });

  test('EVC-81: it is released also when it fails', async () => {
    stage.subscribe('p', { subscriberClsid: CLSID });
    stage.answers.set('activated', new SpoolError('CONNECTION_LOST'));
    await stage.fire();
    expect(stage.called.at(-1)).toBe('activated released');
  });

  test('EVC-71, EVC-199: one that cannot be created is logged as 4356 with its class', async () => {
    stage.subscribe('p', { subscriberClsid: CLSID });
    stage.activation = () => Promise.reject(new SpoolError('CO_E_SERVER_EXEC_FAILURE'));
    expect(await stage.fire()).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
    const hresult = hresultOf('CO_E_SERVER_EXEC_FAILURE');
    expect(stage.log).toMatchObject([{ kind: 'notCreated', id: 4356, clsid: CLSID, name: 'p', hresult }]);
  });

  test('EVC-121: a queued subscription is recorded for, not called', async () => {
    stage.subscribe('q', { subscriberClsid: CLSID, queued: true });
    expect(await stage.fire()).toBe('S_OK');
    expect([stage.recorded, stage.called]).toEqual([['q'], []]);
  });

  test('EVC-102, EVC-OPEN-5, decided: who is disabled is not called and does not count', async () => {
    stage.subscribe('a', { enabled: false });
    expect(await stage.fire()).toBe('EVENT_S_NOSUBSCRIBERS');
  });

  test('EVC-165, EVC-148: a parameter filter sifts for its own subscription alone', async () => {
    stage.subscribe('cold', { filterCriteria: 'Temperature = 10' });
    stage.subscribe('both', { filterCriteria: 'Temperature = 40 AND Pressure = 30' });
    stage.subscribe('all');
    expect(await stage.fire()).toBe('S_OK');
    expect(stage.called).toEqual(['both', 'all']);
  });

  test('EVC-169, EVC-199: a filter that cannot be applied withholds the event, counts as failed, and is logged', async () => {
    stage.subscribe('a', { filterCriteria: 'Temperature = 40 AND Wind = 1' });
    stage.subscribe('b');
    expect(await stage.fire()).toBe('EVENT_S_SOME_SUBSCRIBERS_FAILED');
    expect(stage.called).toEqual(['b']);
    expect(stage.log).toMatchObject([
      {
        kind: 'filterUnusable',
        id: 4624,
        name: 'a',
        position: 21,
        offending: 'Wind',
        hresult: hresultOf('EVENT_E_QUERYFIELD'),
      },
    ]);
  });

  test('EVC-203, EVC-OPEN-28, decided: who does not accept the publisher has failed with E_ACCESSDENIED', async () => {
    stage.subscribe('operators only', { acceptFrom: ['Operators'] });
    stage.subscribe('nobody', { acceptFrom: [] });
    stage.subscribe('zoe only', { acceptFrom: ['zoe'] });
    expect(await stage.fire()).toBe('EVENT_S_SOME_SUBSCRIBERS_FAILED');
    expect(stage.called).toEqual(['operators only']);
    expect(stage.log).toMatchObject([
      { name: 'nobody', hresult: hresultOf('E_ACCESSDENIED') },
      { name: 'zoe only', hresult: hresultOf('E_ACCESSDENIED') },
    ]);
  });

  test('EVC-96, EVC-105: event class, interface, method, publisher ID and user decide whom an event reaches', async () => {
    stage.subscribe('another class', { eventClass: CLSID });
    stage.subscribe('this interface', { interface: IID });
    stage.subscribe('another interface', { interface: CLSID });
    stage.subscribe('this method', { method: 'onReading' });
    stage.subscribe('another method', { method: 'onStorm' });
    stage.subscribe('publisher p', { eventClass: undefined, publisherId: 'p' });
    stage.subscribe('publisher q', { eventClass: undefined, publisherId: 'q' });
    stage.subscribe('logged on', { perUser: true, user: 'ann' });
    stage.subscribe('logged off', { perUser: true, user: 'zoe' });
    await stage.fire({ publisherId: 'p' });
    expect(stage.called).toEqual(['this interface', 'this method', 'publisher p', 'logged on']);
  });
});

describe('with a publisher filter', () => {
  /** A filter of the test's own, in force. */
  function use(own: Partial<MultiInterfacePublisherFilter>): void {
    const filter = { initialize: () => {}, prepareToFire: () => {}, ...own };
    stage.filters.setMultiInterfacePublisherFilter(EVENTS, filter);
  }

  test('EVC-135, EVC-138, EVC-140, EVC-141: the loop of the documents', async () => {
    // HRESULT PrepareToFire(REFIID iid, BSTR method, IFiringControl* firing): get the subscriptions, walk, fire each.
    class LoopingFilter implements MultiInterfacePublisherFilter {
      #control: MultiInterfaceEventControl | undefined;

      initialize(control: MultiInterfaceEventControl): void {
        this.#control = control;
      }

      async prepareToFire(
        ...[iid, method, firing]: Parameters<MultiInterfacePublisherFilter['prepareToFire']>
      ): Promise<void> {
        const subscriptions = this.#control!.getSubscriptions(iid, method);
        for (const subscription of subscriptions) await firing.fireSubscription(subscription);
      }
    }
    stage.filters.setMultiInterfacePublisherFilter(EVENTS, new LoopingFilter());
    for (const name of ['a', 'b']) stage.subscribe(name);
    expect(await stage.fire()).toBe('S_OK');
    expect(stage.called).toEqual(['a', 'b']);
  });

  test('EVC-130, EVC-142: the filter chooses who and in which order', async () => {
    const [a, , c] = ['a', 'b', 'c'].map((name) => stage.subscribe(name));
    use({
      prepareToFire: (_iid, _method, firing) => {
        for (const one of [c!, a!]) void firing.fireSubscription(one);
      },
    });
    expect(await stage.fire()).toBe('S_OK');
    expect(stage.called).toEqual(['c', 'a']);
  });

  test('EVC-143: parameter filters apply to what the filter fires, and only there', async () => {
    const cold = stage.subscribe('cold', { filterCriteria: 'Temperature = 10' });
    const warm = stage.subscribe('warm', { filterCriteria: 'Temperature = 40' });
    stage.subscribe('not chosen');
    const fates: Fate[] = [];
    use({
      prepareToFire: async (_iid, _method, firing) => {
        for (const one of [cold, warm]) fates.push(await firing.fireSubscription(one));
      },
    });
    expect(await stage.fire()).toBe('S_OK');
    expect(stage.called).toEqual(['warm']);
    expect(fates.map(({ kind }) => kind)).toEqual(['skipped', 'delivered']);
  });

  test('EVC-137: the event method on the filter gets the arguments and decides on them', async () => {
    const [hot, mild] = [stage.subscribe('hot'), stage.subscribe('mild')];
    use({
      queryInterface: () => ({
        onReading: async (given, firing) => {
          await firing.fireSubscription(Number(given['Temperature']) > 30 ? hot : mild);
        },
      }),
    });
    await stage.fire();
    expect(stage.called).toEqual(['hot']);
  });

  test('EVC-OPEN-16, EVC-OPEN-17, decided: the filter hears who failed, the publisher gets the aggregate', async () => {
    const [a, b] = [stage.subscribe('a'), stage.subscribe('b')];
    stage.answers.set('a', hresultOf('E_FAIL'));
    const fates: Fate[] = [];
    use({
      prepareToFire: async (_iid, _method, firing) => {
        for (const one of [a, b]) fates.push(await firing.fireSubscription(one));
      },
    });
    expect(await stage.fire()).toBe('EVENT_S_SOME_SUBSCRIBERS_FAILED');
    expect(fates).toEqual([
      { kind: 'failed', hresult: hresultOf('E_FAIL') },
      { kind: 'delivered', hresult: 0 },
    ]);
  });

  test('EVC-OPEN-16, decided: a filter that fires nobody leaves the event without subscribers', async () => {
    stage.subscribe('a');
    use({});
    expect(await stage.fire()).toBe('EVENT_S_NOSUBSCRIBERS');
  });

  test('EVC-OPEN-18, decided: fired in prepareToFire and again from the event method, it is delivered once', async () => {
    const a = stage.subscribe('a');
    use({
      prepareToFire: async (_iid, _method, firing) => void (await firing.fireSubscription(a)),
      queryInterface: () => ({ onReading: async (_given, firing) => void (await firing.fireSubscription(a)) }),
    });
    expect(await stage.fire()).toBe('S_OK');
    expect(stage.called).toEqual(['a']);
  });

  test('EVC-OPEN-15, EVC-148, decided: a filter that throws ends the event with its code; what it had fired stands', async () => {
    const [a] = [stage.subscribe('a'), stage.subscribe('b')];
    use({
      prepareToFire: (_iid, _method, firing) => {
        void firing.fireSubscription(a);
        throw new Error('a bug');
      },
    });
    expect(await stage.fire()).toBe('EVENT_E_USER_EXCEPTION');
    expect(stage.called).toEqual(['a']);
    expect(stage.log).toMatchObject([{ kind: 'publisherFilterFailed', method: 'onReading', eventClass: EVENTS }]);
  });

  test('EVC-OPEN-15, decided: a filter that hangs ends the event in time, and fires nothing afterwards', async () => {
    const a = stage.subscribe('a');
    let late: Promise<unknown> = Promise.resolve();
    use({
      prepareToFire: async (_iid, _method, firing) => {
        await new Promise<void>((resolve) => stage.clock.after(60_000, resolve));
        late = firing.fireSubscription(a);
        late.catch(() => {});
      },
    });
    const fired = stage.fire();
    await new Promise((resolve) => setImmediate(resolve));
    stage.clock.advance(10_000);
    expect(await fired).toBe('RPC_E_TIMEOUT');
    stage.clock.advance(60_000);
    await new Promise((resolve) => setImmediate(resolve));
    await expect(late).rejects.toMatchObject({ code: 'E_UNEXPECTED' });
    expect(stage.called).toEqual([]);
  });

  test('EVC-OPEN-15, decided: a filter class that cannot be had withholds the event', async () => {
    stage.subscribe('a');
    expect(await stage.fire({}, { ...CLASS, multiInterfacePublisherFilterClsid: CLSID })).toBe('REGDB_E_CLASSNOTREG');
    expect(stage.called).toEqual([]);
  });

  test('EVC-138, EVC-63: criteria choose, and a collection is what it is at each walk', async () => {
    stage.subscribe('a');
    const chosen = stage.control.getSubscriptions(IID, 'onReading', "SubscriptionName = 'b'");
    expect(chosen.count).toBe(0);
    stage.subscribe('b');
    expect([...chosen].map(({ name }) => name)).toEqual(['b']);
    expect(stage.control.getSubscriptions(IID, 'onReading', 'ALL').count).toBe(2);
  });

  test('EVC-139: the default query stands where a filter names none', async () => {
    for (const name of ['a', 'b']) stage.subscribe(name);
    stage.control.setDefaultQuery(IID, 'onReading', "SubscriptionName = 'b'");
    expect([...stage.control.getSubscriptions(IID, 'onReading', null)].map(({ name }) => name)).toEqual(['b']);
    expect(stage.control.getSubscriptions(IID, 'onReading', 'ALL').count).toBe(2);
  });
});
