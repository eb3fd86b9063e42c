import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeSuite } from '../../test/conformance/store-suite.ts';
import { JournaledStore } from './journaled-store.ts';
import { MemoryStore } from './memory-store.ts';
import { openStore } from './open-store.ts';

const newFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'spoolpipe-journal-'));

/** Small enough to be full often. */
const SMALL = { journalSize: 8_192 };

for (const [size, options] of [
  ['a journal', {}],
  ['a small journal', SMALL],
] as const) {
  storeSuite(
    `a MemoryStore behind ${size}`,
    async () => {
      const folder = await newFolder();
      const behind = new MemoryStore();
      // What is behind outlives the journal.
      behind.close = async () => {};
      return {
        open: () => JournaledStore.open(behind, folder, options),
        [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
      };
    },
    { durable: true },
  );

  storeSuite(
    `an LmdbStore behind ${size}`,
    async () => {
      const folder = await newFolder();
      return {
        open: () => openStore(folder, options),
        [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
      };
    },
    { durable: true },
  );
}
