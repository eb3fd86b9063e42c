/**
 * The same steps fired one after another without waiting, among clients that answer, close and give back from inside
 * their callbacks. Nobody can say what each call is answered; what always holds is checked.
 */

import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import * as fc from 'fast-check';
import type { Listener, ListenerChannel, ListenerRegistration } from '../../client/listener.ts';
import type { Sender, SenderChannel } from '../../client/sender.ts';
import {
  type Cause,
  type DataObject,
  type Lease,
  notificationType,
  type Outcome,
  SpoolError,
} from '../../shared/index.ts';
import { type Direction, type Rig, read, startRig, type Transport } from '../harness/index.ts';
import { type Asked, PLACES, type Place, type Room, type Step, stories } from './steps.ts';

/** What a client does inside its callback with what it is told. */
type Manner = 'nothing' | 'answers' | 'answersLater' | 'closes' | 'declines' | 'keeps' | 'unregisters';

type ChaosStep =
  | Step
  | { readonly do: 'yield'; readonly turns: number }
  | { readonly do: 'hold'; readonly place: Place; readonly direction: Direction }
  | { readonly do: 'letGo'; readonly place: Place };

export interface Chaos {
  readonly room: Room;
  readonly manners: readonly Manner[];
  readonly steps: readonly ChaosStep[];
}

/** So many messages are sent on one end. */
const ENOUGH = 12;

const disorder: fc.Arbitrary<ChaosStep> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('yield'), turns: fc.nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('hold'),
      place: fc.constantFrom<Place>(0, 1, 2, 3, 4),
      direction: fc.constantFrom('incoming', 'outgoing', 'both'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('letGo'), place: fc.constantFrom<Place>(0, 1, 2, 3, 4) }) },
);

export function chaos(maxSteps: number): fc.Arbitrary<Chaos> {
  const manner = fc.constantFrom<Manner>(
    'nothing',
    'answers',
    'answers',
    'answersLater',
    'closes',
    'declines',
    'keeps',
    'unregisters',
  );
  return fc
    .record({
      story: stories(maxSteps),
      manners: fc.array(manner, { minLength: PLACES.length, maxLength: PLACES.length }),
      disorders: fc.array(fc.tuple(fc.nat(), disorder), { maxLength: maxSteps / 2, size: 'max' }),
    })
    .map(({ story: { room, steps }, manners, disorders }) => {
      const mixed: ChaosStep[] = [...steps];
      for (const [place, one] of disorders) mixed.splice(place % (mixed.length + 1), 0, one);
      return { room, manners, steps: mixed };
    });
}

/** What the callback of one channel or registration was told, in order. */
class Stream {
  readonly #name: string;
  /** A close is the last thing it is told. */
  readonly #closesForGood: boolean;
  readonly told: string[] = [];
  closes = 0;
  /** The last number seen of each sender's channel. */
  readonly #last = new Map<string, number>();

  constructor(name: string, closesForGood: boolean) {
    this.#name = name;
    this.#closesForGood = closesForGood;
  }

