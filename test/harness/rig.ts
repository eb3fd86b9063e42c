/**
 * A spooler with ends to connect to it, in one process, with faults and time on demand. Works with any test runner:
 * what fails throws or rejects.
 *
 * ```ts
 * await using rig = await startRig();
 * const seen = rig.recorder();
 * const listener = await rig.listener({ user: 'ann' });
 * await listener.registerForNotifications({ name: 'Lab', type }, seen);
 * const sender = await rig.sender({ user: 'ann' });
 * const channel = await sender.createNotificationChannel({ name: 'Lab', type });
 * await channel.sendNotification('paper jam');
 * expect((await seen.nextNotification()).text).toBe('paper jam');
 * ```
 *
 * Leaving the block closes everything and throws if a channel, registration, reference, timer, request or socket is
 * left, on either side.
 */

import { type DialOptions, dial } from '../../client/dial.ts';
import { createJobs, type Jobs } from '../../client/jobs.ts';
import { createListener, type Listener, type ListenerOptions } from '../../client/listener.ts';
import type { Problem } from '../../client/problem.ts';
import { createPublisher, type Publisher, type PublisherOptions } from '../../client/publisher.ts';
import { createSender, type Sender, type SenderChannel, type SenderOptions } from '../../client/sender.ts';
import { createSubscriber, type Subscriber } from '../../client/subscriber.ts';
import { type Limits, type Link, SpoolError } from '../../shared/index.ts';
import type { Spooler } from '../../spooler/core/spooler.ts';
import {
  createSpooler,
  type EmbeddedSpooler,
  type ServeOptions,
  type Server,
  type SpoolerEvent,
  serve,
} from '../../spooler/index.ts';
import type { FaultLink } from './fault-link.ts';
import { counts, ofFault, ofProblem, ofTimer, RigNotClean } from './leftovers.ts';
import { ManualClock } from './manual-clock.ts';
import { memoryLinks } from './memory-link.ts';
import { Deadline, PATIENCE, turn } from './real-time.ts';
import { type Reaction, Recorder } from './recorder.ts';
import { Traffic } from './traffic.ts';

/** How the ends are joined to the spooler: links in memory, or sockets on a free port of loopback. */
export type Transport = 'memory' | 'websocket';

/** For tests that run over each: `describe.each(TRANSPORTS)`. */
export const TRANSPORTS: readonly Transport[] = ['memory', 'websocket'];

/** All optional. What is not described here is as in `serve`, but that `services` are none by default. */
export interface RigOptions
  extends Pick<ServeOptions, 'tokens' | 'origins' | 'server' | 'services' | 'tls' | 'trouble' | 'wallClock'> {
  /** Default `memory`: no sockets, a few milliseconds. `origins` and `tls` need `websocket`. */
  readonly transport?: Transport;
  /**
   * Any of the spooler's limits, small ones to reach them; the rest as in `DEFAULT_LIMITS`, but for `keptObjects` and
   * `answerTime`, which are 0: when nothing is on its way any more, what the spooler counts as held is what somebody
   * holds, and no time has to pass for an answer.
   */
  readonly limits?: Partial<Limits>;
  /** Milliseconds of real time to wait for what should happen before giving up; default 3,000. */
  readonly patience?: number;
}

/** An end that a rig made. */
export type Client = Listener | Sender | Publisher | Subscriber | Jobs;

interface Member {
  /** For people: "listener 2 (ann)". */
  readonly name: string;
  /** References its libraries say were never given back. */
  readonly leaks: Problem[];
  /** The one it has now last; one that came back has others before. */
  readonly links: FaultLink[];
}

/** Starts a spooler in memory, or on a free port of loopback. Rejects where that cannot be had. */
export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const rig = new Rig(options);
  await rig.startSpooler();
  return rig;
}

export class Rig {
  /** The time of the spooler and of every end. It stands still; see `advance`. */
  readonly clock: ManualClock = new ManualClock();
  readonly transport: Transport;
  /** Callbacks that threw or hung. A test that provokes them empties the list; what is left at the end fails the test. */
  readonly problems: Problem[] = [];
  /** What the spooler observed, in order. A `fault` that is left at the end fails the test. */
  readonly events: SpoolerEvent[] = [];
  readonly #options: RigOptions;
  readonly #patience: number;
  readonly #members = new Map<Client, Member>();
  readonly #traffic = new Traffic();
  readonly #spoolers: EmbeddedSpooler[] = [];
  #server: Server | undefined;
  #running = false;
  #closing: Promise<void> | undefined;

