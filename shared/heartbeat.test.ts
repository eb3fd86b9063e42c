/** Signs of life (PROTOCOL.md section 7.1), on a clock that a test moves. */

import { describe, expect, test } from 'vitest';
import { ManualClock } from '../test/harness/manual-clock.ts';
import { Heartbeat, type HeartbeatTimes, type Pulse } from './heartbeat.ts';
import { DEFAULT_LIMITS } from './limits.ts';

const TIMES: HeartbeatTimes = { interval: 5_000, timeout: 2_500 };
/** Peers due within so many milliseconds of each other share a timer: each of the two waits may last so much longer. */
const GRAIN = 25;

/** A peer, and when it was pinged and taken for dead. */
class Peer {
  readonly pings: number[] = [];
  readonly deaths: number[] = [];
  readonly pulse: Pulse;

  constructor(heartbeat: Heartbeat, clock: ManualClock, answers = false) {
    this.pulse = heartbeat.watch({
      ping: () => {
        this.pings.push(clock.now());
        if (answers) this.pulse.alive();
      },
      silent: () => this.deaths.push(clock.now()),
    });
  }
}

function start(times = TIMES): { readonly clock: ManualClock; readonly heartbeat: Heartbeat } {
  const clock = new ManualClock();
  return { clock, heartbeat: new Heartbeat(clock, times) };
}

describe('one peer', () => {
  test('is pinged after the interval without a byte, and dead after the timeout, exactly then and once (T3)', () => {
    const { clock, heartbeat } = start();
    const peer = new Peer(heartbeat, clock);
    clock.advance(4_999);
    expect(peer.pings).toEqual([]);
    clock.advance(1);
    expect(peer.pings).toEqual([5_000]);
    clock.advance(2_499);
    expect(peer.deaths).toEqual([]);
    clock.advance(1);
    expect(peer.deaths).toEqual([7_500]);
    clock.advance(60_000);
    expect(peer).toMatchObject({ pings: [5_000], deaths: [7_500] });
    expect(clock.pending).toBe(0);
  });

  test('that talks is never pinged: any byte counts', () => {
    const { clock, heartbeat } = start();
    const peer = new Peer(heartbeat, clock);
    for (let i = 0; i < 100; i++) {
      clock.advance(4_999);
      peer.pulse.alive();
    }
    expect(peer).toMatchObject({ pings: [], deaths: [] });
    peer.pulse.stop();
  });

  test('that is idle but answers lives for ever: idle is not dead', () => {
    const { clock, heartbeat } = start();
    const peer = new Peer(heartbeat, clock, true);
    clock.advance(24 * 3_600_000);
    expect(peer.deaths).toEqual([]);
    expect(peer.pings).toHaveLength((24 * 3_600) / 5);
    peer.pulse.stop();
  });

  test('that answers in the last moment begins a new interval from there', () => {
    const { clock, heartbeat } = start();
    const peer = new Peer(heartbeat, clock);
    clock.advance(7_499);
    peer.pulse.alive();
    clock.advance(5_000);
    // The old due time makes a beat at 7,500 that finds nothing to do and comes back for the new one.
    expect(peer).toMatchObject({ pings: [5_000, 12_499], deaths: [] });
    clock.advance(2_500);
    expect(peer.deaths).toEqual([14_999]);
  });

  test('that has been stopped is neither pinged nor declared dead, and leaves no timer', () => {
    const { clock, heartbeat } = start();
    const peer = new Peer(heartbeat, clock);
    clock.advance(5_000);
    peer.pulse.stop();
    expect(clock.pending).toBe(0);
    clock.advance(60_000);
    expect(peer).toMatchObject({ pings: [5_000], deaths: [] });
    peer.pulse.stop();
    expect(clock.pending).toBe(0);
  });
});