  /** `text`: who sent it and the how manyeth it is. */
  tell(kind: 'notification' | 'closed', text: string, cause?: Cause): void {
    this.told.push(`${kind} ${text} ${cause ?? ''}`);
    const story = (): string => `${this.#name}: ${this.told.join(', ')}`;
    assert(this.closes === 0 || !this.#closesForGood, `told something after the close: ${story()}`);
    if (kind === 'closed') this.closes++;
    if (text === '') return;
    const [from = '', number = ''] = text.split('#');
    assert(Number(number) > (this.#last.get(from) ?? 0), `out of order: ${story()}`);
    this.#last.set(from, Number(number));
  }
}

interface ChaosChannel {
  readonly name: string;
  readonly real: SenderChannel;
  readonly stream: Stream;
  /** The ends whose answers arrived: one at most, ever. */
  readonly owners: Set<string>;
  sent: number;
}

interface ChaosEnd {
  readonly name: string;
  readonly real: ListenerChannel;
  readonly stream: Stream;
  closedItself: boolean;
  sent: number;
}

interface Actor {
  readonly real: Listener | Sender;
  readonly manner: Manner;
  readonly leases: Lease[];
  readonly registrations: ListenerRegistration[];
  readonly ends: ChaosEnd[];
  readonly channels: ChaosChannel[];
  left: boolean;
}

/** Plays it over a rig. Throws where something that always holds does not. */
export async function play({ room, manners, steps }: Chaos, transport: Transport): Promise<void> {
  const { by: _, ...limits } = room;
  const rig = await startRig({ transport, limits: { ...limits, payload: 64 } });
  try {
    const party = new Party(rig, manners);
    for (const place of PLACES.keys()) await party.connect(place as Place);
    for (const step of steps) await party.perform(step);
    await party.comeToRest();
  } catch (reason) {
    await rig.close().catch(() => {});
    throw reason;
  }
  await rig.close();
}

class Party {
  readonly #rig: Rig;
  readonly #manners: readonly Manner[];
  readonly #actors: Actor[] = [];
  readonly #byPlace = new Map<Place, Actor>();
  readonly #faults: unknown[] = [];
  #unsettled = 0;
  /** Nobody keeps anything any more. */
  #isOver = false;
  #names = 0;

  constructor(rig: Rig, manners: readonly Manner[]) {
    this.#rig = rig;
    this.#manners = manners;
  }

  // ------------------------------------------------------------------------------------------ steps

  async perform(step: ChaosStep): Promise<void> {
    const { clock, spooler } = this.#rig;
    switch (step.do) {
      case 'yield':
        for (let turns = 0; turns < step.turns; turns++) await turn();
        return;
      case 'killSpooler':
        await this.#rig.killSpooler();
        return this.#rig.startSpooler();
      case 'removePrinter':
        spooler.removePrinter(nameOf(step.name));
        return;
      case 'pass':
        // Not `rig.advance`: nobody waits for anybody.
        return clock.advance(step.milliseconds);
      case 'connect':
        return this.#start(this.connect(step.place));
      case 'send':
        return this.#pick(this.#channels, step.pick, (channel) => this.#send(channel));
      case 'close':
        return this.#pick(this.#channels, step.pick, (channel) =>
          this.#start(channel.real.closeChannel(step.payload === undefined ? null : next(channel))),
        );
      case 'answer':
        return this.#pick(this.#ends, step.pick, (end) => this.#answer(end));
      case 'closeEnd':
        return this.#pick(this.#ends, step.pick, (end) => this.#closeEnd(end, step.payload !== undefined));
      default: {
        const actor = this.#byPlace.get(step.place);
        if (actor && !actor.left) this.#doAs(actor, step);
      }
    }
  }

  #doAs(actor: Actor, step: Extract<ChaosStep, { readonly place: Place }>): void {
    const { real } = actor;
    switch (step.do) {
      case 'leave':
        actor.left = true;
        return this.#start(real.close());
      case 'cut':
        return this.#rig.cut(real);
      case 'goSilent':
        return this.#rig.goSilent(real);
      case 'hold':
        return this.#rig.faults(real).hold(step.direction);
      case 'letGo':
        return this.#rig.faults(real).letGo();
      case 'giveBack':
        return actor.leases.splice(step.pick, 1)[0]?.releaseData();
      case 'register':
        return this.#start(this.#registration(actor, step.pick, step.asked).registerForNotifications());
      case 'unregister':
        return this.#pick(actor.registrations, step.pick, (one) => this.#start(one.unregisterForNotifications()));
      case 'open':
        return this.#open(actor, step.asked, step.user, step.waits);
      case 'connect':
      case 'keep':
      case 'explain':
    }
  }

  async connect(place: Place): Promise<void> {
    const before = this.#byPlace.get(place);
    if (before && !before.left && isConnected(before)) return;
    const { kind, user } = PLACES[place];
    // Back after a loss, at every other place.
    const options = { user, reconnect: place % 2 === 0 && { random: () => 1 } };
    this.#byPlace.delete(place);
    const real = kind === 'listener' ? await this.#rig.listener(options) : await this.#rig.sender({ user });
    const manner = this.#manners[place] ?? 'nothing';
    const actor: Actor = { real, manner, leases: [], registrations: [], ends: [], channels: [], left: false };
    this.#actors.push(actor);
    this.#byPlace.set(place, actor);
  }

  #registration(actor: Actor, pick: number, asked: Asked): ListenerRegistration {
    const known = actor.registrations[pick];
    if (known) return known;
    const name = `registration ${++this.#names}`;
    const own = new Stream(name, false);
    const streamOf = (channel: ListenerChannel | null): Stream =>
      channel ? (actor.ends.find(({ real }) => real === channel)?.stream ?? assert.fail('never offered')) : own;
    const registration: ListenerRegistration = (actor.real as Listener).prepareRegistration(interestOf(asked), {
      onNewChannel: (channel) => {
        const end = `end ${++this.#names}`;
        actor.ends.unshift({ name: end, real: channel, stream: new Stream(end, true), closedItself: false, sent: 0 });
      },
      onEventNotify: (channel, data) =>
        this.#guard(async () => {
          streamOf(channel).tell('notification', read(data).text);
          if (actor.manner === 'unregisters') this.#start(registration.unregisterForNotifications());
          const end = actor.ends.find(({ real }) => real === channel);
          return this.#react(
            actor,
            data,
            end && { answer: () => this.#answer(end), close: (last) => this.#closeEnd(end, last) },
          );
        }),
      channelClosed: (channel, data, cause) =>
        this.#guard(() => streamOf(channel).tell('closed', read(data).text, cause)),
    });
    actor.registrations.push(registration);
    return registration;
  }

  #open(actor: Actor, asked: Asked, user: string | undefined, waits: boolean): void {
    const name = `channel ${++this.#names}`;
    const overflow = waits && asked.style === 'kUniDirectional' ? 'wait' : 'lose';
    const intended = asked.filter === 'kPerUser' && user !== undefined ? { user } : {};
    const answered = (text: string): void => {
      const [from = ''] = text.split('#');
      if (from !== '') channel.owners.add(from);
      assert(channel.owners.size <= 1, `${name} has several owners: ${[...channel.owners].join(', ')}`);
    };
    const real = (actor.real as Sender).prepareChannel(
      { ...interestOf(asked), overflow, ...intended },
      {
        onEventNotify: (_, data) =>
          this.#guard(() => {
            const { text } = read(data);
            channel.stream.tell('notification', text);
            answered(text);
            return this.#react(actor, data, {
              answer: () => this.#send(channel),
              close: () => this.#start(real.closeChannel(next(channel))),
            });
          }),
        channelClosed: (_, data, cause) =>
          this.#guard(() => {
            const { text } = read(data);
            channel.stream.tell('closed', text, cause);
            answered(text);
          }),
      },
    );
    const channel: ChaosChannel = { name, real, stream: new Stream(name, true), owners: new Set(), sent: 0 };
    actor.channels.unshift(channel);
    this.#start(real.createNotificationChannel());
  }

  #send(channel: ChaosChannel): void {
    // Two that answer each other would never come to rest.
    if (channel.sent < ENOUGH) this.#start(channel.real.sendNotification(next(channel)));
  }

  #answer(end: ChaosEnd): void {
    if (end.sent < ENOUGH) this.#start(end.real.sendNotification(next(end)));
  }

  #closeEnd(end: ChaosEnd, hasLast: boolean): void {
    this.#start(
      end.real.closeChannel(hasLast ? next(end) : null).then(({ code }) => {
        if (code === 'S_OK') end.closedItself = true;
      }),
    );
  }

  /** Inside a callback. `turns`: what can be done on the channel; a unidirectional notification has none. */
  async #react(actor: Actor, data: DataObject, turns?: { answer(): void; close(last: boolean): void }): Promise<void> {
    switch (actor.manner) {
      case 'answersLater':
        await turn();
        return turns?.answer();
      case 'answers':
        return turns?.answer();
      case 'closes':
        return turns?.close(true);
      case 'declines':
        return turns?.close(false);
      case 'keeps':
        if (this.#isOver) return;
        actor.leases.push(data.acquireData());
        // What it had before goes back in another order.
        if (actor.leases.length > 2) actor.leases.splice(1, 1)[0]?.releaseData();
        return;
      case 'nothing':
      case 'unregisters':
    }
  }

  // ------------------------------------------------------------------------------------------ what always holds

  /** Faults inside callbacks would be reported to the client; here they fail the test. */
  async #guard(callback: () => unknown): Promise<void> {
    try {
      await callback();
    } catch (reason) {
      this.#faults.push(reason);
    }
  }

  /** Every promise settles, and rejects with nothing but a code. */
  #start(promise: Promise<unknown>): void {
    this.#unsettled++;
    promise
      .catch((reason: unknown) => {
        if (!(reason instanceof SpoolError) || reason.code === 'PROTOCOL_VIOLATED') this.#faults.push(reason);
      })
      .finally(() => {
        this.#unsettled--;
      });
  }

  async comeToRest(): Promise<void> {
    for (const { real, left } of this.#actors) if (!left) this.#rig.faults(real).letGo();
    // Those that are silent or stay at their bound are found out.
    await this.#rig.advance(30_000);
    this.#isOver = true;
    for (const { leases } of this.#actors) for (const lease of leases.splice(0)) lease.releaseData();
    await this.#rig.settle();
    const [fault] = this.#faults;
    if (fault !== undefined) throw new Error('a step has failed', { cause: fault });
    assert.equal(this.#unsettled, 0, 'promises that never settled');
    const { heldObjects, heldBytes, queued, queuedBytes } = this.#rig.spooler.stats();
    assert.deepEqual(
      { heldObjects, heldBytes, queued, queuedBytes },
      { heldObjects: 0, heldBytes: 0, queued: 0, queuedBytes: 0 },
    );
    for (const actor of this.#actors) if (!actor.left) await this.#compareEnds(actor);
    // References that outlived their connection, and registrations whose place was taken meanwhile, are no fault here.
    const forgiven = new Set(['leak', 'registrationLost']);
    const problems = this.#rig.problems.splice(0).filter(({ kind }) => !forgiven.has(kind));
    assert.deepEqual(problems, []);
  }

  /** Whoever was told of a close is closed, and nobody else: seen by closing them all. */
  async #compareEnds(actor: Actor): Promise<void> {
    for (const { name, real, stream, closedItself } of actor.ends) {
      const isClosed = await isRefused(real.closeChannel());
      assert.equal(isClosed, stream.closes > 0 || closedItself, `${name}: ${stream.told.join(', ')}`);
      await this.#rig.settle();
    }
    for (const { name, real, stream } of actor.channels) {
      if (real.state === 'none') continue;
      const wasClosed = real.state === 'closed';
      const isClosed = await isRefused(real.closeChannel());
      assert.equal(isClosed, wasClosed, `${name}: ${stream.told.join(', ')}`);
      assert(isConnected(actor) || stream.closes === 1 || wasClosed, `${name} never heard that its spooler is lost`);
      await this.#rig.settle();
    }
  }

  get #channels(): ChaosChannel[] {
    return this.#actors.flatMap(({ channels, left }) => (left ? [] : channels));
  }

  get #ends(): ChaosEnd[] {
    return this.#actors.flatMap(({ ends, left }) => (left ? [] : ends));
  }

  #pick<Item>(items: readonly Item[], pick: number, act: (item: Item) => void): void {
    const item = items[pick];
    if (item !== undefined) act(item);
  }
}

function isConnected({ real }: Actor): boolean {
  return 'isOpen' in real ? real.isOpen : real.state !== 'closed';
}

/** Whether the close of an end that is finished already is answered so. */
async function isRefused(close: Promise<Outcome>): Promise<boolean> {
  return close.then(
    ({ code }) => code !== 'S_OK',
    () => true,
  );
}

/** A text that says who sent it and the how manyeth it is. */
function next(from: ChaosChannel | ChaosEnd): string {
  return `${from.name}#${++from.sent}`;
}

function interestOf({ name, type, filter, style }: Asked) {
  return { name: name === null ? null : nameOf(name), type: notificationType(type), filter, style };
}

function nameOf(printer: string): string {
  return `\\\\localhost\\${printer}`;
}
