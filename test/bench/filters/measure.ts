/** How many evaluations a second: all subscriptions asked about one event, then about the next. */

import { events, type PrintEvent, wanted, wishes } from './crowd.ts';
import type { FilterPeer } from './peers.ts';

export interface Times {
  /** Milliseconds. */
  readonly warmUp: number;
  readonly duration: number;
}

type Filter = (event: PrintEvent) => unknown;

interface Question {
  readonly event: PrintEvent;
  /** The right answer of each filter. */
  readonly expected: readonly boolean[];
}

const EVENTS = 1_000;
/** So many answers from one look at the clock to the next. */
const ANSWERS = 1_000;

/** Evaluations per second. Throws where a single answer is wrong. */
export async function rateOf(peer: FilterPeer, subscriptions: number, { warmUp, duration }: Times): Promise<number> {
  const all = wishes(subscriptions);
  const filters = all.map((wish) => peer.compile(wish));
  const questions = events(EVENTS).map((event) => ({ event, expected: all.map((wish) => wanted(wish, event)) }));
  const batch = Math.ceil(ANSWERS / subscriptions);
  let [wrong, asked] = [0, 0];
  const until = async (end: number): Promise<void> => {
    while (performance.now() < end) {
      const first = asked % EVENTS;
      const some = questions.slice(first, first + batch);
      wrong += peer.promises ? await wrongPromises(filters, some) : wrongAnswers(filters, some);
      asked += some.length;
    }
  };
  await until(performance.now() + warmUp);
  asked = 0;
  const start = performance.now();
  await until(start + duration);
  const rate = (asked * subscriptions * 1_000) / (performance.now() - start);
  if (wrong > 0) throw new Error(`${peer.name} gave ${wrong} wrong answers`);
  return rate;
}

function wrongAnswers(filters: readonly Filter[], questions: readonly Question[]): number {
  let wrong = 0;
  for (const { event, expected } of questions) {
    let index = 0;
    for (const filter of filters) if (filter(event) !== expected[index++]) wrong++;
  }
  return wrong;
}

/** Of a library that answers with promises: waited for, as its user would. */
async function wrongPromises(filters: readonly Filter[], questions: readonly Question[]): Promise<number> {
  let wrong = 0;
  for (const { event, expected } of questions) {
    let index = 0;
    for (const filter of filters) if ((await (filter(event) as Promise<unknown>)) !== expected[index++]) wrong++;
  }
  return wrong;
}
