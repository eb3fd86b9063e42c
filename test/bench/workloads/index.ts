/** The workloads, in the order of the tables, with what spoolpipe is to reach in each. */

import { BASELINE } from '../peers/index.ts';
import { scaled } from '../settings.ts';
import type { FigureKind, Workload } from '../workload.ts';
import { crowd } from './crowd.ts';
import { dialogue } from './dialogue.ts';
import { durable } from './durable.ts';
import { events } from './events.ts';
import { idle } from './idle.ts';
import { openClose } from './open-close.ts';
import { overTime } from './over-time.ts';
import { stream } from './stream.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

const OBJECTS: FigureKind = { name: 'rate', unit: 'objects/s' };
const DELIVERIES: FigureKind = { name: 'rate', unit: 'deliveries/s' };
const COST: FigureKind = { name: 'cost', unit: 'µs each' };
const MEGABYTES: FigureKind = { name: 'megabytes', unit: 'MB/s' };

function number(value: number): string {
  return value.toLocaleString('en');
}

function atLeast(bound: number): Pick<FigureKind, 'goal'> {
  return { goal: { of: 'ratio', at: 'least', bound } };
}

function atMost(bound: number, of: 'ratio' | 'figure' = 'ratio'): Pick<FigureKind, 'goal'> {
  return { goal: { of, at: 'most', bound } };
}

/** 4,096 objects or 4 MiB, whichever is less, but two. */
function windowFor(size: number): number {
  return Math.max(2, Math.min(4_096, Math.floor((4 * MiB) / size)));
}

function pipe(name: string, size: number, goal: number): Workload {
  return {
    name: `pipe-${name}`,
    description: `${number(size)} B objects, one sender to one listener, as fast as they go`,
    figures: [{ ...OBJECTS, ...atLeast(goal) }, MEGABYTES],
    ...stream({ size, listeners: 1, window: windowFor(size) }),
  };
}

function fanOut(listeners: number, window: number): Workload {
  return {
    name: `fan-out-${listeners}`,
    description: `256 B objects to ${number(listeners)} listeners, each its own connection, as fast as they go`,
    figures: [{ ...DELIVERIES, ...atLeast(10) }],
    ...stream({ size: 256, listeners, window }),
  };
}

function oneAtATime(listeners: number): Workload {
  return {
    name: `one-at-a-time-${listeners}`,
    description: `256 B objects to ${number(listeners)} listeners, the next when all have the last`,
    figures: [{ ...DELIVERIES, ...atLeast(1.15) }],
    ...stream({ size: 256, listeners, window: 1, byAnswers: true }),
  };
}

function stoppedListener(stopped: 0 | 1): Workload {
  const beside = stopped === 1 ? 'a tenth that has stopped reading' : 'nobody else';
  return {
    name: `stopped-listener-${stopped}`,
    description: `1 KiB objects to nine listeners, beside ${beside}`,
    figures: [
      { ...DELIVERIES, ...(stopped === 1 ? atLeast(0.9) : {}) },
      { name: 'peak', unit: 'MB of the broker at most' },
    ],
    peers: [BASELINE, 'spoolpipe'],
    spoolpipe: { overflow: 'lose' },
    stopped: stopped === 1,
    against: 'stopped-listener-0',
    // Half a MiB: with what spoolpipe's listeners keep back for a moment it stays below the 2 MiB they may hold.
    ...stream({ size: KiB, listeners: 9, window: 512, byAnswers: true }),
  };
}

function growth(registrations: number): Workload {
  return {
    name: `growth-${registrations}`,
    description: `256 B objects to one listener, beside ${number(registrations)} unrelated registrations`,
    figures: [{ ...COST, ...(registrations > 1_000 ? atMost(1.2) : {}) }, DELIVERIES],
    peers: ['spoolpipe'],
    against: 'growth-10',
    ...stream({
      size: 256,
      listeners: 1,
      window: 4_096,
      prepare: (hall) => crowd(hall, scaled(registrations, hall.settings)),
    }),
  };
}

function openCloseBeside(others: number): Workload {
  return {
    name: `open-close-${others}`,
    description: `a channel opened, used once and closed, 32 at a time, beside ${number(others)} others that stay open`,
    figures: [
      { ...COST, ...(others > 0 ? atMost(1.2) : {}) },
      { name: 'rate', unit: 'channels/s' },
    ],
    peers: ['spoolpipe'],
    against: 'open-close-0',
    ...openClose(others),
  };
}

