import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Cause, encodeRecord, hresultOf, notificationType, RawRecord } from '../../shared/index.ts';
import { concat } from '../../shared/join.ts';
import { BidirectionalChannel, type BidirectionalState } from './bidirectional-channel.ts';
import type { Parcel, Window } from './delivery.ts';
import { Directory } from './directory.ts';
import type { End, Finish, ListenerEnd } from './ends.ts';
import { Message } from './message.ts';
import { Registration } from './registration.ts';
import type { Session } from './session.ts';

/** What a session was told of one of its ends. */
interface Told {
  readonly finish: Finish;
  readonly cause: Cause;
  readonly last: Message | undefined;
}

/** As much of a session as a channel needs, remembering what the channel does to it. */
class FakeSession {
  readonly user = 'ann';
  initialBytes = 0;
  hasRoom = true;
  holdsInitials = true;
  /** Sequence numbers of what it was given. */
  readonly given: number[] = [];
  readonly told: Told[] = [];
  readonly forgotten: Finish[] = [];
  readonly offers: ListenerEnd[] = [];
  closedChannels = 0;
  readonly delivery = {
    common: {} as Window,
    hasRoom: (): boolean => this.hasRoom,
    wouldPass: (): boolean => this.hasRoom,
    forward: ({ sequence }: Message): void => {
      this.given.push(sequence);
    },
    give: ({ sequence }: Parcel): boolean => {
      this.given.push(sequence);
      return true;
    },
  };

  get asSession(): Session {
    return this as unknown as Session;
  }

  mayHoldInitial(): boolean {
    return this.holdsInitials;
  }

  newListenerEnd(registration: Registration, channel: BidirectionalChannel): ListenerEnd {
    const number = channel.source.number;
    const session = this.asSession;
    const end: ListenerEnd = { kind: 'listener', number, session, registration, channel, pending: undefined, sent: 0 };
    this.offers.push(end);
    return end;
  }

  finishEnd(_: End, finish: Finish, cause: Cause, last?: Message): void {
    this.told.push({ finish, cause, last });
  }

  forgetEnd(_: End, finish: Finish): void {
    this.forgotten.push(finish);
  }

  closed(): void {
    this.closedChannels++;
  }
}

const interest = {
  name: null,
  type: notificationType('SAMPLE_NOTIFICATION_UI'),
  filter: 'kPerUser',
  style: 'kBiDirectional',
} as const;

let lastSequence = 0;
const message = (): Message => {
  const data = new Uint8Array(10);
  const parts = encodeRecord({ op: 'notify', end: 1, sequence: ++lastSequence, data, release: false });
  return new Message(new RawRecord(concat(parts), 0));
};

/** A channel with its source and two listeners. */
class Stage {
  readonly directory = new Directory();
  readonly source = new FakeSession();
  readonly listeners = [new FakeSession(), new FakeSession()] as const;
  readonly channel: BidirectionalChannel;

  constructor() {
    for (const listener of this.listeners) this.directory.addRegistration(this.#registrationOf(listener));
    const source = { kind: 'source', number: 1, session: this.source.asSession } as const;
    this.channel = new BidirectionalChannel(source, { interest, nameKey: '', user: 'ann' }, this.directory);
    this.channel.open();
  }

  #registrationOf(session: FakeSession): Registration {
    return new Registration(1, session.asSession, interest, session.delivery.common);
  }

  /** The ends of the first and the second listener. */
  get ends(): readonly [ListenerEnd, ListenerEnd] {
    const [[first], [second]] = [this.listeners[0].offers, this.listeners[1].offers];
    if (!first || !second) throw new Error('the channel was not offered');
    return [first, second];
  }

