/** A rig and the model side by side: each step is done in both, and what the rig does is held against the model. */

import assert from 'node:assert/strict';
import type { Listener, ListenerChannel, ListenerRegistration } from '../../client/listener.ts';
import type { Problem } from '../../client/problem.ts';
import type { Sender, SenderChannel } from '../../client/sender.ts';
import {
  type Cause,
  DataObject,
  type Guid,
  type Interest,
  type Lease,
  notificationType,
  type Outcome,
  SpoolError,
} from '../../shared/index.ts';
import { type Rig, read, startRig, type Transport } from '../harness/index.ts';
import { PipeModel } from './pipe-model.ts';
import type { Answer, Channel, Client, End, Event, Message, Registration, Stream } from './pipe-state.ts';
import { type Asked, type Payload, PLACES, type Place, type Room, type Step, type Story } from './steps.ts';

const OTHER_TYPE = notificationType('PRINT_PORT_MONITOR_NOTIFY_CHANNEL');

interface Pair<Model, Real> {
  readonly model: Model;
  readonly real: Real;
}

interface Actor {
  readonly model: Client;
  readonly real: Listener | Sender;
  /** What it keeps, in the order it came. */
  readonly leases: Lease[];
  readonly problems: Problem[];
  readonly registrations: Pair<Registration, ListenerRegistration>[];
  readonly ends: Pair<End, ListenerChannel>[];
  readonly channels: Pair<Channel, SenderChannel>[];
  /** How its session is going to end, as far as this test has a hand in it. */
  ending: Cause | undefined;
  /** Together with its spooler. */
  killed: boolean;
  /** How many references it kept when its connection ended. */
  keptAtEnd: number | undefined;
}

interface Call {
  readonly expected: Answer | undefined;
  actual: Answer | undefined;
}

/** Does everything the story says over a rig. Throws where the rig and the model part. */
export async function enact({ room, steps }: Story, transport: Transport): Promise<void> {
  const { by: _, ...limits } = room;
  const rig = await startRig({ transport, limits });
  try {
    const world = new World(rig, room);
    await world.everybodyConnects();
    for (const step of steps) await world.perform(step);
    await world.everythingIsGivenBack();
  } catch (reason) {
    // What is left after that is no news.
    await rig.close().catch(() => {});
    throw reason;
  }
  await rig.close();
}

class World {
  readonly #rig: Rig;
  readonly #room: Room;
  readonly #model: PipeModel;
  readonly #actors: Actor[] = [];
  readonly #byPlace = new Map<Place, Actor>();
  readonly #calls = new Map<number, Call>();
  readonly #lost = new Set<Client>();
  #lastCall = 0;
  #lastText = 0;
  #seen: Event[] = [];
  #eventsRead = 0;

  constructor(rig: Rig, room: Room) {
    this.#rig = rig;
    this.#room = room;
    this.#model = new PipeModel(room, () => rig.clock.now());
  }

  async everybodyConnects(): Promise<void> {
    for (const place of PLACES.keys()) await this.#connect(place as Place);
  }

  async perform(step: Step): Promise<void> {
    this.#model.beginStep();
    await this.#do(step);
    await this.#compare();
  }

  async everythingIsGivenBack(): Promise<void> {
    for (const { model } of this.#actors) model.keeps = false;
    for (const actor of this.#actors) {
      while (actor.leases.length > 0) {
        this.#model.beginStep();
        this.#giveBack(actor, 0);
        await this.#compare();
      }
    }
  }

  // ------------------------------------------------------------------------------------------ steps

  /** Where a step names nobody that can do it, nothing happens. */
  async #do(step: Step): Promise<void> {
    switch (step.do) {
      case 'connect':
        return this.#connect(step.place);
      case 'pass':
        return this.#pass(step.milliseconds);
      case 'removePrinter':
        this.#model.removePrinter(nameOf(step.name));
        this.#rig.spooler.removePrinter(nameOf(step.name));
        return;
      case 'killSpooler':
        for (const actor of this.#actors) {
          if (actor.model.state === 'gone') continue;
          actor.ending = 'died';
          actor.killed = true;
        }
        await this.#rig.killSpooler();
        return this.#rig.startSpooler();
      case 'send':
        return this.#onChannel(step.pick, (channel) => this.#send(channel, step.payload));
      case 'close':
        return this.#onChannel(step.pick, (channel) => this.#closeChannel(channel, step.payload));
      case 'answer':
        return this.#onEnd(step.pick, (end) => this.#answer(end, step.payload));
      case 'closeEnd':
        return this.#onEnd(step.pick, (end) => this.#closeEnd(end, step.payload));
      case 'cut': {
        const actor = this.#byPlace.get(step.place);
        if (!actor || actor.model.state === 'gone') return;
        actor.ending = 'died';
        return this.#rig.cut(actor.real);
      }
      default: {
        const actor = this.#byPlace.get(step.place);
        if (actor?.model.state === 'open') return this.#doAs(actor, step);
      }
    }
  }

