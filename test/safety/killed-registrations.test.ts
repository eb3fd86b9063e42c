/**
 * Persistent registrations when spooler and listener are killed, in processes of their own from the package as built (T4,
 * T10): a sender that was told S_OK finds everything with the listener, in order, and what comes twice is marked.
 * `SPOOLPIPE_ROUNDS=50` kills as often.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectListener, type KeptNotification, type Listener, type ListenerOptions } from '../../client/listener.ts';
import { connectSender } from '../../client/sender.ts';
import { type DataObject, notificationType } from '../../shared/index.ts';
import { type Served, serveOnFreePort } from '../cli/command.ts';
import { Child } from './child.ts';
import { eventually } from './eventually.ts';

const ROUNDS = Number(process.env['SPOOLPIPE_ROUNDS'] ?? 5);
const LONG = 30_000 + ROUNDS * 5_000;
const LOAD = new URL('load.mjs', import.meta.url);
const LISTENER = new URL('named-listener.mjs', import.meta.url);
const type = notificationType('SAMPLE_NOTIFICATION_UI');
const persistent = 'label-desk';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spoolpipe-registrations-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const serving = (port = 0): Promise<Served> => serveOnFreePort(['--data', join(folder, 'data')], port);

/** Everything that a listener was given, however often it was attached, and what of it should not have been. */
class Book {
  readonly faults: string[] = [];
  /** By the word of the load: the numbers of what was given for the first time, in that order. */
  readonly #given = new Map<string, number[]>();
  readonly #texts: string[] = [];
  duplicates = 0;
  /** A few are held while others come. */
  readonly #leases: Disposable[] = [];

  readonly onEventNotify = (_: null, data: DataObject, { number, redelivered }: KeptNotification): void => {
    const lease = data.acquireData();
    const text = Buffer.from(lease.data ?? []).toString();
    if (number % 16 === 0) this.#leases.push(lease);
    else lease.releaseData();
    if (this.#leases.length > 2) this.#leases.shift()?.[Symbol.dispose]();
    if (number <= this.#texts.length) return this.#cameAgain(number, text, redelivered);
    if (number !== this.#texts.length + 1) this.faults.push(`${number} after ${this.#texts.length}`);
    this.#texts.push(text);
    const [word = '', count = ''] = text.split(' ');
    this.#given.set(word, [...this.ofWord(word), Number(count)]);
  };

  #cameAgain(number: number, text: string, redelivered: boolean): void {
    this.duplicates++;
    if (!redelivered) this.faults.push(`${number} came again and was not marked`);
    if (this.#texts[number - 1] !== text) this.faults.push(`${number} is another one now: ${text}`);
  }

  get count(): number {
    return this.#texts.length;
  }

  ofWord(word: string): readonly number[] {
    return this.#given.get(word) ?? [];
  }

  letGo(): void {
    for (const lease of this.#leases.splice(0)) lease[Symbol.dispose]();
  }
}

async function attached(url: string, book: Book, options: ListenerOptions = {}): Promise<Listener> {
  const listener = await connectListener(url, { user: 'ann', ...options });
  await listener.registerForNotifications({ name: 'Lab', type, persistent }, book);
  return listener;
}

/** Puts a load on the spooler and kills it in the middle. Resolves with how many notifications were acknowledged. */
async function loadAndKill(spooler: Served, round: number): Promise<number> {
  await using sender = Child.start(LOAD, [spooler.url, `round${round}`]);
  const enough = 100 + ((round * 397) % 2_000);
  await eventually(() => sender.lines.length >= enough);
  spooler.process.kill('SIGKILL');
  await spooler.process.ended;
  await sender.ended();
  expect(sender.lines).toEqual(sender.lines.map((_, index) => String(index)));
  return sender.lines.length;
}

/** Of each round everything that was acknowledged was given, from the first on and in order, and perhaps some more. */
function expectAll(book: Book, acknowledged: readonly number[]): void {
  expect(book.faults).toEqual([]);
  for (const [round, least] of acknowledged.entries()) {
    const numbers = book.ofWord(`round${round}`);
    expect(numbers).toEqual(numbers.map((_, index) => index));
    expect(numbers.length).toBeGreaterThanOrEqual(least);
  }
}

test(`T4, T10: kill -9 of the spooler under load, ${ROUNDS} times, with a listener that is there`, {
  timeout: LONG,
}, async () => {
  const book = new Book();
  const acknowledged: number[] = [];
  const first = await serving();
  const { port } = first;
  const problems: unknown[] = [];
  const listener = await attached(first.url, book, {
    reconnect: { first: 20, longest: 200 },
    onProblem: (problem) => problems.push(problem),
  });
  let spooler = first;
  for (let round = 0; round < ROUNDS; round++) {
    acknowledged.push(await loadAndKill(spooler, round));
    spooler = await serving(port);
  }
  await eventually(() => book.ofWord(`round${ROUNDS - 1}`).length >= (acknowledged.at(-1) ?? 0));
  book.letGo();
  await listener.close();
  await spooler[Symbol.asyncDispose]();
  expectAll(book, acknowledged);
  expect(problems).toEqual([]);
});

test(`T4, T10: the same with a listener that is away, and looks in now and then`, { timeout: LONG }, async () => {
  const book = new Book();
  const acknowledged: number[] = [];
  let spooler = await serving();
  await (await attached(spooler.url, book)).close();
  for (let round = 0; round < ROUNDS; round++) {
    acknowledged.push(await loadAndKill(spooler, round));
    spooler = await serving();
    if (round % 2 === 1 && round < ROUNDS - 1) continue;
    let pending = 0;
    const recovered = (recovery: { readonly pending: number }): number => (pending = recovery.pending);
    const before = book.count;
    const listener = await connectListener(spooler.url, { user: 'ann' });
    const callback = { onEventNotify: book.onEventNotify, recovered };
    await listener.registerForNotifications({ name: 'Lab', type, persistent }, callback);
    await eventually(() => book.count - before >= pending);
    book.letGo();
    await listener.close();
  }
  await spooler[Symbol.asyncDispose]();
  expectAll(book, acknowledged);
  expect(book.duplicates).toBe(0);
});

test('T4: kill -9 of the listener: what it had not acknowledged comes again, marked', { timeout: 60_000 }, async () => {
  await using spooler = await serving();
  const sender = await connectSender(spooler.url, { user: 'ann' });
  const operator = await connectListener(spooler.url, { user: 'ann' });
  const pending = async (): Promise<number | undefined> => (await operator.persistentRegistrations())[0]?.pending;
  {
    await using killed = Child.start(LISTENER, [spooler.url, '3']);
    expect(await killed.line()).toBe('new');
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    for (const word of ['one', 'two', 'three', 'four', 'five']) await channel.sendNotification(word);
    for (const line of ['1 one', '2 two', '3 three']) expect(await killed.line()).toBe(line);
    await eventually(async () => (await pending()) === 3);
  }
  await using next = Child.start(LISTENER, [spooler.url, '0']);
  expect(await next.line()).toBe('recovered 3');
  for (const line of ['3* three', '4* four', '5* five']) expect(await next.line()).toBe(line);
  await eventually(async () => (await pending()) === 0);
  await Promise.all([sender.close(), operator.close()]);
});
