// Writes to a store, 64 at a time, until it is killed or refused: `node store-writer.mjs FOLDER FIRST [COMMIT_TIME]`. Says each
// number once it is acknowledged.
import { openStore } from '../../dist/spooler/index.js';

const [, , folder, first, commitTime = '30000'] = process.argv;
const store = await openStore(folder, { commitTime: Number(commitTime) });
let next = Number(first);

async function write() {
  for (;;) {
    const number = next++;
    await store.write([{ put: [`k/${String(number).padStart(9, '0')}`, Buffer.alloc(256, number % 251)] }]);
    process.stdout.write(`${number}\n`);
  }
}

try {
  await Promise.all(Array.from({ length: 64 }, write));
} catch (error) {
  process.stdout.write(`refused ${error.code}\n`, () => process.exit());
}
