/** How many evaluations a second: all subscriptions asked about one event, then about the next. */

import { events, type PrintEvent, wanted, wishes } from './crowd.ts';
import type { FilterPeer } from './peers.ts';

export interface Times {
  /** Milliseconds. */
  readonly warmUp: number;
  readonly duration: number;
}

interface Question {
  readonly filter: (event: PrintEvent) => unknown;
  readonly event: PrintEvent;
  /** The right answer. */
  readonly expected: boolean;
}

const EVENTS = 300;
/** So many questions from one look at the clock to the next. */
const BLOCK = 1_000;

/** Evaluations per second. Throws where a single answer is wrong. */
export async function rateOf(peer: FilterPeer, subscriptions: number, { warmUp, duration }: Times): Promise<number> {
  const blocks = questionsFor(peer, subscriptions);
  let [wrong, asked, turn] = [0, 0, 0];
  const until = async (end: number): Promise<void> => {
    while (performance.now() < end) {
      const block = blocks[turn++ % blocks.length] ?? [];
      wrong += peer.promises ? await wrongPromises(block) : wrongAnswers(block);
      asked += block.length;
    }
  };
  await until(performance.now() + warmUp);
  asked = 0;
  const start = performance.now();
  await until(start + duration);
  const rate = (asked * 1_000) / (performance.now() - start);
  if (wrong > 0) throw new Error(`${peer.name} gave ${wrong} wrong answers`);
  return rate;
}

/** Laid out beforehand, so that little but the answers is measured. */
function questionsFor(peer: FilterPeer, subscriptions: number): readonly (readonly Question[])[] {
  const filters = wishes(subscriptions).map((wish) => ({ wish, filter: peer.compile(wish) }));
  const all = events(Math.max(EVENTS, BLOCK / subscriptions)).flatMap((event) =>
    filters.map(({ wish, filter }): Question => ({ filter, event, expected: wanted(wish, event) })),
  );
  return Array.from({ length: Math.ceil(all.length / BLOCK) }, (_, block) =>
    all.slice(block * BLOCK, (block + 1) * BLOCK),
  );
}

function wrongAnswers(questions: readonly Question[]): number {
  let wrong = 0;
  for (const { filter, event, expected } of questions) if (filter(event) !== expected) wrong++;
  return wrong;
}

/** Of a library that answers with promises: waited for, as its user would. */
async function wrongPromises(questions: readonly Question[]): Promise<number> {
  let wrong = 0;
  for (const { filter, event, expected } of questions) {
    if ((await (filter(event) as Promise<unknown>)) !== expected) wrong++;
  }
  return wrong;
}
