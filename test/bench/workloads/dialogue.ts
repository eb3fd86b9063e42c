/** Conversations on one connection at each side: each sends its next object when the answer to the last is there. */

import { Inspection, type PayloadShape, Payloads } from '../payloads.ts';
import { Tally } from '../tally.ts';
import type { Desk, Figures, Finish, Hall, Sent, Workload } from '../workload.ts';

const SIZE = 64;

export function dialogue(conversations: number): Pick<Workload, 'listen' | 'send' | 'spoolpipe'> {
  const shape: PayloadShape = { size: SIZE, window: 1, pipes: conversations };
  return {
    spoolpipe: { style: 'kBiDirectional' },
    listen: (hall) => listen(hall, shape),
    send: (desk) => send(desk, shape),
  };
}

async function listen(hall: Hall, shape: PayloadShape): Promise<Finish> {
  const tally = new Tally(hall);
  const inspection = new Inspection(shape, 0, (fault) => hall.fault(`listener: ${fault}`));
  await hall.connect((bytes, answer) => {
    inspection.see(bytes);
    tally.count++;
    answer(bytes);
  });
  return async (sent) => {
    await tally.reached(sent);
    return {};
  };
}

async function send(desk: Desk, shape: PayloadShape): Promise<Sent> {
  const { pipes: conversations } = shape;
  const { warmUp, duration } = desk.settings;
  const payloads = new Payloads(shape);
  const inspection = new Inspection(shape, 0, (fault) => desk.fault(`sender: ${fault}`));
  const sequences = new Uint32Array(conversations);
  const times: number[] = [];
  let sent = 0;
  let answered = 0;
  let over = false;
  let measuredFrom = Number.POSITIVE_INFINITY;
  let answeredThen = 0;
  let figures: Figures = {};
  let lastSent = 0;
  let ended: () => void = () => {};
  const next = (conversation: number, now: number): void => {
    const sequence = sequences[conversation] as number;
    sequences[conversation] = sequence + 1;
    sent++;
    lastSent = now;
    void pipes[conversation]?.send(payloads.payload(conversation, sequence));
  };
  const sender = await desk.connect((bytes) => {
    const conversation = inspection.see(bytes);
    answered++;
    const now = performance.now();
    if (over) {
      if (answered === sent) ended();
      return;
    }
    if (now >= measuredFrom + duration) {
      const rate = ((answered - answeredThen) * 1_000) / (now - measuredFrom);
      figures = conversations === 1 ? { rate, p50: median(times) } : { rate };
      over = true;
      desk.measured();
      if (answered === sent) ended();
      return;
    }
    if (now >= measuredFrom && conversations === 1) times.push((now - lastSent) * 1_000);
    if (measuredFrom === Number.POSITIVE_INFINITY && now >= begun + warmUp) {
      measuredFrom = now;
      answeredThen = answered;
      desk.measuring();
    }
    next(conversation, now);
  });
  const pipes = await Promise.all(Array.from({ length: conversations }, () => sender.openConversation()));
  const begun = performance.now();
  for (let conversation = 0; conversation < conversations; conversation++) next(conversation, begun);
  await new Promise<void>((resolve) => {
    ended = resolve;
  });
  return { sent, figures };
}

function median(values: number[]): number {
  const sorted = Float64Array.from(values).toSorted();
  return sorted[sorted.length >> 1] ?? 0;
}