function eventsTo(subscribers: number, filtered: boolean): Workload {
  const which = filtered ? 'of whom one in ten has a parameter filter that matches' : 'without filters';
  return {
    name: `events-${subscribers}${filtered ? '-filtered' : ''}`,
    description: `one event after the other to ${number(subscribers)} subscribers ${which}; each is called when the one before has answered`,
    figures: [COST, { name: 'rate', unit: 'events/s' }],
    peers: ['spoolpipe'],
    against: `events-${subscribers}`,
    ...events(subscribers, filtered),
  };
}

function durableWith(inFlight: number, goal: number): Workload {
  return {
    name: `durable-${inFlight}`,
    kind: 'durable',
    description: `1 KiB objects for a listener that is away, ${number(inFlight)} not yet acknowledged`,
    figures: [{ name: 'rate', unit: 'acknowledged/s', ...atLeast(goal) }],
    ...durable(inFlight),
  };
}

function keptFor(kept: number): Workload {
  const goal = kept === 0 ? {} : atMost(1.3);
  return {
    name: `kept-${kept}`,
    kind: 'over time',
    description: `256 B objects, ${number(kept)} of them kept for a listener that is away`,
    figures: [
      { name: 'sending', what: 'one more for somebody else', unit: 'µs each', ...goal },
      { name: 'delivering', what: 'the first 50,000 to the listener', unit: 'µs each', ...goal },
      { name: 'startKilled', what: 'start after `kill -9`', unit: 'ms', ...goal },
      { name: 'startStopped', what: 'start after a clean stop', unit: 'ms', ...goal },
      { name: 'memory', what: 'resident after the start', unit: 'MB', ...goal },
      { name: 'memoryDelivering', what: 'resident when 50,000 are delivered', unit: 'MB', ...goal },
      { name: 'memoryDelivered', what: 'resident when all are delivered', unit: 'MB' },
      { name: 'ownDelivered', what: 'own memory then', unit: 'MB', ...goal },
    ],
    peers: ['spoolpipe'],
    ...(kept > 0 && { against: 'kept-0' }),
    limit: 600_000,
    ...overTime(kept),
  };
}

export const WORKLOADS: readonly Workload[] = [
  {
    name: 'round-trip',
    description: '64 B there and back, one conversation, one after the other',
    figures: [
      { name: 'p50', unit: 'µs', ...atMost(1.1) },
      { name: 'rate', unit: 'round trips/s' },
    ],
    ...dialogue(1),
  },
  {
    name: 'conversations',
    description: '64 B there and back, 64 conversations at once on one connection at each side',
    figures: [{ name: 'rate', unit: 'round trips/s', ...atLeast(2.2) }],
    ...dialogue(64),
  },
  pipe('64', 64, 8),
  pipe('1KiB', KiB, 4.5),
  pipe('64KiB', 64 * KiB, 3),
  pipe('1MiB', MiB, 3),
  fanOut(100, 2_048),
  fanOut(1_000, 256),
  oneAtATime(100),
  oneAtATime(1_000),
  {
    name: 'large',
    description: '10 MiB objects to 10 listeners, as fast as they go',
    figures: [
      { ...MEGABYTES, ...atLeast(1.6) },
      { name: 'peak', unit: 'MB of the broker at most', ...atMost(80, 'figure') },
    ],
    ...stream({ size: 10 * MiB, listeners: 10, window: 2 }),
  },
  {
    name: 'idle',
    description: "the broker's memory for each listener that is connected and registered while nothing happens",
    figures: [{ name: 'memory', unit: 'kB', ...atMost(1.1) }],
    ...idle,
  },
  stoppedListener(0),
  stoppedListener(1),
  growth(10),
  growth(1_000),
  growth(100_000),
  openCloseBeside(0),
  openCloseBeside(10_000),
  eventsTo(1_000, false),
  eventsTo(1_000, true),
  durableWith(1, 1),
  durableWith(256, 1.5),
  keptFor(0),
  keptFor(1_000_000),
];

export function workloadNamed(name: string): Workload {
  const found = WORKLOADS.find((workload) => workload.name === name);
  if (!found) throw new Error(`no workload ${name}; there are ${WORKLOADS.map((each) => each.name).join(', ')}`);
  return found;
}
