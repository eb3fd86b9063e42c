// Fills the disk of a store, makes room, goes on, and reads everything back: `node store-filler.mjs FOLDER`. Says what it
// meets. Its journal is small, so that room in the store behind is what counts.
import { openStore } from '../../dist/spooler/index.js';

const say = (line) => process.stdout.write(`${line}\n`);
const [, , folder] = process.argv;
const failures = [];
const store = await openStore(folder, { journalSize: 131_072, onFailure: ({ code }) => failures.push(code) });
const acknowledged = new Set();

/** Resolves with the code of a refusal. */
async function write(number) {
  const key = `k/${String(number).padStart(9, '0')}`;
  try {
    await store.write([{ put: [key, Buffer.alloc(4_000, number % 251)] }]);
    acknowledged.add(key);
  } catch (error) {
    return error.code;
  }
}

let number = 0;
const codes = new Set();
while (codes.size === 0) {
  const sixteen = await Promise.all(Array.from({ length: 16 }, () => write(number++)));
  for (const code of sixteen) if (code) codes.add(code);
}
say(`refused ${[...codes].join()}`);
await Promise.all(Array.from({ length: 16 }, () => write(number++)));
say(`heard ${failures.join()}`);

const kept = [...acknowledged];
const gone = kept.slice(0, kept.length / 2);
for (const remove of gone) {
  await store.write([{ remove }]);
  acknowledged.delete(remove);
}
say(`goes on ${(await write(number++)) ?? 'well'}`);
await store.close();

const again = await openStore(folder);
const found = new Set();
for await (const [key] of again.entries('')) found.add(key);
say(
  `lost ${[...acknowledged].filter((key) => !found.has(key)).length}, strange ${[...found].filter((key) => !acknowledged.has(key)).length}`,
);
await again.close();
