/**
 * A small model of the pipe, written from PROTOCOL.md: who may do what in which state, what it is answered, what
 * everybody is told, what is held. One step at a time; what a step causes is explained afterwards, event by event.
 *
 * The protocol leaves two choices open: which registration of a session at its bound is served first, and which of
 * several channels that wait for the same room. There the model follows what was seen, and checks that it was allowed
 * and that nothing more could have happened.
 */

import type { Cause, Limits } from '../../shared/index.ts';
import {
  type Answer,
  type Channel,
  Client,
  type Delivery,
  type End,
  type Event,
  FINISHES,
  type Finish,
  type Interest,
  type Message,
  type Registration,
  type Stream,
  type Waiting,
  Window,
} from './pipe-state.ts';

export type Bounds = Pick<
  Limits,
  | 'payload'
  | 'registrations'
  | 'channels'
  | 'queueLength'
  | 'queueBytes'
  | 'registrationHeldObjects'
  | 'registrationHeldBytes'
  | 'sessionHeldObjects'
  | 'sessionHeldBytes'
  | 'initialBytes'
  | 'stallTime'
>;

export class PipeModel {
  readonly clients: Client[] = [];
  readonly channels: Channel[] = [];
  /** How calls were answered that had to wait. */
  readonly answers = new Map<number, Answer>();
  readonly #bounds: Bounds;
  readonly #now: () => number;
  #step = 0;
  #order = 0;

  /** `now`: the time of the spooler's clock. */
  constructor(bounds: Bounds, now: () => number) {
    this.#bounds = bounds;
    this.#now = now;
  }

  connected(name: string, user: string): Client {
    const client = new Client(name, user);
    this.clients.push(client);
    return client;
  }

