/**
 * A spooler with ends to connect to it, in one process, with faults and time on demand. Works with any test runner: what fails throws.
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
 * Leaving the block closes everything and throws if a channel, registration, reference, timer, request or socket is left, on either side.
 */

import type { Problem } from '../../client/callbacks.ts';
import { type DialOptions, dial } from '../../client/dial.ts';
import { createListener, type Listener, type ListenerChannel, type ListenerOptions } from '../../client/listener.ts';
import { createSender, type Sender, type SenderChannel, type SenderOptions } from '../../client/sender.ts';
import type { Limits, Link } from '../../shared/index.ts';
import { type ServeOptions, type Server, Spooler, type SpoolerEvent, serve } from '../../spooler/index.ts';
import { FaultLink } from './fault-link.ts';
import { ManualClock } from './manual-clock.ts';
import { memoryLinks } from './memory-link.ts';
import { Recorder } from './recorder.ts';

/** How the ends are joined to the spooler. */
export type Transport = 'memory' | 'websocket';

export const TRANSPORTS: readonly Transport[] = ['memory', 'websocket'];

export interface RigOptions extends Pick<ServeOptions, 'tokens' | 'origins' | 'server' | 'tls' | 'wallClock'> {
  /** Default `memory`: no sockets, a few milliseconds. */
  readonly transport?: Transport;
  readonly limits?: Partial<Limits>;
}

type Client = Listener | Sender;

/** Milliseconds of real time to wait for a quiet moment; a test that gets here has failed. */
const PATIENCE = 5_000;
/** Bytes of a `ping` or `pong` record. */
const FENCE = 16;

/** Starts a spooler on a free port of loopback, or in memory. */
export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const rig = new Rig(options);
  await rig.startSpooler();
  return rig;
}

export class Rig {
  readonly clock = new ManualClock();
  readonly transport: Transport;
  /** Callbacks that threw or hung. A test that provokes them empties the list; what is left at the end fails the test. */
  readonly problems: Problem[] = [];
  /** What the spooler observed. A `fault` fails the test. */
  readonly events: SpoolerEvent[] = [];
  readonly #options: RigOptions;
  readonly #links = new Map<Client, FaultLink>();
  readonly #spoolers: Spooler[] = [];
  #server: Server | undefined;

  /** For `startRig`. */
  constructor(options: RigOptions) {
    this.#options = options;
    this.transport = options.transport ?? 'memory';
  }