  async #doAs(actor: Actor, step: Extract<Step, { readonly place: Place }>): Promise<void> {
    switch (step.do) {
      case 'connect':
      case 'cut':
        // Done where the step came in.
        return;
      case 'leave':
        actor.ending = 'left';
        actor.keptAtEnd = actor.leases.length;
        this.#model.leaves(actor.model);
        void actor.real.close();
        return;
      case 'goSilent':
        // What a silent client gets is not seen: it must follow from the bounds alone.
        if (actor.model.channels.some(({ waiting }) => waiting.length > 0) || windowsOf(actor) > 1) return;
        this.#model.goesSilent(actor.model);
        return this.#rig.goSilent(actor.real);
      case 'keep':
        actor.model.keeps = step.keeps;
        return;
      case 'giveBack':
        return this.#giveBack(actor, step.pick);
      case 'register':
        return this.#register(actor, step.pick, step.asked);
      case 'open':
        return this.#open(actor, step.asked, step.user, step.waits);
      case 'unregister': {
        const pair = actor.registrations[step.pick];
        if (pair) this.#answered(this.#model.unregister(pair.model), pair.real.unregisterForNotifications());
        return;
      }
      case 'explain': {
        const pair = actor.registrations[step.pick];
        if (!pair) return;
        const matches = this.#model.reaching(pair.model).length;
        assert.equal((await pair.real.explain()).matches, matches);
      }
    }
  }

  async #connect(place: Place): Promise<void> {
    const before = this.#byPlace.get(place)?.model;
    if (before && !(before.state === 'gone' && (before.lost || before.left))) return;
    const { kind, user } = PLACES[place];
    const model = this.#model.connected(`${kind} ${this.#actors.length + 1}`, user);
    const problems: Problem[] = [];
    const options = {
      user,
      agent: model.name,
      onProblem: (problem: Problem) => problems.push(problem),
      onLost: () => this.#lost.add(model),
    };
    const actor: Actor = {
      model,
      real: kind === 'listener' ? await this.#rig.listener(options) : await this.#rig.sender(options),
      leases: [],
      problems,
      registrations: [],
      ends: [],
      channels: [],
      ending: undefined,
      killed: false,
      keptAtEnd: undefined,
    };
    this.#actors.push(actor);
    this.#byPlace.set(place, actor);
  }

  #register(actor: Actor, pick: number, asked: Asked): void {
    const real = actor.real as Listener;
    // With room by bytes two of them in one session would share it, and which of them loses is nobody's promise.
    const isOneTooMany = this.#room.by === 'bytes' && asked.style === 'kUniDirectional' && windowsOf(actor) > 0;
    if (!actor.registrations[pick] && isOneTooMany) return;
    let pair = actor.registrations[pick];
    if (!pair) {
      const interest = interestOf(asked);
      const model = this.#model.prepare(actor.model, interest);
      const endOf = (channel: ListenerChannel): Stream | undefined =>
        actor.ends.find((end) => end.real === channel)?.model;
      pair = {
        model,
        real: real.prepareRegistration(interest, {
          onNewChannel: (channel) =>
            this.#seen.push({
              client: actor.model,
              kind: 'offer',
              registration: model,
              interest: channel.interest,
              bind: (end) => actor.ends.unshift({ model: end, real: channel }),
            }),
          onEventNotify: (channel, data) => this.#notified(actor, () => (channel ? endOf(channel) : model), data),
          channelClosed: (channel, data, cause) =>
            this.#closed(actor, () => (channel ? endOf(channel) : model), data, cause),
        }),
      };
      actor.registrations.push(pair);
    }
    const { real: registration } = pair;
    this.#answered(this.#model.register(pair.model), registration.registerForNotifications());
  }

  #open(actor: Actor, asked: Asked, user: string | undefined, waits: boolean): void {
    const sender = actor.real as Sender;
    const interest = interestOf(asked);
    const intended = asked.filter === 'kPerUser' ? user : undefined;
    const opened = this.#model.open(actor.model, interest, intended ?? actor.model.user, waits);
    const stream = (): Stream | undefined => (typeof opened === 'string' ? undefined : opened);
    const channel = sender.prepareChannel(
      { ...interest, overflow: waits ? 'wait' : 'lose', ...(intended !== undefined && { user: intended }) },
      {
        onEventNotify: (_, data) => this.#notified(actor, stream, data),
        channelClosed: (_, data, cause) => this.#closed(actor, stream, data, cause),
      },
    );
    if (typeof opened !== 'string') actor.channels.unshift({ model: opened, real: channel });
    const expected = typeof opened === 'string' ? opened : 'S_OK';
    this.#answered(expected, channel.createNotificationChannel());
  }

  #send({ model, real }: Pair<Channel, SenderChannel>, payload: Payload): void {
    // Where several wait, their texts tell them apart.
    const isNameless = model.waits && (payload === 0 || payload === 'null');
    const message = this.#message(isNameless ? 1 : payload);
    const expected = this.#model.send(model, message, this.#nextCall);
    this.#call(expected, message, real.type, (data) => real.sendNotification(data));
  }

  #closeChannel({ model, real }: Pair<Channel, SenderChannel>, payload: Payload | undefined): void {
    const message = payload === undefined ? undefined : this.#message(payload);
    const expected = this.#model.closeBySource(model, message, this.#nextCall);
    this.#call(expected, message, real.type, (data) => real.closeChannel(data));
  }

  #answer({ model, real }: Pair<End, ListenerChannel>, payload: Payload): void {
    const message = this.#message(payload);
    this.#call(this.#model.respond(model, message), message, real.type, (data) => real.sendNotification(data));
  }

  #closeEnd({ model, real }: Pair<End, ListenerChannel>, payload: Payload | undefined): void {
    const message = payload === undefined ? undefined : this.#message(payload);
    const expected = this.#model.closeByListener(model, message);
    this.#call(expected, message, real.type, (data) => real.closeChannel(data));
  }

  /** Time passes, timer by timer: whoever is ended on the way is ended one after another. */
  async #pass(milliseconds: number): Promise<void> {
    const until = this.#rig.clock.now() + milliseconds;
    while (this.#rig.clock.step(until)) {
      await this.#compare();
      this.#model.beginStep();
    }
  }

  #giveBack({ model, leases }: Actor, place: number): void {
    const [lease] = leases.splice(place, 1);
    if (!lease) return;
    if (model.state === 'open') this.#model.givesBack(model, place);
    lease.releaseData();
  }

  // ------------------------------------------------------------------------------------------ who and what

  /** A channel of a sender that can speak. */
  #onChannel(pick: number, act: (channel: Pair<Channel, SenderChannel>) => void): void {
    const all = this.#ableActors.flatMap(({ channels }) => channels);
    const chosen = all.toSorted((one, other) => usesOfChannel(one) - usesOfChannel(other))[pick];
    if (chosen) act(chosen);
  }

  #onEnd(pick: number, act: (end: Pair<End, ListenerChannel>) => void): void {
    const all = this.#ableActors.flatMap(({ ends }) => ends);
    const chosen = all.toSorted((one, other) => usesOfEnd(one) - usesOfEnd(other))[pick];
    if (chosen) act(chosen);
  }

  get #ableActors(): Actor[] {
    return this.#actors.filter(({ model }) => model.state === 'open');
  }

  /** Another text each time, of the length that is asked for if it fits. */
  #message(payload: Payload): Message {
    if (payload === 'null') return { text: null, size: 0, otherType: false };
    const length = payload === 'tooBig' ? this.#room.payload + 1 : payload === 'otherType' ? 1 : payload;
    const text = length === 0 ? '' : `${++this.#lastText}`.padEnd(length, '.');
    return { text, size: text.length, otherType: payload === 'otherType' };
  }

  // ------------------------------------------------------------------------------------------ what happens

  #notified(actor: Actor, stream: () => Stream | undefined, data: DataObject): void {
    this.#seen.push({ client: actor.model, kind: 'notification', stream, text: textOf(data) });
    if (actor.model.keeps) actor.leases.push(data.acquireData());
  }

  #closed(actor: Actor, stream: () => Stream | undefined, data: DataObject, cause: Cause): void {
    const text = data.isRelease ? undefined : textOf(data);
    this.#seen.push({ client: actor.model, kind: 'closed', stream, text, cause });
    if (actor.model.keeps && !data.isRelease) actor.leases.push(data.acquireData());
  }

  get #nextCall(): number {
    return this.#lastCall + 1;
  }

  /** Starts a call that sends, with text where that says it all, else with a data object of the test's own. */
  #call(
    expected: Answer | undefined,
    message: Message | undefined,
    type: Guid,
    start: (data: string | DataObject | null) => Promise<Outcome>,
  ): void {
    if (!message || (message.text !== null && !message.otherType)) {
      return this.#answered(expected, start(message?.text ?? null));
    }
    const data = message.text === null ? null : new TextEncoder().encode(message.text);
    const object = new DataObject({ type: message.otherType ? OTHER_TYPE : type, data });
    this.#answered(expected, start(object));
    object.release();
  }

  #answered(expected: Answer | undefined, outcome: Promise<Outcome>): void {
    const call: Call = { expected, actual: undefined };
    this.#calls.set(++this.#lastCall, call);
    outcome.then(
      ({ code }) => {
        call.actual = code;
      },
      (reason: unknown) => {
        call.actual = reason instanceof SpoolError ? `!${reason.code}` : String(reason);
      },
    );
  }

  // ------------------------------------------------------------------------------------------ comparing

  async #compare(): Promise<void> {
    await this.#rig.settle();
    this.#readEvents();
    for (const client of this.#lost) this.#model.lost(client);
    this.#lost.clear();
    this.#model.explain(this.#seen.splice(0), (call) => this.#calls.get(call)?.actual !== undefined);
    this.#compareAnswers();
    const stats: Readonly<Record<string, unknown>> = { ...this.#rig.spooler.stats() };
    for (const [name, count] of Object.entries(this.#model.stats())) assert.equal(stats[name], count, name);
    for (const actor of this.#actors) this.#compareActor(actor);
  }

  #readEvents(): void {
    for (const event of this.#rig.events.slice(this.#eventsRead)) {
      assert.notEqual(event.kind, 'fault');
      if (event.kind !== 'sessionEnded') continue;
      const { agent, cause, missed } = event;
      const actor = this.#actors.find(({ model }) => model.name === agent);
      assert(actor, agent);
      const mayEnd = (cause === 'slow' || cause === 'silent') && this.#model.mayEnd(actor.model, cause);
      assert(cause === actor.ending || mayEnd, `${agent} ended: ${cause}`);
      const due = this.#model.gone(actor.model, cause);
      // What is queued where while a whole spooler dies nobody will ask.
      if (!actor.killed) assert.equal(missed, due, `missed by ${agent}`);
    }
    this.#eventsRead = this.#rig.events.length;
  }

  #compareAnswers(): void {
    for (const [number, { expected, actual }] of this.#calls) {
      const answer = expected ?? this.#model.answers.get(number);
      assert.equal(actual, answer, `the answer to call ${number}`);
      if (actual !== undefined) this.#calls.delete(number);
    }
  }

  #compareActor(actor: Actor): void {
    const { model, real, leases, problems, ending } = actor;
    const { name, state, lost, left } = model;
    assert(state === 'gone' || (ending === undefined && !this.#model.mustEnd(model)), `${name} lives on`);
    assert(
      state !== 'gone' || lost || left || model.silentSince !== undefined,
      `${name} does not know that it is lost`,
    );
    assert.equal(real.stats().liveObjects, leases.length, `live objects of ${name}`);
    if (lost || left) actor.keptAtEnd ??= leases.length;
    assert.deepEqual(
      problems.map(({ kind }) => kind),
      Array.from({ length: actor.keptAtEnd ?? 0 }, () => 'leak'),
      `problems of ${name}`,
    );
  }
}

/** 0: the source may send; 1: it has to wait; 2: closed. */
function usesOfChannel({ model: { state } }: Pair<Channel, unknown>): number {
  return state === 'closed' ? 2 : state === 'held' || state === 'listenerTurn' ? 1 : 0;
}

/** 0: the listener may answer; 1: it has to wait; 2: finished. */
function usesOfEnd({ model: { finish, channel } }: Pair<End, unknown>): number {
  return finish ? 2 : channel.state === 'held' || channel.state === 'listenerTurn' ? 0 : 1;
}

/** How many of its registrations have a window of their own. */
function windowsOf({ model }: Actor): number {
  return model.registrations.filter(({ interest }) => interest.style === 'kUniDirectional').length;
}

function interestOf({ name, type, filter, style }: Asked): Interest {
  return { name: name === null ? null : nameOf(name), type: notificationType(type), filter, style };
}

function nameOf(printer: string): string {
  return `\\\\localhost\\${printer}`;
}

function textOf(data: DataObject): string | null {
  const { data: bytes, text } = read(data);
  return bytes === null ? null : text;
}