  get #present(): Client[] {
    return this.clients.filter(({ state }) => state !== 'gone');
  }

  get #registered(): Registration[] {
    return this.#present.flatMap(({ registrations }) => registrations.filter(({ state }) => state === 'registered'));
  }

  get #open(): Channel[] {
    return this.channels.filter(({ state }) => state !== 'closed');
  }

  // ------------------------------------------------------------------------------------------ registrations

  prepare(client: Client, interest: Interest): Registration {
    const registration: Registration = {
      kind: 'registration',
      client,
      interest,
      state: 'object',
      window: new Window(),
      offers: [],
      telling: undefined,
      told: false,
    };
    client.registrations.push(registration);
    return registration;
  }

  register(registration: Registration): Answer {
    if (registration.state === 'registered') return '!ALREADY_REGISTERED';
    if (this.#registered.length >= this.#bounds.registrations) return '!MAX_REGISTRATION_COUNT_EXCEEDED';
    const { registrationHeldObjects, registrationHeldBytes, queueLength } = this.#bounds;
    registration.state = 'registered';
    registration.window = new Window(registrationHeldObjects, registrationHeldBytes, queueLength);
    if (registration.interest.style === 'kUniDirectional') return 'S_OK';
    // Also channels that were opened before, as long as nobody has acquired them (PAN-141).
    for (const channel of this.reaching(registration)) if (!channel.owner) this.#offer(channel, registration);
    return 'S_OK';
  }

  unregister(registration: Registration): Answer {
    if (registration.state === 'object') return 'NOT_REGISTERED';
    if (registration.state === 'unregistered') return '!ALREADY_UNREGISTERED';
    this.#drop(registration);
    return 'S_OK';
  }

  #drop(registration: Registration): void {
    registration.state = 'unregistered';
    if (registration.interest.style === 'kUniDirectional') registration.window.queue.length = 0;
    this.#noteStall(registration.client);
  }

  // ------------------------------------------------------------------------------------------ channels

  open(client: Client, interest: Interest, user: string, waits: boolean): Answer | Channel {
    if (waits && interest.style === 'kBiDirectional') return '!E_INVALIDARG';
    if (this.#open.length >= this.#bounds.channels) return '!MAX_CHANNEL_COUNT_EXCEEDED';
    const channel: Channel = {
      kind: 'channel',
      client,
      interest,
      user,
      waits,
      state: 'opened',
      initial: undefined,
      owner: undefined,
      ends: [],
      waiting: [],
      telling: undefined,
      told: false,
    };
    client.channels.push(channel);
    this.channels.push(channel);
    if (interest.style === 'kBiDirectional')
      for (const registration of this.audience(channel)) this.#offer(channel, registration);
    return channel;
  }

  /** The channels that reach the registration now. */
  reaching(registration: Registration): Channel[] {
    return this.#open.filter((channel) => matches(channel, registration));
  }

  /** The registrations that the channel reaches now. */
  audience(channel: Channel): Registration[] {
    return this.#registered.filter((registration) => matches(channel, registration));
  }

  #offer(channel: Channel, registration: Registration): void {
    const { client } = registration;
    const end: End = { kind: 'end', client, channel, finish: undefined, known: false, telling: undefined, told: false };
    client.ends.push(end);
    channel.ends.push(end);
    registration.offers.push(end);
    if (channel.initial) this.#give(channel, end, client.common, channel.initial);
  }

  /** The source sends. Undefined: the answer has to wait. */
  send(channel: Channel, message: Message, call: number): Answer | undefined {
    if (channel.state === 'closed') return '!CHANNEL_ALREADY_CLOSED';
    const refused = this.#refused(message);
    if (channel.interest.style === 'kUniDirectional') {
      if (channel.waiting.length > 0) return this.#wait(channel, call, refused === undefined ? message : { refused });
      if (refused !== undefined) return refused;
      if (channel.waits && !this.#hasRoomEverywhere(channel)) return this.#wait(channel, call, message);
      return this.#deliver(channel, message);
    }
    if (refused !== undefined) return refused;
    switch (channel.state) {
      case 'opened': {
        const held = initialBytes(channel.client);
        if (held > 0 && held + message.size > this.#bounds.initialBytes) return '!INTERNAL_NOTIFICATION_QUEUE_IS_FULL';
        channel.state = 'held';
        channel.initial = message;
        for (const end of channel.ends) this.#give(channel, end, end.client.common, message);
        return 'S_OK';
      }
      case 'sourceTurn': {
        // The answer is still on its way, and one message is in flight.
        if (isKeptBack(channel)) return '!CHANNEL_WAITING_FOR_CLIENT_NOTIFICATION';
        const owner = channel.owner as End;
        if (!this.#hasRoom(owner.client, owner.client.common)) return '!INTERNAL_NOTIFICATION_QUEUE_IS_FULL';
        channel.state = 'listenerTurn';
        this.#give(channel, owner, owner.client.common, message);
        return 'S_OK';
      }
      case 'held':
      case 'listenerTurn':
        return '!CHANNEL_WAITING_FOR_CLIENT_NOTIFICATION';
    }
  }

  /** The source closes, with a last message or without. */
  closeBySource(channel: Channel, message: Message | undefined, call: number): Answer | undefined {
    if (channel.state === 'closed') return '!CHANNEL_ALREADY_CLOSED';
    const refused = message && this.#refused(message);
    if (channel.waiting.length > 0) return this.#wait(channel, call, refused === undefined ? 'close' : { refused });
    if (refused !== undefined) return refused;
    const { owner } = channel;
    if (message && owner && !this.#hasRoom(owner.client, owner.client.common))
      return '!INTERNAL_NOTIFICATION_QUEUE_IS_FULL';
    this.#closed(channel, 'bySource', 'closed', message);
    channel.told = true;
    return 'S_OK';
  }

  respond(end: End, message: Message): Answer {
    if (end.finish) return FINISHES[end.finish][0];
    const refused = this.#refused(message);
    if (refused !== undefined) return refused;
    const { channel } = end;
    const isItsTurn = channel.state === 'held' || channel.state === 'listenerTurn';
    if (!isItsTurn || isKeptBack(end)) return '!ASYNC_CALL_IN_PROGRESS';
    const source = channel.client;
    if (!this.#hasRoom(source, source.common)) return '!INTERNAL_NOTIFICATION_QUEUE_IS_FULL';
    if (channel.state === 'held') this.#acquire(channel, end, 'acquiredByAnother');
    channel.state = 'sourceTurn';
    this.#give(channel, channel, source.common, message);
    return 'S_OK';
  }

  closeByListener(end: End, message: Message | undefined): Answer {
    if (end.finish) return FINISHES[end.finish][1];
    const refused = message && this.#refused(message);
    if (refused !== undefined) return refused;
    const { channel } = end;
    if (!channel.owner && !message) {
      this.#finish(end, 'declined');
      end.told = true;
      return 'S_OK';
    }
    if (message && !this.#hasRoom(channel.client, channel.client.common)) return '!INTERNAL_NOTIFICATION_QUEUE_IS_FULL';
    if (!channel.owner) this.#acquire(channel, end, 'closedByAnother');
    this.#finish(end, 'bySelf');
    end.told = true;
    this.#closed(channel, 'bySource', 'closed', undefined);
    this.#tellSource(channel, 'closed', message);
    return 'S_OK';
  }

  #acquire(channel: Channel, owner: End, others: Finish): void {
    channel.owner = owner;
    channel.initial = undefined;
    for (const end of [...channel.ends]) {
      if (end === owner) continue;
      this.#finish(end, others);
      tell(end, 'acquired');
    }
  }

  /** The channel is closed: every end that is left hears of it, with the last message where there is room for it. */
  #closed(channel: Channel, finish: Finish, cause: Cause, last: Message | undefined): void {
    channel.state = 'closed';
    channel.initial = undefined;
    withdraw(channel.client, channel);
    this.#noteStall(channel.client);
    for (const end of [...channel.ends]) {
      this.#finish(end, finish);
      const { client } = end;
      if (last && this.#hasRoom(client, client.common)) this.#give(channel, end, client.common, last, cause);
      else tell(end, cause);
    }
  }

  #tellSource(channel: Channel, cause: Cause, last: Message | undefined): void {
    if (last) this.#give(channel, channel, channel.client.common, last, cause);
    else tell(channel, cause);
  }

  /** What is queued for a finished end is discarded (PAN-102). */
  #finish(end: End, finish: Finish): void {
    end.finish = finish;
    end.channel.ends = end.channel.ends.filter((other) => other !== end);
    withdraw(end.client, end);
    this.#noteStall(end.client);
  }

  /** The operator removed the printer. */
  removePrinter(name: string): void {
    for (const channel of this.#open)
      if (sameName(channel.interest.name, name)) this.#runDown(channel, 'printerRemoved');
  }

  #runDown(channel: Channel, cause: Cause): void {
    this.#closed(channel, 'bySource', cause, undefined);
    this.#tellSource(channel, cause, undefined);
    // Nobody answers a source that is gone.
    if (channel.client.state === 'gone') return;
    for (const { call } of channel.waiting.splice(0)) this.answers.set(call, '!RPC_S_CALL_CANCELLED');
  }

  // ------------------------------------------------------------------------------------------ clients that end

  /** The session has ended: rundown (PROTOCOL.md section 7.1). Returns how many notifications it missed. */
  gone(client: Client, cause: Cause): number {
    const missed = client.missed + client.queued.length;
    client.state = 'gone';
    for (const channel of client.channels) if (channel.state !== 'closed') this.#runDown(channel, cause);
    for (const end of client.ends) {
      if (end.finish) continue;
      const { channel } = end;
      this.#finish(end, 'bySource');
      if (channel.owner !== end) continue;
      this.#closed(channel, 'bySource', cause, undefined);
      this.#tellSource(channel, cause, undefined);
    }
    return missed;
  }

  /** The client knows that it has lost its spooler: whoever has not heard of a close hears of this one, once. */
  lost(client: Client): void {
    client.lost = true;
    const registered = client.registrations.filter(
      ({ state, interest }) => state === 'registered' && interest.style === 'kUniDirectional',
    );
    for (const told of [...client.channels, ...client.ends.filter(({ known }) => known), ...registered]) {
      if (!told.told) told.telling ??= 'lost';
    }
    for (const { waiting } of client.channels) {
      for (const { call } of waiting.splice(0)) this.answers.set(call, '!CONNECTION_LOST');
    }
  }

  /** The client leaves in good order: nobody tells it anything any more, and what it waited for is over. */
  leaves(client: Client): void {
    client.left = true;
    for (const { waiting } of client.channels) {
      for (const { call } of waiting.splice(0)) this.answers.set(call, '!CONNECTION_ENDED');
    }
  }

  goesSilent(client: Client): void {
    client.state = 'silent';
    client.silentSince = this.#now();
  }

  /** Whether the spooler may end the session now for this cause. */
  mayEnd(client: Client, cause: 'slow' | 'silent'): boolean {
    // A silent one may have been idle for almost the whole interval before.
    return this.#sinceWhen(client, cause) >= (cause === 'slow' ? this.#bounds.stallTime : 5_000);
  }

  /**
   * Whether it should have ended it by now. A stall is looked for every so often, and peers are watched with a grain.
   */
  mustEnd(client: Client): boolean {
    return this.#sinceWhen(client, 'slow') > 2 * this.#bounds.stallTime || this.#sinceWhen(client, 'silent') > 10_100;
  }

  #sinceWhen({ stalledSince, silentSince }: Client, cause: 'slow' | 'silent'): number {
    return this.#now() - ((cause === 'slow' ? stalledSince : silentSince) ?? Number.POSITIVE_INFINITY);
  }

  // ------------------------------------------------------------------------------------------ room

  #refused({ otherType, size }: Message): Answer | undefined {
    if (otherType) return '!INVALID_NOTIFICATION_TYPE';
    return size > this.#bounds.payload ? '!MAX_NOTIFICATION_SIZE_EXCEEDED' : undefined;
  }

  #atBound({ kept }: Client): boolean {
    return kept.length >= this.#bounds.sessionHeldObjects || sumOf(kept) >= this.#bounds.sessionHeldBytes;
  }

  /** Of what is not seen yet, that for which there was no room: it waits in a queue. The rest is on its way. */
  #waitingFor(client: Client): Delivery[] {
    const { sessionHeldObjects, sessionHeldBytes } = this.#bounds;
    const onItsWay: Delivery[] = [];
    const unseen = client.queued.toSorted((one, other) => one.order - other.order);
    const waiting = unseen.filter((delivery) => {
      const { window } = delivery;
      const held = [...client.kept, ...onItsWay];
      const ofWindow = onItsWay.filter((other) => other.window === window);
      const waits =
        unseen.some((other) => other.window === window && other.order < delivery.order && !onItsWay.includes(other)) ||
        window.objects + ofWindow.length >= window.maxObjects ||
        window.bytes + sumOf(ofWindow) >= window.maxBytes ||
        held.length >= sessionHeldObjects ||
        sumOf(held) >= sessionHeldBytes;
      if (!waits) onItsWay.push(delivery);
      return waits;
    });
    return waiting;
  }

  #passes(client: Client, window: Window): boolean {
    const probe = { order: Number.POSITIVE_INFINITY, window, size: 0 } as Delivery;
    window.queue.push(probe);
    const passes = !this.#waitingFor(client).includes(probe);
    window.queue.pop();
    return passes;
  }

  #hasRoom(client: Client, window: Window): boolean {
    const waiting = this.#waitingFor(client);
    const length = waiting.filter((delivery) => delivery.window === window).length;
    const mayQueue = length < window.maxQueue && sumOf(waiting) < this.#bounds.queueBytes;
    return mayQueue || this.#passes(client, window);
  }

  #hasRoomEverywhere(channel: Channel): boolean {
    return this.audience(channel).every(({ client, window }) => this.#hasRoom(client, window));
  }

  /** From now on it is on its way: it is seen within the step, or waits in the queue. */
  #give(from: Channel, to: Stream, window: Window, { text, size }: Message, last?: Cause): void {
    const { client } = to;
    const delivery: Delivery = { from, to, text, size, last, window, step: this.#step, order: ++this.#order };
    // What a silent client is given nobody sees: at a bound it queues, else it is held for good.
    if (client.state === 'silent' && this.#passes(client, window)) this.#hold(delivery);
    else window.queue.push(delivery);
    this.#noteStall(client);
  }

  #hold(delivery: Delivery): void {
    delivery.to.client.kept.push(delivery);
    delivery.window.objects++;
    delivery.window.bytes += delivery.size;
  }

  /** To every registration that has room; the others lose it. */
  #deliver(channel: Channel, message: Message): Answer {
    const audience = this.audience(channel);
    if (audience.length === 0) return 'NO_LISTENERS';
    let given = 0;
    for (const registration of audience) {
      const { client, window } = registration;
      if (this.#hasRoom(client, window)) {
        given++;
        this.#give(channel, registration, window, message);
      } else {
        client.missed++;
      }
    }
    if (given === audience.length) return 'S_OK';
    return given > 0 ? 'UNIRECTIONAL_NOTIFICATION_LOST' : '!ASYNC_NOTIFICATION_FAILURE';
  }

  #wait(channel: Channel, call: number, what: Waiting['what']): undefined {
    channel.waiting.push({ call, what });
  }

  #noteStall(client: Client): void {
    if (client.queued.length === 0) client.stalledSince = undefined;
    else client.stalledSince ??= this.#now();
  }

  /** The client gives back the delivery that it has held at this place. */
  givesBack(client: Client, place: number): void {
    const [delivery] = client.kept.splice(place, 1);
    if (!delivery) throw new Error(`${client.name} holds nothing at ${place}`);
    delivery.window.objects--;
    delivery.window.bytes -= delivery.size;
    this.#gaveBack(client);
  }

  #gaveBack(client: Client): void {
    client.stalledSince = undefined;
    this.#noteStall(client);
  }

  // ------------------------------------------------------------------------------------------ what a step causes

  /** Everything that is given from now on is of one step. */
  beginStep(): void {
    this.#step++;
  }

  /**
   * Explains what was seen since the step began. `isSettled` says whether a call has been answered. Throws where
   * something was seen that may not happen, or where something that must happen was not seen.
   */
  explain(seen: readonly Event[], isSettled: (call: number) => boolean): void {
    let left = [...seen];
    for (let before = Number.POSITIVE_INFINITY; before !== left.length; ) {
      before = left.length;
      const stuck = new Set<Client>();
      left = left.filter((event) => {
        if (!stuck.has(event.client) && this.#explain(event, isSettled)) return false;
        stuck.add(event.client);
        return true;
      });
      // What nobody was seen to get was answered without.
      for (const channel of this.channels) while (this.#answersNext(channel, isSettled));
    }
    const [unexplained] = left;
    if (unexplained) throw new Error(`unexpected: ${describe(unexplained)}`);
    this.#nothingIsDue(isSettled);
  }

  /** What waits first, if it was seen to be answered and may be, is answered now. */
  #answersNext(channel: Channel, isSettled: (call: number) => boolean): boolean {
    const [next] = channel.waiting;
    if (!next || !isSettled(next.call) || !this.#mayGo(channel)) return false;
    channel.waiting.shift();
    this.answers.set(next.call, this.#answerOf(channel, next));
    return true;
  }

  /** Only a notification needs room, the others their turn. */
  #mayGo(channel: Channel): boolean {
    const [next] = channel.waiting;
    if (!next || channel.client.state === 'gone') return false;
    return !isMessage(next) || channel.state === 'closed' || this.#hasRoomEverywhere(channel);
  }

  #answerOf(channel: Channel, { what }: Waiting): Answer {
    if (channel.state === 'closed') return '!CHANNEL_ALREADY_CLOSED';
    if (what === 'close') {
      this.#closed(channel, 'bySource', 'closed', undefined);
      channel.told = true;
      return 'S_OK';
    }
    return 'refused' in what ? what.refused : this.#deliver(channel, what);
  }

  #explain(event: Event, isSettled: (call: number) => boolean): boolean {
    if (event.kind === 'offer') {
      const { offers } = event.registration;
      const offer = offers.find(({ channel }) => equal(channel.interest, event.interest));
      if (!offer) return false;
      offers.splice(offers.indexOf(offer), 1);
      offer.known = true;
      // The order in which one client's registrations are offered a channel is the spooler's.
      const { channel } = offer;
      if (channel.ends.includes(offer)) channel.ends = [...channel.ends.filter((end) => end !== offer), offer];
      event.bind(offer);
      return true;
    }
    const to = event.stream();
    if (!to || to.told) return false;
    if (event.kind === 'notification') {
      if (this.#taken(to, event.text, undefined)) return true;
      // It may be one that waited until now, behind what needs no room.
      const isNext = ({ waiting }: Channel): boolean => waiting.find(isMessage)?.what.text === event.text;
      const sent = this.channels.find(isNext);
      if (!sent) return false;
      while (isNext(sent)) if (!this.#answersNext(sent, isSettled)) return false;
      return this.#taken(to, event.text, undefined);
    }
    const { text, cause } = event;
    const isTold = to.telling === cause || (to.telling !== undefined && cause === 'lost' && to.client.lost);
    if (text === undefined ? !isTold : !this.#taken(to, text, cause)) return false;
    to.telling = undefined;
    // A registration may lose another spooler.
    to.told = to.kind !== 'registration';
    return true;
  }

  /** Takes the delivery out of its queue, if it is its turn and there is room for it. */
  #taken(to: Stream, text: string | null, last: Cause | undefined): boolean {
    const { client } = to;
    const window = to.kind === 'registration' ? to.window : client.common;
    const { queue } = window;
    const ofStep = queue.filter(({ step }) => step === queue[0]?.step);
    const delivery = ofStep.find(
      (candidate, place) =>
        candidate.to === to && candidate.text === text && candidate.last === last && isFirst(candidate, ofStep, place),
    );
    if (!delivery || window.atBound || this.#atBound(client)) return false;
    queue.splice(queue.indexOf(delivery), 1);
    if (client.keeps) {
      this.#hold(delivery);
      this.#noteStall(client);
    } else {
      this.#gaveBack(client);
    }
    return true;
  }

  #nothingIsDue(isSettled: (call: number) => boolean): void {
    for (const client of this.clients) {
      const hears = !client.left && (client.state === 'open' || client.lost);
      for (const told of [...client.registrations, ...client.ends, ...client.channels]) {
        if (hears && told.telling !== undefined && isKnown(told))
          throw new Error(`${client.name} was not told that ${describeStream(told)} is closed: ${told.telling}`);
      }
      if (client.state !== 'open') continue;
      if (client.registrations.some(({ offers }) => offers.length > 0))
        throw new Error(`${client.name} was not offered a channel`);
      for (const window of client.windows) {
        if (window.queue.length > 0 && !window.atBound && !this.#atBound(client))
          throw new Error(`${client.name} was not given ${JSON.stringify(window.queue[0]?.text)}`);
      }
    }
    for (const channel of this.channels) {
      const [next] = channel.waiting;
      if (next && this.#mayGo(channel) && !isSettled(next.call))
        throw new Error(`call ${next.call} waits though there is room`);
      if (next && isSettled(next.call)) throw new Error(`call ${next.call} was answered though there is no room`);
    }
  }

  // ------------------------------------------------------------------------------------------ counts

  /** As `Spooler.stats` counts them. */
  stats(): Readonly<Record<string, number>> {
    const present = this.#present;
    const held = present.flatMap(({ kept }) => kept);
    const queued = present.flatMap((client) => client.queued);
    return {
      sessions: present.length,
      registrations: this.#registered.length,
      channels: this.#open.length,
      heldObjects: held.length,
      heldBytes: sumOf(held),
      queued: queued.length,
      queuedBytes: sumOf(queued),
      initialBytes: present.reduce((sum, client) => sum + initialBytes(client), 0),
    };
  }
}

function isMessage(waiting: Waiting | undefined): waiting is Waiting & { readonly what: Message } {
  return typeof waiting?.what === 'object' && 'text' in waiting.what;
}

function initialBytes({ channels }: Client): number {
  return channels.reduce((sum, { initial }) => sum + (initial?.size ?? 0), 0);
}

function sumOf(deliveries: readonly Delivery[]): number {
  return deliveries.reduce((sum, { size }) => sum + size, 0);
}

/** Whether nothing from the same channel to the same end comes before it. */
function isFirst({ from, to }: Delivery, queue: readonly Delivery[], place: number): boolean {
  return queue.findIndex((other) => other.from === from && other.to === to) === place;
}

/** The spooler tells it, where its client is still there. */
function tell(told: Stream, cause: Cause): void {
  if (told.client.state !== 'gone') told.telling = cause;
}

/** Whether something is queued for it: nobody answers what has not come yet. */
function isKeptBack(stream: End | Channel): boolean {
  return stream.client.common.queue.some(({ to }) => to === stream);
}

/** What is queued for a stream is discarded. */
function withdraw(client: Client, stream: Stream): void {
  const { queue } = client.common;
  queue.splice(0, queue.length, ...queue.filter(({ to }) => to !== stream));
}

/** The rule of PROTOCOL.md section 9. */
function matches({ interest, user }: Channel, { interest: wanted, client }: Registration): boolean {
  return (
    interest.type === wanted.type &&
    interest.style === wanted.style &&
    (wanted.name === null || sameName(interest.name, wanted.name)) &&
    (interest.filter === 'kAllUsers' || wanted.filter === 'kAllUsers' || client.user === user)
  );
}

function sameName(one: string | null, other: string | null): boolean {
  return one?.toLowerCase() === other?.toLowerCase();
}

function equal(one: Interest, other: Interest): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Nobody is told of the close of an end whose offer has not arrived. */
function isKnown(told: Stream): boolean {
  return told.kind !== 'end' || told.known;
}

function describe(event: Event): string {
  const { client, kind } = event;
  if (kind === 'offer') return `${client.name} is offered ${JSON.stringify(event.interest)}`;
  const stream = event.stream();
  const where = stream ? describeStream(stream) : 'an unknown end';
  const what = event.text === undefined ? 'the release triple' : JSON.stringify(event.text);
  return `${client.name} is told ${kind} ${what}${kind === 'closed' ? ` (${event.cause})` : ''} on ${where}`;
}

function describeStream(stream: Stream): string {
  const channel = stream.kind === 'end' ? stream.channel : undefined;
  return `${stream.kind} for ${JSON.stringify((channel ?? (stream as Registration | Channel)).interest)}`;
}