  /** For `startRig`. */
  constructor(options: RigOptions) {
    this.#options = options;
    this.#patience = options.patience ?? PATIENCE;
    this.transport = options.transport ?? 'memory';
    if (this.transport === 'memory' && (options.tls || options.origins))
      throw new Error("a rig over memory has neither TLS nor origins: give it transport: 'websocket'");
  }

  // ------------------------------------------------------------------------------------------ the spooler

  /** Starts a spooler in place of one that was killed. It knows nothing of what that one knew. Throws where one runs. */
  async startSpooler(): Promise<void> {
    if (this.#running) throw new Error('the spooler runs: kill it first');
    const { transport: _, patience: __, ...options } = this.#options;
    const limits = { keptObjects: 0, answerTime: 0, ...options.limits };
    const common = {
      services: [],
      ...options,
      limits,
      clock: this.clock,
      observer: (event: SpoolerEvent) => this.events.push(event),
    };
    if (this.transport === 'websocket') this.#server = await serve({ ...common, port: 0 });
    const spooler = this.#server?.spooler ?? createSpooler({ ...common, usesTokens: options.tokens !== undefined });
    await (spooler as Spooler).calls.ready();
    const accept = spooler.accept.bind(spooler);
    spooler.accept = (link, peer) => accept(this.#traffic.accepted(link), peer);
    this.#spoolers.push(spooler);
    this.#running = true;
  }

  /**
   * Breaks every connection without a goodbye and ends the spooler, as if its process had been killed. When it resolves
   * every end that reacts has been told.
   */
  async killSpooler(): Promise<void> {
    const { spooler } = this;
    // Nobody gets in any more, and who is just getting in is thrown out again.
    this.#running = false;
    const isEmpty = (): boolean => {
      for (const session of [...(spooler as Spooler).sessions()]) session.link.terminate();
      return spooler.stats().sessions === 0;
    };
    if (!(await this.#eventually(isEmpty))) throw new Error(`the spooler still has ${counts(spooler.stats())}`);
    await (this.#server ?? spooler).close();
    this.#server = undefined;
    await this.settle();
  }

  /** The newest spooler, also when it was killed. */
  get spooler(): EmbeddedSpooler {
    const newest = this.#spoolers.at(-1);
    if (!newest) throw new Error('the rig has no spooler yet');
    return newest;
  }

  /** Where the spooler listens, such as `ws://127.0.0.1:49152`. Throws over memory, and while there is no spooler. */
  get url(): string {
    if (this.transport === 'memory') throw new Error('a rig over memory has no address');
    if (!this.#server) throw new Error('the spooler was killed: start it again');
    return this.#server.url;
  }

  // ------------------------------------------------------------------------------------------ ends

  /**
   * A listener that is connected: as `ann` unless `user` or `token` says otherwise. It comes back after a loss only if
   * asked to with `reconnect`. The rig closes it. Rejects as `connectListener` does.
   */
  async listener(options: Partial<ListenerOptions & DialOptions> = {}): Promise<Listener> {
    return this.#comingBack('listener', createListener, options);
  }

  /** A publisher that is connected, as `listener` has it. The rig closes it. Rejects as `connectPublisher` does. */
  async publisher(options: Partial<PublisherOptions & DialOptions> = {}): Promise<Publisher> {
    return this.#comingBack('publisher', createPublisher, options);
  }

  /** A subscriber that is connected, as `listener` has it. The rig closes it. Rejects as `connectSubscriber` does. */
  async subscriber(options: Partial<ListenerOptions & DialOptions> = {}): Promise<Subscriber> {
    return this.#comingBack('subscriber', createSubscriber, options);
  }

  /** A client of print jobs that is connected, as `listener` has it. The rig closes it. Rejects as `connectJobs` does. */
  async jobs(options: Partial<ListenerOptions & DialOptions> = {}): Promise<Jobs> {
    return this.#comingBack('client of jobs', createJobs, options);
  }

  async #comingBack<One extends Client, Options extends ListenerOptions & DialOptions>(
    kind: string,
    create: (dial: () => Promise<Link>, options: Options) => Promise<One>,
    options: Options,
  ): Promise<One> {
    const member = this.#member(kind, options.user);
    const dialed = async (): Promise<FaultLink> => {
      const link = await this.link(options);
      member.links.push(link);
      return link;
    };
    const client = await create(dialed, { reconnect: false, ...this.#common(member, options) });
    this.#members.set(client, member);
    return client;
  }

  /**
   * A sender that is connected: as `ann` unless `user` or `token` says otherwise. The rig closes it. Rejects as
   * `connectSender` does.
   */
  async sender(options: Partial<SenderOptions & DialOptions> = {}): Promise<Sender> {
    const member = this.#member('sender', options.user);
    const link = await this.link(options);
    member.links.push(link);
    const sender = await createSender(link, this.#common(member, options));
    this.#members.set(sender, member);
    return sender;
  }

  #member(kind: string, user = 'ann'): Member {
    return { name: `${kind} ${this.#members.size + 1} (${user})`, leaks: [], links: [] };
  }

  #common<Options extends ListenerOptions & DialOptions>({ leaks }: Member, options: Options): Options {
    return {
      clock: this.clock,
      traceReferences: true,
      onProblem: (problem: Problem) => {
        this.problems.push(problem);
        if (problem.kind === 'leak') leaks.push(problem);
      },
      ...(options.token === undefined && { user: 'ann' }),
      ...options,
    };
  }

  /**
   * A bare link to the spooler, for tests that speak the wire themselves; it has not said hello. The test closes it. Rejects
   * with `CONNECTION_FAILED` while the spooler is killed, and with `UNAUTHORIZED` where it wants another `token`.
   */
  link(options: DialOptions = {}): Promise<FaultLink> {
    return this.#traffic.open(async () => {
      if (!this.#running) throw new SpoolError('CONNECTION_FAILED', { input: 'the spooler was killed' });
      return this.transport === 'memory' ? this.#joined(options) : dial(this.url, this.#trusting(options));
    });
  }

  #joined({ token }: DialOptions): Link {
    const { tokens, wallClock = Date.now } = this.#options;
    const identity = tokens?.identify(token, wallClock());
    if (tokens && !identity) throw new SpoolError('UNAUTHORIZED', { input: 'over memory' });
    const [near, far] = memoryLinks();
    this.spooler.accept(far, identity && { identity });
    return near;
  }

  /** The rig's own certificate, unless the test trusts another. */
  #trusting(options: DialOptions): DialOptions {
    const { tls } = this.#options;
    return tls ? { ca: tls.cert, ...options } : options;
  }

  /** A callback for a registration that remembers what it is told, and does `react` inside the callback. */
  recorder(react?: Reaction): Recorder {
    return new Recorder(react, this.#patience);
  }

  /** The same for a sender's channel. */
  senderRecorder(react?: Reaction<SenderChannel>): Recorder<SenderChannel> {
    return new Recorder<SenderChannel>(react, this.#patience);
  }

  // ------------------------------------------------------------------------------------------ faults

  /**
   * The link of one end, with its faults: `cut`, `goSilent`, `hold`, `letGo`. A listener that comes back has another one.
   * Throws for an end of somebody else's.
   */
  faults(client: Client): FaultLink {
    const link = this.#members.get(client)?.links.at(-1);
    if (!link) throw new Error('this end is not of this rig');
    return link;
  }

  /** Breaks an end's connection without a goodbye, as if its process had been killed. */
  cut(client: Client): void {
    this.faults(client).cut();
  }

  /** Makes an end stop sending, reading and reacting, as a frozen process. */
  goSilent(client: Client): void {
    this.faults(client).goSilent();
  }

  // ------------------------------------------------------------------------------------------ time

  /**
   * Moves the clock by so many milliseconds, timer by timer, and lets everything that a timer causes happen before the
   * next. Rejects as `settle` does.
   */
  async advance(milliseconds: number): Promise<void> {
    const until = this.clock.now() + milliseconds;
    await this.settle();
    while (this.clock.step(until)) await this.settle();
    await this.settle();
  }

  /**
   * Resolves when nothing is on its way any more between the spooler and the links of this rig, and the callbacks this
   * caused have run as far as they get without time or anything else of your own. What is held back or silent is not
   * waited for. Nobody is disturbed: no record is sent for it. Rejects when it does not happen, as with two ends that
   * answer each other without end.
   */
  async settle(): Promise<void> {
    if (await this.#traffic.becomesQuiet(new Deadline(this.#patience))) return;
    const links = this.#traffic.restless.map(([link, what]) => `\n${this.#nameOf(link)}: ${what}`);
    throw new Error(`the rig does not become quiet; the spooler has ${counts(this.spooler.stats())}${links.join('')}`);
  }

  #nameOf(link: FaultLink): string {
    for (const member of this.#members.values()) if (member.links.includes(link)) return member.name;
    return "a link of the test's own";
  }

  // ------------------------------------------------------------------------------------------ the end

  /** The same as leaving an `await using` block, for runners that have hooks instead: see there. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /**
   * Closes every end and the spooler, and proves that nothing is left. Rejects with `RigNotClean`, which lists everything
   * that is; also then everything is closed. Doing it again waits for the same.
   */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const left: string[] = [];
    const settled = (reason: unknown): unknown => left.push(String(reason));
    await this.settle().catch(settled);
    for (const [client, { name, links }] of this.#members) {
      if (!(await this.#precedes(client.close()))) left.push(`${name} does not close`);
      // Also one that is silent: the spooler need not find out by itself.
      for (const link of links) link.cut();
    }
    await this.settle().catch(settled);
    await this.#closeSpoolers(left);
    left.push(...this.#leftAtEnds());
    left.push(...this.clock.timers().map(ofTimer));
    const errors = [...this.problems.map(({ reason }) => reason)];
    for (const event of this.events) {
      if (event.kind !== 'fault') continue;
      left.push(ofFault(event.reason));
      errors.push(event.reason);
    }
    if (left.length > 0)
      throw new RigNotClean(
        left,
        errors.find((reason) => reason instanceof Error),
      );
  }

  async #closeSpoolers(left: string[]): Promise<void> {
    for (const spooler of this.#spoolers) {
      // A link of the test's own that is open stays open: no use waiting for it.
      const empty = (): boolean => counts(spooler.stats()) === '';
      if (!empty() && (this.#traffic.openLinks > 0 || !(await this.#eventually(empty)))) {
        left.push(`the spooler still has ${counts(spooler.stats())}${this.#openLinks}`);
        for (const session of [...(spooler as Spooler).sessions()]) session.link.terminate();
        await this.#eventually(() => empty() && this.#traffic.openLinks === 0);
      }
      const server = this.#server?.spooler === spooler ? this.#server : spooler;
      if (!(await this.#precedes(server.close()))) left.push('the spooler does not close');
    }
  }

  get #openLinks(): string {
    const { openLinks } = this.#traffic;
    return openLinks === 0
      ? ''
      : `; ${openLinks} of the test's own links ${openLinks === 1 ? 'was' : 'were'} not closed`;
  }

  #leftAtEnds(): string[] {
    const left: string[] = [];
    const forgiven = new Set<Problem>();
    for (const [client, { name, leaks, links }] of this.#members) {
      const stats = client.stats();
      // What was held when the connection was lost and was given back later is no leak. The counts are of the last one only.
      if (stats.liveObjects === 0 && links.length === 1) for (const leak of leaks) forgiven.add(leak);
      if (counts(stats) !== '') left.push(`${name} still has ${counts(stats)}`);
    }
    for (const problem of this.problems) if (!forgiven.has(problem)) left.push(ofProblem(problem));
    return left;
  }

  #precedes(event: Promise<unknown>): Promise<boolean> {
    return new Deadline(this.#patience).precedes(event);
  }

  async #eventually(condition: () => boolean): Promise<boolean> {
    const deadline = new Deadline(this.#patience);
    while (!condition()) {
      if (deadline.passed) return false;
      await turn();
    }
    return true;
  }
}
