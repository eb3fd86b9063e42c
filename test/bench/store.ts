/**
 * `npm run bench:store`: what a store takes in a second, each write on the disk before the next of the same writer, beside
 * a file that is appended to and synced once for all that came meanwhile: the fastest way to be durable.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openStore } from '../../spooler/index.ts';
import { thisMachine } from './machine.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, folder: { type: 'string', default: tmpdir() } },
});
const DURATION = values.quick ? 300 : 2_000;
const REPETITIONS = values.quick ? 1 : 5;
/** Bytes of a value. */
const SIZE = 1_024;

/** What is asked for at once: by how many writers, and how many of the values each of them puts into one. */
const ROWS = [
  { name: '1', writers: 1, together: 1 },
  { name: '256', writers: 256, together: 1 },
  { name: 'blocks of 256', writers: 1, together: 256 },
] as const;

interface Target {
  write(number: number, value: Uint8Array): Promise<void>;
  /** How many bytes of them are there. */
  close(): Promise<number>;
}

async function store(folder: string): Promise<Target> {
  const store = await openStore(folder);
  return {
    write: (number, value) => store.write([{ put: [`k/${String(number).padStart(12, '0')}`, value] }]),
    async close() {
      await store.close();
      const again = await openStore(folder);
      let bytes = 0;
      for await (const [, value] of again.entries('k/')) bytes += value.length;
      await again.close();
      return bytes;
    },
  };
}

async function log(folder: string): Promise<Target> {
  const file = await open(join(folder, 'log'), 'a');
  let waiting: { readonly value: Uint8Array; readonly resolve: () => void }[] = [];
  let isRunning = false;
  async function run(file: FileHandle): Promise<void> {
    isRunning = true;
    await Promise.resolve();
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      await file.writev(group.map(({ value }) => value));
      await file.datasync();
      for (const { resolve } of group) resolve();
    }
    isRunning = false;
  }
  return {
    write: (_, value) =>
      new Promise((resolve) => {
        waiting.push({ value, resolve });
        if (!isRunning) void run(file);
      }),
    async close() {
      const { size } = await file.stat();
      await file.close();
      return size;
    },
  };
}

/** Values in a second that are on the disk. Throws where one of them is not. */
async function rateOf(
  make: (folder: string) => Promise<Target>,
  { writers, together }: (typeof ROWS)[number],
): Promise<number> {
  const folder = mkdtempSync(join(values.folder, 'spoolpipe-bench-'));
  try {
    const target = await make(folder);
    const value = Buffer.alloc(SIZE * together, 1);
    const start = performance.now();
    let written = 0;
    await Promise.all(
      Array.from({ length: writers }, async () => {
        while (performance.now() - start < DURATION) await target.write(written++, value);
      }),
    );
    const seconds = (performance.now() - start) / 1_000;
    const there = await target.close();
    const bytes = written * value.length;
    if (there !== bytes) throw new Error(`${bytes} bytes were written, ${there} are there`);
    return (written * together) / seconds;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function median(rates: readonly number[]): number {
  return [...rates].sort((one, other) => one - other)[rates.length >> 1] ?? 0;
}

const { processor, cores, memory, system, node } = thisMachine();
console.log(`${processor}, ${cores} cores, ${memory}, ${system}, Node ${node}`);
console.log(`values of ${SIZE} bytes per second, medians of ${REPETITIONS}\n`);
console.log('| in flight | store | append log | ratio |\n|--:|--:|--:|--:|');
for (const row of ROWS) {
  const rates: { readonly store: number[]; readonly log: number[] } = { store: [], log: [] };
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    rates.store.push(await rateOf(store, row));
    rates.log.push(await rateOf(log, row));
  }
  const [ours, theirs] = [median(rates.store), median(rates.log)];
  const [shown, beside] = [ours, theirs].map((rate) => Math.round(rate).toLocaleString('en'));
  console.log(`| ${row.name} | ${shown} | ${beside} | ${(ours / theirs).toFixed(2)} |`);
}