describe('how late at worst (T3)', () => {
  /** Deaths of many peers whose last bytes came at uneven times, measured from those. */
  function delays(times: HeartbeatTimes): number[] {
    const { clock, heartbeat } = start(times);
    const peers: { readonly peer: Peer; readonly lastByte: number }[] = [];
    for (let i = 0; i < 2_000; i++) {
      clock.advance((i * 7919) % 13);
      peers.push({ peer: new Peer(heartbeat, clock), lastByte: clock.now() });
    }
    clock.advance(times.interval + times.timeout + 2 * GRAIN);
    return peers.map(({ peer, lastByte }) => {
      expect(peer.deaths).toHaveLength(1);
      return (peer.deaths[0] ?? Number.NaN) - lastByte;
    });
  }

  test('tuned to 5 s and 2.5 s: never before 7.5 s, never later than that and the grain of each wait', () => {
    const all = delays(TIMES);
    expect(Math.min(...all)).toBeGreaterThanOrEqual(7_500);
    expect(Math.max(...all)).toBeLessThanOrEqual(7_500 + 2 * GRAIN);
  });

  test('by default: within 15 s, as both sides are configured', () => {
    const { heartbeatInterval: interval, heartbeatTimeout: timeout } = DEFAULT_LIMITS;
    const all = delays({ interval, timeout });
    expect(Math.min(...all)).toBeGreaterThanOrEqual(10_000);
    expect(Math.max(...all)).toBeLessThanOrEqual(10_000 + 2 * GRAIN);
    expect(Math.max(...all)).toBeLessThanOrEqual(15_000);
  });
});

describe('many peers', () => {
  test('share one timer, whatever they do', () => {
    const { clock, heartbeat } = start();
    const peers: Peer[] = [];
    for (let i = 0; i < 500; i++) {
      clock.advance(3);
      peers.push(new Peer(heartbeat, clock, i % 2 === 0));
      expect(clock.pending).toBe(1);
    }
    for (let i = 0; i < 60; i++) {
      clock.advance(97);
      expect(clock.pending).toBe(1);
    }
    for (const peer of peers) peer.pulse.stop();
    expect(clock.pending).toBe(0);
  });

  test('share it also where one is due before what was waited for, and leave none', () => {
    const { clock, heartbeat } = start({ interval: 1_000, timeout: 60_000 });
    const silent = new Peer(heartbeat, clock);
    clock.advance(2_000);
    const later = new Peer(heartbeat, clock);
    expect(clock.pending).toBe(1);
    clock.advance(1_000);
    expect([silent.pings, later.pings]).toEqual([[1_000], [3_000]]);
    for (const { pulse } of [silent, later]) pulse.stop();
    expect(clock.pending).toBe(0);
  });

  test('wake the process no more often than once in a grain', () => {
    const { clock, heartbeat } = start();
    const peers = Array.from({ length: 1_000 }, () => {
      clock.advance(1);
      return new Peer(heartbeat, clock, true);
    });
    let wakes = 0;
    const until = clock.now() + 60_000;
    while (clock.step(until)) wakes++;
    expect(wakes).toBeLessThanOrEqual(60_000 / GRAIN);
    expect(wakes).toBeGreaterThan(0);
    for (const { pulse } of peers) pulse.stop();
  });

  test('the silence of one is no sign of death of another', () => {
    const { clock, heartbeat } = start();
    const silent = new Peer(heartbeat, clock);
    const idle = new Peer(heartbeat, clock, true);
    const talking = new Peer(heartbeat, clock);
    for (let i = 0; i < 100; i++) {
      clock.advance(1_000);
      talking.pulse.alive();
    }
    expect(silent.deaths).toHaveLength(1);
    expect([idle.deaths, talking.deaths]).toEqual([[], []]);
    idle.pulse.stop();
    talking.pulse.stop();
    expect(clock.pending).toBe(0);
  });

  test('one that is stopped because another is silent is not called any more', () => {
    const { clock, heartbeat } = start();
    const called: string[] = [];
    const pulses: Pulse[] = [];
    for (const name of ['a', 'b']) {
      const pulse = heartbeat.watch({
        ping: () => {},
        silent: () => {
          called.push(name);
          for (const other of pulses) other.stop();
        },
      });
      pulses.push(pulse);
    }
    clock.advance(7_500);
    expect(called).toEqual(['a']);
    expect(clock.pending).toBe(0);
  });

  test('one that comes because another went is watched like any other', () => {
    const { clock, heartbeat } = start();
    let second: Peer | undefined;
    heartbeat.watch({
      ping: () => {},
      silent: () => {
        second = new Peer(heartbeat, clock);
      },
    });
    clock.advance(15_000);
    expect(second).toMatchObject({ pings: [12_500], deaths: [15_000] });
    expect(clock.pending).toBe(0);
  });

  test('a peer that is watched when the timer is set for a later one is served in its own time', () => {
    const { clock, heartbeat } = start();
    const late = new Peer(heartbeat, clock);
    clock.advance(4_000);
    late.pulse.alive();
    const early = new Peer(heartbeat, clock);
    clock.advance(5_000);
    expect([late.pings, early.pings]).toEqual([[9_000], [9_000]]);
    late.pulse.stop();
    early.pulse.stop();
  });
});
