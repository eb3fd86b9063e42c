import { expect, test, vi } from 'vitest';
import { type EventCall, type EventClassDescription, type Guid, guid, SpoolError } from '../../shared/index.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import type { FiringControl, MultiInterfaceEventControl, MultiInterfacePublisherFilter } from './publisher-filter.ts';
import { PublisherFilters } from './publisher-filters.ts';
import { fateOf } from './result.ts';

const EVENTS = guid('00000000-0000-4000-8000-00000000000a');
const IID = guid('00000000-0000-4000-8000-00000000000b');
const FILTER = guid('00000000-0000-4000-8000-00000000000c');
const SUBSCRIPTION = { id: guid('00000000-0000-4000-8000-00000000000d') };
const FILTER_TIME = 10_000;

const CALL: EventCall = { eventClass: EVENTS, interface: IID, method: 'onJam', arguments: { tray: 2 } };
const eventClass = (filter?: typeof FILTER): EventClassDescription => ({
  name: 'Printer',
  clsid: EVENTS,
  interfaces: [
    { name: 'IPrinter', iid: IID, methods: [{ name: 'onJam', parameters: [{ name: 'tray', type: 'u8' }] }] },
  ],
  ...(filter && { multiInterfacePublisherFilterClsid: filter }),
});

/** A filter of either form that remembers what it was asked. */
function recording() {
  const asked: unknown[][] = [];
  const initialize = (...given: unknown[]): void => void asked.push(['initialize', ...given]);
  const prepareToFire = (...given: unknown[]): void => void asked.push(['prepareToFire', ...given.slice(0, -1)]);
  return { asked, initialize, prepareToFire };
}

function filter(own: Partial<MultiInterfacePublisherFilter> = {}): MultiInterfacePublisherFilter {
  return { ...recording(), ...own };
}

function filters(create: (clsid: Guid) => Promise<MultiInterfacePublisherFilter> = async () => filter()) {
  const clock = new ManualClock();
  const control: MultiInterfaceEventControl = {
    getSubscriptions: () => Object.assign([], { count: 0 }),
    setDefaultQuery: () => {},
  };
  const fireSubscription = vi.fn<FiringControl['fireSubscription']>(async () => fateOf(0));
  const firing: FiringControl = { user: 'ann', isCallerInRole: (role) => role === 'Operators', fireSubscription };
  const made = new PublisherFilters({ clock, filterTime: FILTER_TIME, create, control: () => control });
  const find = () => made.filterFor(eventClass(FILTER), IID, 'onJam');
  return { clock, control, fireSubscription, firing, made, find };
}

const rejection = (code: string): unknown => expect.objectContaining({ name: 'SpoolError', code });

test('EVC-131, EVC-133, EVC-135: the filter of the property is created and initialised once, before the first event', async () => {
  const mine = recording();
  const create = vi.fn<(clsid: Guid) => Promise<MultiInterfacePublisherFilter>>(async () => mine);
  const { control, find } = filters(create);
  expect(create).not.toHaveBeenCalled();
  expect(await Promise.all([find(), find()])).toEqual([mine, mine]);
  expect(create).toHaveBeenCalledExactlyOnceWith(FILTER);
  expect(mine.asked).toEqual([['initialize', control]]);
});

test('EVC-131: a class without the property and without a filter set at run time has none', async () => {
  const { made } = filters();
  expect(await made.filterFor(eventClass(), IID, 'onJam')).toBeUndefined();
});

test('EVC-131: another class in the property is another filter', async () => {
  const { made, find } = filters(async () => filter());
  const first = await find();
  expect(await made.filterFor(eventClass(IID), IID, 'onJam')).not.toBe(first);
  expect(await made.filterFor(eventClass(), IID, 'onJam')).toBeUndefined();
});

test('EVC-OPEN-14, EVC-145, decided: one is asked, that of the method before that of the class before the property', async () => {
  const { made, find } = filters();
  const whole = recording();
  const single = recording();
  made.setMultiInterfacePublisherFilter(EVENTS, whole);
  expect(await find()).toBe(whole);
  made.setPublisherFilter(EVENTS, IID, 'onJam', single);
  await (await find())?.prepareToFire(IID, 'onJam', {} as FiringControl);
  expect(single.asked.at(-1)).toEqual(['prepareToFire', 'onJam']);
  expect(whole.asked).toHaveLength(1);
  expect(await made.filterFor(eventClass(FILTER), IID, 'onCleared')).toBe(whole);
  made.setPublisherFilter(EVENTS, IID, 'onJam', null);
  expect(await find()).toBe(whole);
  made.setMultiInterfacePublisherFilter(EVENTS, null);
  expect(await find()).not.toBe(whole);
});

