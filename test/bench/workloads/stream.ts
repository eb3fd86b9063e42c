/**
 * One sender, one pipe, any number of listeners. The pipe is kept full: only so many objects are under way at once.
 * Where the peer has no flow control of its own, the listeners say each eighth of that how far the slowest of them is.
 */

import { Pace } from '../pace.ts';
import { Inspection, type PayloadShape, Payloads } from '../payloads.ts';
import { type Settings, scaled } from '../settings.ts';
import { Stopwatch } from '../stopwatch.ts';
import { Tally } from '../tally.ts';
import type { Desk, Figures, Finish, Hall, Sent, Workload } from '../workload.ts';
import { connectAll } from './connect-all.ts';

/** Bytes. */
const SMALLEST = 64;

export interface Stream {
  readonly size: number;
  readonly listeners: number;
  /** Objects under way. */
  readonly window: number;
  /** Whether only answers make way for the next, also where the peer has flow control of its own. */
  readonly byAnswers?: boolean;
  /** Before anybody listens. */
  readonly prepare?: (hall: Hall) => Promise<void>;
}

export function stream(options: Stream): Pick<Workload, 'listen' | 'send'> {
  return {
    listen: (hall) => listen(hall, options),
    send: (desk) => send(desk, options),
  };
}

function shapeOf({ size, window }: Stream, settings: Settings): PayloadShape {
  return { size: Math.max(SMALLEST, scaled(size, settings)), window, pipes: 1 };
}

/** Objects from one answer to the next. */
function batchOf({ window }: Stream): number {
  return Math.max(1, Math.floor(window / 8));
}

async function listen(hall: Hall, options: Stream): Promise<Finish> {
  const shape = shapeOf(options, hall.settings);
  const batch = batchOf(options);
  await options.prepare?.(hall);
  const listeners = scaled(options.listeners, hall.settings);
  const tally = new Tally(hall);
  const stopwatch = new Stopwatch(hall);
  /** How many listeners have all of a batch, by its number; the first is 1. */
  const arrived: number[] = [];
  let answerByFirst: (bytes: Uint8Array) => void = () => {};
  const batchArrived = (number: number): void => {
    const everywhere = (arrived[number] ?? 0) + 1;
    arrived[number] = everywhere;
    if (everywhere < listeners) return;
    stopwatch.mark(number * batch * listeners);
    answerByFirst(Pace.answer(number));
  };
  const connect = (index: number): Promise<void> => {
    const inspection = new Inspection(shape, index, (fault) => hall.fault(`listener ${index}: ${fault}`));
    let batches = 0;
    let ofNext = 0;
    return hall.connect((bytes, answer) => {
      inspection.see(bytes);
      tally.count++;
      if (index === 0) answerByFirst = answer;
      if (++ofNext < batch) return;
      ofNext = 0;
      batchArrived(++batches);
    });
  };
  await connectAll(listeners, connect);
  return async (sent: number): Promise<Figures> => {
    await tally.reached(sent * listeners);
    const { rate = 0, cost = 0 } = stopwatch.figures();
    return { rate, cost, megabytes: (rate * shape.size) / 1e6 };
  };
}

async function send(desk: Desk, options: Stream): Promise<Sent> {
  const payloads = new Payloads(shapeOf(options, desk.settings));
  const batch = batchOf(options);
  const pace = new Pace(Math.floor(options.window / batch), options.byAnswers ?? false, (fault) => desk.fault(fault));
  const sender = await desk.connect((bytes) => pace.answered(bytes));
  const pipe = await sender.openPipe();
  let sent = 0;
  while (!desk.enough) {
    let last: Promise<unknown> | undefined;
    for (let index = 0; index < batch; index++) last = pipe.send(payloads.payload(0, sent++));
    pace.sent(last);
    if (pace.isFull) await pace.room();
  }
  return { sent };
}