  get isOffered(): boolean {
    return this.directory.offersFor(this.#registrationOf(new FakeSession())).includes(this.channel);
  }
}

type State = BidirectionalState['kind'];

/** A stage whose channel is in the state; the first listener is the owner where there is one. */
function at(state: State): Stage {
  const stage = new Stage();
  const { channel, ends } = stage;
  if (state === 'closed') channel.end('died');
  if (state !== 'opened' && state !== 'closed') channel.notify(message());
  if (state === 'sourceTurn' || state === 'listenerTurn') channel.respond(ends[0], message());
  if (state === 'listenerTurn') channel.notify(message());
  expect(channel.state).toBe(state);
  return stage;
}

const EVENTS = {
  'the source sends': ({ channel }: Stage) => channel.notify(message()),
  'the source closes with a last message': ({ channel }: Stage) => channel.close(message()),
  'the source closes without': ({ channel }: Stage) => channel.close(undefined),
  'the first listener answers': ({ channel, ends }: Stage) => channel.respond(ends[0], message()),
  'the first listener closes with a last message': ({ channel, ends }: Stage) =>
    channel.closeByListener(ends[0], message()),
  'the first listener closes without': ({ channel, ends }: Stage) => channel.closeByListener(ends[0], undefined),
  'the first listener is gone': ({ channel, ends }: Stage) => channel.listenerGone(ends[0], 'died'),
  'the second listener is gone': ({ channel, ends }: Stage) => channel.listenerGone(ends[1], 'died'),
  'the end comes from outside': ({ channel }: Stage) => channel.end('shutdown'),
} as const;
type Event = keyof typeof EVENTS;

const S_OK = hresultOf('S_OK');
const WAITING = hresultOf('CHANNEL_WAITING_FOR_CLIENT_NOTIFICATION');
const PARKED = hresultOf('ASYNC_CALL_ALREADY_PARKED');
const ALREADY_CLOSED = hresultOf('CHANNEL_ALREADY_CLOSED');
const NOTHING = undefined;

/** Every event in every state: where it leads and what answers it. Forbidden ones lead nowhere. */
const EDGES: readonly (readonly [State, Event, State, number | undefined])[] = [
  ['opened', 'the source sends', 'held', S_OK],
  ['opened', 'the source closes with a last message', 'closed', S_OK],
  ['opened', 'the source closes without', 'closed', S_OK],
  ['opened', 'the first listener answers', 'opened', PARKED],
  ['opened', 'the first listener closes with a last message', 'closed', S_OK],
  ['opened', 'the first listener closes without', 'opened', S_OK],
  ['opened', 'the first listener is gone', 'opened', NOTHING],
  ['opened', 'the second listener is gone', 'opened', NOTHING],
  ['opened', 'the end comes from outside', 'closed', NOTHING],

  ['held', 'the source sends', 'held', WAITING],
  ['held', 'the source closes with a last message', 'closed', S_OK],
  ['held', 'the source closes without', 'closed', S_OK],
  ['held', 'the first listener answers', 'sourceTurn', S_OK],
  ['held', 'the first listener closes with a last message', 'closed', S_OK],
  ['held', 'the first listener closes without', 'held', S_OK],
  ['held', 'the first listener is gone', 'held', NOTHING],
  ['held', 'the second listener is gone', 'held', NOTHING],
  ['held', 'the end comes from outside', 'closed', NOTHING],

  ['sourceTurn', 'the source sends', 'listenerTurn', S_OK],
  ['sourceTurn', 'the source closes with a last message', 'closed', S_OK],
  ['sourceTurn', 'the source closes without', 'closed', S_OK],
  ['sourceTurn', 'the first listener answers', 'sourceTurn', PARKED],
  ['sourceTurn', 'the first listener closes with a last message', 'closed', S_OK],
  ['sourceTurn', 'the first listener closes without', 'closed', S_OK],
  ['sourceTurn', 'the first listener is gone', 'closed', NOTHING],
  ['sourceTurn', 'the second listener is gone', 'sourceTurn', NOTHING],
  ['sourceTurn', 'the end comes from outside', 'closed', NOTHING],

  ['listenerTurn', 'the source sends', 'listenerTurn', WAITING],
  ['listenerTurn', 'the source closes with a last message', 'closed', S_OK],
  ['listenerTurn', 'the source closes without', 'closed', S_OK],
  ['listenerTurn', 'the first listener answers', 'sourceTurn', S_OK],
  ['listenerTurn', 'the first listener closes with a last message', 'closed', S_OK],
  ['listenerTurn', 'the first listener closes without', 'closed', S_OK],
  ['listenerTurn', 'the first listener is gone', 'closed', NOTHING],
  ['listenerTurn', 'the second listener is gone', 'listenerTurn', NOTHING],
  ['listenerTurn', 'the end comes from outside', 'closed', NOTHING],

  // Whoever had an end has none any more: the session answers for it. What still comes changes nothing.
  ['closed', 'the source sends', 'closed', ALREADY_CLOSED],
  ['closed', 'the first listener is gone', 'closed', NOTHING],
  ['closed', 'the second listener is gone', 'closed', NOTHING],
  ['closed', 'the end comes from outside', 'closed', NOTHING],
];

describe('every edge', () => {
  test.each(EDGES)('%s: %s, then %s', (from, event, to, answer) => {
    const stage = at(from);
    expect(EVENTS[event](stage)).toBe(answer);
    expect(stage.channel.state).toBe(to);
    // Offered exactly while nobody owns it; closed exactly once; holding exactly one initial notification or none.
    expect(stage.isOffered).toBe(to === 'opened' || to === 'held');
    expect(stage.source.closedChannels).toBe(to === 'closed' ? 1 : 0);
    expect(stage.source.initialBytes).toBe(to === 'held' ? 10 : 0);
  });

  test('is in the table', () => {
    const live = new Set(EDGES.filter(([from]) => from !== 'closed').map(([from, event]) => `${from}: ${event}`));
    expect(live.size).toBe(4 * Object.keys(EVENTS).length);
  });
});

describe('who is told what', () => {
  test('an offer reaches those who match, then and later, with what is held (PAN-141, PAN-142)', () => {
    const stage = at('held');
    expect(stage.listeners.map(({ given }) => given.length)).toEqual([1, 1]);
    const late = new FakeSession();
    stage.channel.offerTo(new Registration(1, late.asSession, interest, late.delivery.common));
    expect(late.offers).toHaveLength(1);
    expect(late.given).toEqual(stage.listeners[0].given);
    const other = new FakeSession();
    const elsewhere = { ...interest, style: 'kUniDirectional' } as const;
    stage.channel.offerTo(new Registration(1, other.asSession, elsewhere, other.delivery.common));
    expect(other.offers).toEqual([]);
  });

  test('the first answer: the source gets it, every other listener lost (PAN-148, PAN-152)', () => {
    const { channel, ends, listeners, source } = at('held');
    const answer = message();
    channel.respond(ends[1], answer);
    expect(source.given).toEqual([answer.sequence]);
    expect(listeners[0].told).toEqual([{ finish: 'acquiredByAnother', cause: 'acquired', last: undefined }]);
    expect(listeners[1].told).toEqual([]);
    expect(channel.listeners).toBe(1);
  });

  test('a listener that is gone, or has declined, is counted no more', () => {
    const { channel, ends } = at('held');
    expect(channel.listeners).toBe(2);
    channel.listenerGone(ends[0], 'died');
    expect(channel.listeners).toBe(1);
    channel.closeByListener(ends[1], undefined);
    expect(channel.listeners).toBe(0);
  });

  test('further messages: only the owner and the source (PAN-155, PAN-156)', () => {
    const { channel, ends, listeners, source } = at('sourceTurn');
    const [next, answer] = [message(), message()];
    channel.notify(next);
    expect(listeners.map(({ given }) => given.at(-1) === next.sequence)).toEqual([true, false]);
    channel.respond(ends[0], answer);
    expect(source.given.at(-1)).toBe(answer.sequence);
  });

  test.each(['opened', 'held'] as const)(
    'a close with payload by a listener while %s: the source gets the last word, the others lost (PAN-149)',
    (state) => {
      const { channel, ends, listeners, source } = at(state);
      const last = message();
      channel.closeByListener(ends[0], last);
      expect(listeners[0]).toMatchObject({ told: [], forgotten: ['bySelf'] });
      expect(listeners[1].told).toEqual([{ finish: 'closedByAnother', cause: 'acquired', last: undefined }]);
      expect(source.told).toEqual([{ finish: 'source', cause: 'closed', last }]);
    },
  );

  test('a decline: nobody (PAN-150)', () => {
    const { channel, ends, listeners, source } = at('held');
    channel.closeByListener(ends[0], undefined);
    expect(listeners[0]).toMatchObject({ told: [], forgotten: ['declined'] });
    expect([...listeners[1].told, ...source.told]).toEqual([]);
    expect(channel.listeners).toBe(1);
  });

  test.each(['opened', 'held', 'sourceTurn', 'listenerTurn'] as const)(
    'a close by the source while %s: all who are left, with its last word (PAN-160 to PAN-164)',
    (state) => {
      const { channel, listeners, source } = at(state);
      const [owner, other] = listeners;
      const before = other.told.length;
      const last = message();
      channel.close(last);
      const told = { finish: 'bySource', cause: 'closed', last };
      expect(owner.told).toEqual([told]);
      expect(other.told.slice(before)).toEqual(state === 'opened' || state === 'held' ? [told] : []);
      expect(source.told).toEqual([]);
    },
  );

  test('the death of the owner: the source, without a last word (PAN-170)', () => {
    const { channel, ends, source } = at('listenerTurn');
    channel.listenerGone(ends[0], 'silent');
    expect(source.told).toEqual([{ finish: 'source', cause: 'silent', last: undefined }]);
  });

  test('the end from outside: both sides (PAN-172)', () => {
    const { channel, listeners, source } = at('held');
    channel.end('printerRemoved');
    for (const { told } of listeners)
      expect(told).toEqual([{ finish: 'bySource', cause: 'printerRemoved', last: undefined }]);
    expect(source.told).toEqual([{ finish: 'source', cause: 'printerRemoved', last: undefined }]);
  });
});

describe('without room at the other end nothing changes (PAN-215)', () => {
  const FULL = hresultOf('INTERNAL_NOTIFICATION_QUEUE_IS_FULL');
  const refused: readonly (readonly [State, Event])[] = [
    ['opened', 'the source sends'],
    ['opened', 'the first listener closes with a last message'],
    ['held', 'the first listener answers'],
    ['held', 'the first listener closes with a last message'],
    ['sourceTurn', 'the source sends'],
    ['sourceTurn', 'the source closes with a last message'],
    ['sourceTurn', 'the first listener closes with a last message'],
    ['listenerTurn', 'the first listener answers'],
    ['listenerTurn', 'the first listener closes with a last message'],
    ['listenerTurn', 'the source closes with a last message'],
  ];

  test.each(refused)('%s: %s', (state, event) => {
    const stage = at(state);
    const sessions = [stage.source, ...stage.listeners];
    for (const session of sessions) Object.assign(session, { hasRoom: false, holdsInitials: false });
    const before = JSON.stringify(sessions.map(({ given, told, forgotten }) => [given, told, forgotten]));
    expect(EVENTS[event](stage)).toBe(FULL);
    expect(stage.channel.state).toBe(state);
    expect(JSON.stringify(sessions.map(({ given, told, forgotten }) => [given, told, forgotten]))).toBe(before);
    expect(stage.source.initialBytes).toBe(state === 'held' ? 10 : 0);
    // Once there is room it works.
    for (const session of sessions) Object.assign(session, { hasRoom: true, holdsInitials: true });
    expect(EVENTS[event](stage)).toBe(S_OK);
  });

  test.each([
    ['opened', 'the source closes with a last message'],
    ['sourceTurn', 'the source closes without'],
    ['sourceTurn', 'the first listener closes without'],
    ['listenerTurn', 'the end comes from outside'],
  ] as const)('but what needs none works: %s: %s', (state, event) => {
    const stage = at(state);
    for (const session of [stage.source, ...stage.listeners]) session.hasRoom = false;
    EVENTS[event](stage);
    expect(stage.channel.state).toBe('closed');
  });
});

test('whatever happens, in whatever order: one owner at most, nobody is told twice, nothing is left behind (PAN-17, PAN-250)', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...(Object.keys(EVENTS) as Event[])), { maxLength: 30 }), (events) => {
      const stage = new Stage();
      const { channel, source, listeners } = stage;
      let acquisitions = 0;
      for (const event of events) {
        // A session asks nothing of a channel on an end that is finished.
        const first = listeners[0];
        const isFirst = event.startsWith('the first');
        if (isFirst && (first.told.length > 0 || first.forgotten.length > 0)) continue;
        if (event.startsWith('the source closes') && channel.state === 'closed') continue;
        const before: State = channel.state;
        EVENTS[event](stage);
        const after: State = channel.state;
        if (before === 'held' && after === 'sourceTurn') acquisitions++;
        if (event === 'the first listener is gone') first.forgotten.push('bySource');
      }
      channel.end('shutdown');
      expect(acquisitions).toBeLessThanOrEqual(1);
      expect(channel.state).toBe('closed');
      expect(channel.listeners).toBe(0);
      expect(stage.isOffered).toBe(false);
      expect(source.closedChannels).toBe(1);
      expect(source.initialBytes).toBe(0);
      expect(source.told.length).toBeLessThanOrEqual(1);
      for (const { told } of listeners) expect(told.length).toBeLessThanOrEqual(1);
    }),
  );
});
