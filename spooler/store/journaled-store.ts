/**
 * A store with a journal in front (decision 35): a write is on the disk once its block is in the journal, with one sync; it goes
 * to the store behind later, with many others. Until then it is in memory too, where reading finds it. What the journal has no
 * room for goes to the store behind at once, after all that was before it.
 */

import { SpoolError } from '../../shared/index.ts';
import { GroupCommit } from './group-commit.ts';
import { HeldBlocks } from './held-blocks.ts';
import { Journal } from './journal.ts';
import { JournalBlock } from './journal-block.ts';
import { PendingChanges } from './pending-changes.ts';
import { type Change, checkChanges, type EntriesOptions, type Entry, keyOf, type Store } from './store.ts';
import { storeFailure } from './store-failure.ts';
import { type AllStoreOptions, defaultStoreOptions } from './store-options.ts';

/** In the store behind: the newest generation of the journal that is in it, in decimals. */
export const APPLIED = 'journal/applied';

/** What goes to the store behind at once. */
const BATCH_BYTES = 4 * 1_048_576;
const BATCH_CHANGES = 1_000;
/** When nobody has written for so long, all goes there. In milliseconds. */
const IDLE_TIME = 1_000;

export class JournaledStore implements Store {
  readonly #behind: Store;
  readonly #journal: Journal;
  readonly #options: AllStoreOptions;
  readonly #folder: string;
  readonly #pending = new PendingChanges();
  readonly #held = new HeldBlocks();
  readonly #commits: GroupCommit<JournalBlock>;
  /** Never rejects. */
  #applying: Promise<void> = Promise.resolve();
  #isApplying = false;
  #lastLength = 0;
  #lastWrite = 0;
  #cancelIdle: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  private constructor(behind: Store, folder: string, journal: Journal, options: AllStoreOptions) {
    this.#behind = behind;
    this.#folder = folder;
    this.#journal = journal;
    this.#options = options;
    const { clock, commitTime, onFailure, memory } = options;
    this.#commits = new GroupCommit({
      newGroup: () => new JournalBlock(this.#lastLength, memory),
      commit: (block) => this.#commit(block),
      onStalled: onFailure,
      clock,
      commitTime,
    });
  }

  /**
   * With the journal in the folder, which is made where it is missing. Takes the store behind over, where it resolves;
   * nobody else may have either. Rejects as `Journal.open` and the store behind do.
   */
  static async open(behind: Store, folder: string, options: Partial<AllStoreOptions> = {}): Promise<JournaledStore> {
    const all = defaultStoreOptions(options);
    const { journal, changes } = await Journal.open(folder, await appliedTo(behind), all.journalSize);
    const store = new JournaledStore(behind, folder, journal, all);
    for (const change of changes) store.#pending.add(change);
    if (!journal.isOtherFree) store.#startApplying(journal.generation - 1);
    else if (changes.length > 0) store.#awaitIdle();
    return store;
  }

  get failure(): SpoolError | undefined {
    return this.#commits.failure ?? this.#behind.failure;
  }

  async *entries(prefix: string, options: EntriesOptions = {}): AsyncGenerator<Entry, void> {
    this.#checkOpen();
    // Nothing may come between this look and the one that the loop begins with.
    const changed = this.#pending.from(prefix, options.after ?? '');
    const hasRead = this.#held.read();
    try {
      let next = 0;
      for await (const entry of this.#behind.entries(prefix, options)) {
        const [key] = entry;
        for (let one = changed[next]; one && one[0] < key; one = changed[++next]) yield* this.#put(one[1]);
        if (key !== APPLIED && changed[next]?.[0] !== key) yield entry;
        this.#checkOpen();
      }
      for (const [, change] of changed.slice(next)) yield* this.#put(change);
    } finally {
      hasRead();
    }
  }

  *#put(change: Change): Generator<Entry, void> {
    if (!('put' in change)) return;
    const [key, value] = change.put;
    yield [key, new Uint8Array(value)];
    this.#checkOpen();
  }

  async write(changes: readonly Change[]): Promise<void> {
    this.#checkOpen();
    checkChanges(changes);
    checkOurs(changes);
    if (changes.length > 0) await this.#commits.write(changes);
  }

  async #commit(block: JournalBlock): Promise<void> {
    if (!this.#journal.hasRoom(block)) await this.#makeRoom(block);
    const isTaken = this.#journal.hasRoom(block) && (await this.#append(block));
    if (!isTaken) await this.#writeThrough(block);
    this.#lastLength = block.length;
    this.#lastWrite = this.#options.clock.now();
    this.#awaitIdle();
  }

  /** Where the store behind has no room, there is none afterwards either. */
  async #makeRoom(block: JournalBlock): Promise<void> {
    await this.#applied();
    if (this.#journal.hasRoomAfterTurn(block)) this.#turn({ grow: true });
  }

  /** Resolves with false where a file that has the room cannot be written for want of room: some file systems copy. */
  async #append(block: JournalBlock): Promise<boolean> {
    try {
      await this.#journal.append(block);
    } catch (reason) {
      const failure = await storeFailure(reason, this.#folder, 0);
      if (failure.code === 'STORE_FULL') return false;
      this.#options.onFailure(failure);
      throw failure;
    }
    for (const change of block.changes()) this.#pending.add(change);
    this.#held.hold(block, this.#journal.generation);
    return true;
  }

  async #writeThrough(block: JournalBlock): Promise<void> {
    await this.#applied();
    const changes = block.changes();
    try {
      await this.#apply(this.#journal.generation, changes);
    } catch (reason) {
      const isFull = reason instanceof SpoolError && reason.code === 'STORE_FULL';
      if (!isFull || changes.some((change) => this.#pending.get(keyOf(change)))) throw reason;
      // Keys that the journal knows nothing of need not wait for it: so what is removed makes room.
      await this.#behind.write(changes);
      return;
    }
    await this.#journal.grow();
    this.#journal.turn();
  }

  /** Resolves when nothing is on its way to the store behind. Rejects once nothing more is taken. */
  async #applied(): Promise<void> {
    if (!this.#commits.failure) await this.#applying;
    if (this.#commits.failure) throw this.#commits.failure;
  }

  #turn({ grow }: { readonly grow: boolean }): void {
    const { generation } = this.#journal;
    this.#journal.turn();
    this.#startApplying(generation, { grow });
  }

  #startApplying(generation: number, { grow = false }: { readonly grow?: boolean } = {}): void {
    this.#isApplying = true;
    this.#applying = this.#apply(generation)
      .then(() => (grow ? this.#journal.grow() : undefined))
      .catch((reason: unknown) => {
        const failure = SpoolError.from(reason, 'STORE_FAILED');
        // What is acknowledged stays in the journal, and goes there with what comes next.
        if (failure.code !== 'STORE_FULL') this.#commits.fail(failure);
      })
      .finally(() => {
        this.#isApplying = false;
      });
  }

  /**
   * All that is pending, then the last changes, goes to the store behind; with those it is said that this generation is
   * there. Until then the journal counts, which has everything, so that no more than a part may be there.
   */
  async #apply(generation: number, last: readonly Change[] = []): Promise<void> {
    const applied: Change[] = [];
    let batch: Change[] = [];
    let bytes = 0;
    for (const change of this.#pending.all()) {
      // What has taken its place meanwhile is of a later generation.
      if (this.#pending.get(keyOf(change)) !== change) continue;
      applied.push(change);
      batch.push(change);
      bytes += 'put' in change ? change.put[1].length : 0;
      if (bytes < BATCH_BYTES && batch.length < BATCH_CHANGES) continue;
      await this.#behind.write(batch);
      batch = [];
      bytes = 0;
    }
    await this.#behind.write([...batch, ...last, { put: [APPLIED, Buffer.from(String(generation))] }]);
    this.#pending.forget(applied);
    this.#journal.hasApplied(generation);
    this.#held.applied(generation);
  }

  #awaitIdle(): void {
    if (this.#closing) return;
    this.#cancelIdle ??= this.#options.clock.after(IDLE_TIME, () => {
      this.#cancelIdle = undefined;
      this.#lookWhetherIdle();
    });
  }

  #lookWhetherIdle(): void {
    if (this.#commits.failure) return;
    if (this.#pending.size === 0) return this.#options.memory.clear();
    const isIdle = this.#options.clock.now() - this.#lastWrite >= IDLE_TIME && !this.#commits.isBusy;
    if (isIdle && !this.#isApplying) this.#applyAll();
    this.#awaitIdle();
  }

  #applyAll(): void {
    if (this.#journal.isOtherFree) this.#turn({ grow: false });
    // The store behind had no room the last time.
    else this.#startApplying(this.#journal.generation - 1);
  }

  /**
   * Resolves when everything that was written is in the store behind. Nobody may write meanwhile. Rejects as that store
   * does.
   */
  async settle(): Promise<void> {
    await this.#commits.idle();
    await this.#applied();
    if (this.#pending.size === 0 && this.#journal.isOtherFree) return;
    await this.#apply(this.#journal.generation);
    this.#journal.turn();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#cancelIdle?.();
    // What cannot go there stays in the journal.
    await this.settle().catch(() => {});
    // After a failure nobody knows whether the disk ever comes back: the files go with the process.
    if (!this.#commits.failure) await this.#journal.close();
    await this.#behind.close();
  }

  #checkOpen(): void {
    if (this.#closing) throw new SpoolError('RPC_S_CALL_CANCELLED', { input: 'the store is closed' });
  }
}

async function appliedTo(behind: Store): Promise<number> {
  for await (const [key, value] of behind.entries(APPLIED)) {
    const generation = Number(Buffer.from(value).toString());
    if (key === APPLIED && Number.isInteger(generation)) return generation;
    throw new SpoolError('STORE_CORRUPT', { input: `at ${APPLIED}` });
  }
  return 0;
}

function checkOurs(changes: readonly Change[]): void {
  if (changes.some((change) => keyOf(change) === APPLIED)) {
    throw new SpoolError('E_INVALIDARG', { input: `key: ${APPLIED} is the store’s own` });
  }
}
