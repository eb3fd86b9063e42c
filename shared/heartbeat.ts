/**
 * Signs of life (PROTOCOL.md section 7.1): a peer that is quiet is pinged, a peer that does not react is dead. Idle is
 * not dead. One timer serves all peers of a process.
 */

import type { Cancel, Clock } from './clock.ts';

export interface HeartbeatTimes {
  /** Milliseconds without any byte before a ping. */
  readonly interval: number;
  /** Milliseconds from the ping to taking the peer for dead. */
  readonly timeout: number;
}

export interface Watched {
  ping(): void;
  /** Called once; the peer is no longer watched. */
  silent(): void;
}

/** Peers due within this many milliseconds of each other are served by one timer. */
const GRAIN = 25;

export class Heartbeat {
  readonly #clock: Clock;
  readonly #times: HeartbeatTimes;
  readonly #pulses = new Set<Pulse>();
  #cancel: Cancel | undefined;
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, times: HeartbeatTimes) {
    this.#clock = clock;
    this.#times = times;
  }

  watch(peer: Watched): Pulse {
    const pulse = new Pulse(this.#clock, peer, this);
    this.#pulses.add(pulse);
    this.#schedule(pulse.due(this.#times));
    return pulse;
  }

  /** For a pulse that stops. */
  forget(pulse: Pulse): void {
    this.#pulses.delete(pulse);
    if (this.#pulses.size === 0) this.#stop();
  }

  #schedule(due: number): void {
    if (due >= this.#dueAt) return;
    this.#cancel?.();
    this.#dueAt = due;
    this.#cancel = this.#clock.after(Math.max(0, due - this.#clock.now()), () => this.#beat());
  }

  #stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#dueAt = Number.POSITIVE_INFINITY;
  }

  #beat(): void {
    this.#stop();
    const now = this.#clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const pulse of [...this.#pulses]) {
      // Stopped by what another's silence led to.
      if (!this.#pulses.has(pulse)) continue;
      if (pulse.due(this.#times) <= now) pulse.act();
      if (this.#pulses.has(pulse)) next = Math.min(next, pulse.due(this.#times));
    }
    if (next < Number.POSITIVE_INFINITY) this.#schedule(Math.max(next, now + GRAIN));
  }
}

/** The pulse of one peer: `alive` whenever a byte came from it, `stop` when it is gone. */
export class Pulse {
  readonly #clock: Clock;
  readonly #peer: Watched;
  readonly #heartbeat: Pick<Heartbeat, 'forget'>;
  #heardAt: number;
  #pingedAt: number | undefined;

  constructor(clock: Clock, peer: Watched, heartbeat: Pick<Heartbeat, 'forget'>) {
    this.#clock = clock;
    this.#peer = peer;
    this.#heartbeat = heartbeat;
    this.#heardAt = clock.now();
  }

  alive(): void {
    this.#heardAt = this.#clock.now();
    this.#pingedAt = undefined;
  }

  stop(): void {
    this.#heartbeat.forget(this);
  }

  /** When something has to be done about this peer. */
  due({ interval, timeout }: HeartbeatTimes): number {
    return this.#pingedAt === undefined ? this.#heardAt + interval : this.#pingedAt + timeout;
  }

  act(): void {
    if (this.#pingedAt === undefined) {
      this.#pingedAt = this.#clock.now();
      this.#peer.ping();
    } else {
      this.#heartbeat.forget(this);
      this.#peer.silent();
    }
  }
}