  /** Starts the spooler, or another one in place of the one that was killed. Ends reach the newest. */
  async startSpooler(): Promise<void> {
    const { limits, tokens, origins, server, tls, wallClock } = this.#options;
    const common = {
      clock: this.clock,
      observer: (event: SpoolerEvent) => this.events.push(event),
      ...(limits && { limits }),
      ...(server !== undefined && { server }),
      ...(wallClock && { wallClock }),
    };
    if (this.transport === 'memory') {
      this.#spoolers.push(new Spooler(common));
    } else {
      this.#server = await serve({
        ...common,
        port: 0,
        ...(tokens && { tokens }),
        ...(origins && { origins }),
        ...(tls && { tls }),
      });
      this.#spoolers.push(this.#server.spooler);
    }
  }

  get spooler(): Spooler {
    const newest = this.#spoolers.at(-1);
    if (!newest) throw new Error('the rig has no spooler');
    return newest;
  }

  /** Where the newest spooler listens. Throws over memory. */
  get url(): string {
    if (!this.#server) throw new Error('a rig over memory has no address');
    return this.#server.url;
  }

  /** A listener that is connected. The rig closes it. It reconnects only if asked to. */
  async listener(options: Partial<ListenerOptions & DialOptions> = {}): Promise<Listener> {
    const { user, link } = {
      user: 'ann',
      link: { current: undefined as FaultLink | undefined, owner: undefined as Listener | undefined },
    };
    const dialed = async (): Promise<FaultLink> => {
      link.current = await this.#dial(options);
      // A listener that comes back has a new link.
      if (link.owner) this.#links.set(link.owner, link.current);
      return link.current;
    };
    link.owner = await createListener(dialed, { user, reconnect: false, ...this.#common, ...options });
    if (link.current) this.#links.set(link.owner, link.current);
    return link.owner;
  }

  /** A sender that is connected. The rig closes it. */
  async sender(options: Partial<SenderOptions & DialOptions> = {}): Promise<Sender> {
    const link = await this.#dial(options);
    const sender = await createSender(link, { user: 'ann', ...this.#common, ...options });
    this.#links.set(sender, link);
    return sender;
  }

  get #common(): Pick<ListenerOptions, 'clock' | 'onProblem' | 'traceReferences'> {
    return { clock: this.clock, onProblem: (problem) => this.problems.push(problem), traceReferences: true };
  }

  /** A bare link to the spooler, for tests that speak the wire themselves. The test closes it. */
  async link(options: DialOptions = {}): Promise<Link> {
    if (this.transport === 'websocket') return dial(this.url, options);
    const [near, far] = memoryLinks();
    this.spooler.accept(far);
    return near;
  }

  async #dial(options: DialOptions): Promise<FaultLink> {
    return new FaultLink(await this.link(options));
  }

  recorder(react?: ConstructorParameters<typeof Recorder<ListenerChannel>>[0]): Recorder<ListenerChannel> {
    return new Recorder<ListenerChannel>(react);
  }

  senderRecorder(react?: ConstructorParameters<typeof Recorder<SenderChannel>>[0]): Recorder<SenderChannel> {
    return new Recorder<SenderChannel>(react);
  }

  // ------------------------------------------------------------------------------------------ faults

  /** The faults of one end's link. */
  faults(client: Client): FaultLink {
    const link = this.#links.get(client);
    if (!link) throw new Error('this end is not of this rig');
    return link;
  }

  /** Breaks an end's connection without a goodbye, as if its process had been killed. */
  cut(client: Client): void {
    this.faults(client).cut();
  }

  /** Makes an end stop sending, reading and reacting. */
  goSilent(client: Client): void {
    this.faults(client).goSilent();
  }

  /** Breaks every connection of the newest spooler without a goodbye, as if its process had been killed. */
  async killSpooler(): Promise<void> {
    for (const link of this.#links.values()) link.cut();
    await this.#eventually(
      () => this.spooler.stats().sessions === 0,
      () => `sessions left: ${this.spooler.stats().sessions}`,
    );
    await (this.#server ?? this.spooler).close();
    this.#server = undefined;
  }

  // ------------------------------------------------------------------------------------------ time

  /** Moves the clock timer by timer and lets everything that a timer causes happen before the next. */
  async advance(milliseconds: number): Promise<void> {
    const until = this.clock.now() + milliseconds;
    await this.settle();
    while (this.clock.step(until)) await this.settle();
    await this.settle();
  }

  /** Resolves when nothing is on its way any more between the spooler and the ends that still react. */
  async settle(): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const before = this.#passed();
      await this.#fence();
      const after = this.#passed();
      const quiet = [...after].every(([link, bytes]) => link.closed || bytes === (before.get(link) ?? 0) + 2 * FENCE);
      if (quiet && after.size === before.size) return;
      if (Date.now() > deadline) throw new Error('the rig does not become quiet');
    }
  }

  async #fence(): Promise<void> {
    await Promise.all(
      this.#live().map(([client]) =>
        client.roundTrip().catch(() => {
          // Lost on the way: then it has nothing on its way either.
        }),
      ),
    );
    // Over sockets a close is not ordered with the fence of another link.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  #live(): [Client, FaultLink][] {
    return [...this.#links].filter(([, link]) => !link.closed && !link.silent && !link.isHolding);
  }

  #passed(): Map<FaultLink, number> {
    return new Map(this.#live().map(([, link]) => [link, link.sentBytes + link.receivedBytes]));
  }

  // ------------------------------------------------------------------------------------------ the end

  /** Closes every end and proves that nothing is left. Throws with everything that is. */
  async [Symbol.asyncDispose](): Promise<void> {
    const left: string[] = [];
    for (const [client, link] of this.#links) {
      await Promise.race([client.close(), patience()]);
      if (!link.closed) link.cut();
    }
    for (const spooler of this.#spoolers) {
      const stats = (): string => JSON.stringify(spooler.stats());
      const empty = (): boolean => Object.values(spooler.stats()).every((count) => count === 0);
      await this.#eventually(empty, () => `the spooler still holds ${stats()}`).catch((reason: unknown) =>
        left.push(String(reason)),
      );
      await (this.#server?.spooler === spooler ? this.#server : spooler).close();
    }
    for (const client of this.#links.keys()) {
      const stats = client.stats();
      if (Object.values(stats).some((count) => count !== 0)) left.push(`an end still holds ${JSON.stringify(stats)}`);
    }
    if (this.clock.pending > 0) left.push(`${this.clock.pending} timers are left`);
    for (const problem of this.problems) left.push(`${problem.kind}: ${problem.what} ${String(problem.reason ?? '')}`);
    for (const event of this.events)
      if (event.kind === 'fault') left.push(`a fault of the spooler: ${String(event.reason)}`);
    if (left.length > 0) throw new Error(`the rig is not clean:\n${left.join('\n')}`);
  }

  async #eventually(condition: () => boolean, what: () => string): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    while (!condition()) {
      if (Date.now() > deadline) throw new Error(what());
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
}

function patience(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, PATIENCE).unref();
  });
}