test('EVC-134, EVC-144: the single-interface form is told its method and gets no interface', async () => {
  const single = recording();
  const { made, firing, find } = filters();
  made.setPublisherFilter(EVENTS, IID, 'onJam', single);
  await made.handOver((await find())!, CALL, firing);
  expect(single.asked).toEqual([
    ['initialize', 'onJam', expect.anything()],
    ['prepareToFire', 'onJam'],
  ]);
});

test('EVC-136, EVC-137: prepareToFire comes first, then its own event method with the actual arguments', async () => {
  const order: unknown[] = [];
  const { made, firing } = filters();
  const mine = filter({
    prepareToFire: async (iid, method) => {
      await Promise.resolve();
      order.push(['prepareToFire', iid, method]);
    },
    queryInterface: (iid) => ({ onJam: (given) => void order.push(['onJam', iid, given]) }),
  });
  await made.handOver(mine, CALL, firing);
  expect(order).toEqual([
    ['prepareToFire', IID, 'onJam'],
    ['onJam', IID, { tray: 2 }],
  ]);
});

test('EVC-137: a filter without the interface or the method is asked no more', async () => {
  const { made, firing, fireSubscription } = filters();
  await made.handOver(filter({ queryInterface: () => undefined }), CALL, firing);
  await made.handOver(filter({ queryInterface: () => ({}) }), { ...CALL, method: 'toString' }, firing);
  expect(fireSubscription).not.toHaveBeenCalled();
});

test('EVC-147: a filter can ask for the role of the publisher', async () => {
  const { made, firing } = filters();
  const roles: boolean[] = [];
  const mine = filter({
    prepareToFire: (_iid, _method, control) => {
      roles.push(control.user === 'ann', control.isCallerInRole('Operators'), control.isCallerInRole('Guests'));
    },
  });
  await made.handOver(mine, CALL, firing);
  expect(roles).toEqual([true, true, false]);
});

test('EVC-OPEN-15, decided: a filter that cannot be had ends the event with its code, and the next event tries again', async () => {
  const create = vi.fn<() => Promise<MultiInterfacePublisherFilter>>(async () => filter());
  create.mockRejectedValueOnce(new SpoolError('REGDB_E_CLASSNOTREG'));
  const { find } = filters(create);
  await expect(find()).rejects.toEqual(rejection('REGDB_E_CLASSNOTREG'));
  expect(await find()).toBeDefined();
});

test('EVC-OPEN-15, EVC-72, EVC-189, decided: an initialize that throws is the user’s exception', async () => {
  const { find } = filters(async () => filter({ initialize: () => Promise.reject(new Error('no')) }));
  await expect(find()).rejects.toEqual(rejection('EVENT_E_USER_EXCEPTION'));
});

test('EVC-OPEN-15, decided: an initialize that hangs ends the event in time', async () => {
  const { clock, find } = filters(async () => filter({ initialize: () => new Promise(() => {}) }));
  const found = find();
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(FILTER_TIME);
  await expect(found).rejects.toEqual(rejection('RPC_E_TIMEOUT'));
  expect(clock.pending).toBe(0);
});

test('EVC-OPEN-15, EVC-146, decided: what a filter throws ends the event: a SpoolError with its code, else the user’s exception', async () => {
  const { made, firing } = filters();
  const throwing = (reason: unknown) =>
    filter({
      prepareToFire: () => {
        throw reason;
      },
    });
  const ended = (reason: unknown) => made.handOver(throwing(reason), CALL, firing);
  await expect(ended(new SpoolError('E_FAIL'))).rejects.toEqual(rejection('E_FAIL'));
  await expect(ended(new Error('no'))).rejects.toEqual(rejection('EVENT_E_USER_EXCEPTION'));
  // Neither a success nor a code that never travels can end an event.
  await expect(ended(new SpoolError('S_OK'))).rejects.toEqual(rejection('EVENT_E_USER_EXCEPTION'));
  await expect(ended(new SpoolError('TIMED_OUT'))).rejects.toEqual(rejection('EVENT_E_USER_EXCEPTION'));
});

test('EVC-OPEN-15, decided: a filter that hangs ends the event; the time of its subscribers does not count', async () => {
  const { clock, made, firing, fireSubscription } = filters();
  fireSubscription.mockImplementationOnce(async () => {
    await Promise.resolve();
    clock.advance(10 * FILTER_TIME);
    return fateOf(0);
  });
  const mine = filter({
    prepareToFire: async (_iid, _method, control) => {
      await control.fireSubscription(SUBSCRIPTION);
      await new Promise(() => {});
    },
  });
  const ended = made.handOver(mine, CALL, firing);
  await new Promise((resolve) => setImmediate(resolve));
  expect(clock.pending).toBe(1);
  clock.advance(FILTER_TIME);
  await expect(ended).rejects.toEqual(rejection('RPC_E_TIMEOUT'));
  expect([fireSubscription.mock.calls.length, clock.pending]).toEqual([1, 0]);
});
