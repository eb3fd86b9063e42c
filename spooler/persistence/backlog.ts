/**
 * What is kept for one registration: numbered notifications, those from the oldest that is not done with to the newest.
 * They lie in the store in blocks, see known-blocks.ts. Here is what is added, done with, discarded and lost.
 */

import type { Retention } from '../../shared/persistence/registrations.ts';
import type { Message } from '../core/message.ts';
import type { Change } from '../store/store.ts';
import { FreshBlocks, type FreshBlocksParts } from './fresh-blocks.ts';
import type { KeptTotal } from './kept-total.ts';
import { type Block, KnownBlocks, type KnownBlocksParts } from './known-blocks.ts';
import type { StepMember } from './steps.ts';
import { blockKey, encodeEntry, NUMBER_PREFIX, type NumbersEntry } from './stored-entries.ts';

export interface BacklogParts extends KnownBlocksParts, FreshBlocksParts {
  readonly total: KeptTotal;
  /** More may be there to be given, or there is room. */
  changed(): void;
}

/** Being written. */
interface Writing {
  readonly last: number;
  readonly added: readonly Block[];
  /** Of data, what is discarded at once included. */
  readonly bytes: number;
  readonly removed: readonly Block[];
}

export class Backlog implements StepMember {
  retention: Retention;
  /** The last number that was given out. */
  last: number;
  /** Notifications that were discarded, of whom nobody was told. */
  lost: number;
  /** The last number that anybody was given. */
  given: number;
  readonly #parts: BacklogParts;
  /** Everything up to these is done with. */
  #acknowledged: number;
  #discarded: number;
  /** Of data in the store. */
  #bytes: number;
  /** The next to be given to whoever receives; undefined for nobody. */
  #position: number | undefined;
  readonly #known: KnownBlocks;
  #isUnreadable = false;
  readonly #fresh: FreshBlocks;
  #writing: Writing | undefined;
  /** What the total has of it. */
  #counted = 0;

  constructor(parts: BacklogParts, retention: Retention, { last, gone, bytes, lost }: NumbersEntry, given: number) {
    this.#parts = parts;
    this.retention = retention;
    this.last = last;
    this.lost = lost;
    this.given = given;
    this.#acknowledged = gone;
    this.#discarded = gone;
    this.#bytes = bytes;
    this.#fresh = new FreshBlocks(parts);
    this.#known = new KnownBlocks(parts, gone === last ? last : 0);
    this.#count();
  }

  /** Everything up to this number is done with: acknowledged or discarded. */
  get gone(): number {
    return Math.max(this.#acknowledged, this.#discarded);
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  get pending(): number {
    return this.last - this.gone;
  }

  get bytes(): number {
    return this.pending === 0 ? 0 : this.#bytes;
  }

  get hasRoom(): boolean {
    const { notifications, bytes, overflow } = this.retention;
    if (overflow === 'discardOldest') return true;
    return this.#allNotifications < notifications && this.#allBytes < bytes;
  }

  /** Notifications, with what is on its way to the store. */
  get #allNotifications(): number {
    const writing = this.#writing === undefined ? 0 : this.#writing.last - this.last;
    return this.pending + writing + this.#fresh.count;
  }

  get #allBytes(): number {
    return this.bytes + this.#fresh.bytes + (this.#writing?.bytes ?? 0);
  }

  /** Takes a copy, which is written in the next step. */
  add(name: string | null, message: Pick<Message, 'size' | 'isNull' | 'copyTo'>): void {
    this.#fresh.add(name, message);
    this.#parts.total.unstored += message.size;
    this.#count();
  }

  /** Everything up to the number is done with, from the next step on. */
  acknowledge(number: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, number);
  }

  /** It is gone, with all that is kept for it. */
  remove(): void {
    this.#counted = this.#parts.total.count(0, 0, this.#counted);
  }

  #count(): void {
    this.#counted = this.#parts.total.count(this.#allNotifications, this.#allBytes, this.#counted);
  }

  // ------------------------------------------------------------------------------------------ for whoever receives

  /** Somebody receives, from the oldest on. Returns the number of the first. */
  attend(): number {
    this.#position = this.gone + 1;
    this.#known.attend();
    return this.#position;
  }

  /** He has been given everything up to the number. */
  gave(number: number): void {
    this.given = Math.max(this.given, number);
    this.#position = number + 1;
    this.#known.gave(number);
  }

  /** Nobody receives any more. What he had been given and was discarded in his hands is lost. */
  leave(): void {
    this.lost = this.#lostWithout();
    this.#acknowledged = this.gone;
    this.#position = undefined;
    this.#known.leave();
  }

  /**
   * The block with this number, or the next that is there; undefined where it has to be read first, and where there is
   * none.
   */
  blockAt(number: number): Block | undefined {
    return this.#known.at(number);
  }

  /** Whether the store has not what it should have: then that is lost, up to the next that it has. */
  isMissing(number: number): boolean {
    if (number <= this.gone || number > this.last) return false;
    const block = this.blockAt(number);
    if (block ? block.first <= number : this.#known.through < this.last) return false;
    this.#discard(block ? block.first - 1 : this.last);
    return true;
  }

  /** Reads the block with this number and what follows, as much as may be in memory. Rejects as the store does. */
  read(number: number): Promise<void> {
    return this.#known.read(number, this.last);
  }

  /** He has heard of so many that are lost. */
  told(lost: number): void {
    this.lost -= lost;
  }

  // ------------------------------------------------------------------------------------------ for its steps

  /** What is to be discarded must be known. */
  prepare(): Promise<void> | undefined {
    const { notifications, bytes, overflow } = this.retention;
    if (overflow === 'refuse' || this.#known.through === this.last || this.#isUnreadable) return undefined;
    const gone = Math.max(this.gone, this.last + this.#fresh.count - notifications);
    const isOver = this.#bytes + this.#fresh.bytes > bytes && this.#known.all.length === 0;
    return this.#known.through < gone || isOver ? this.#learn() : undefined;
  }

  take(): readonly Change[] {
    const fresh = this.#fresh.take(this.last);
    const last = fresh.at(-1)?.last ?? this.last;
    const removed = this.#makeRoom(last, fresh);
    const added = fresh.filter((block) => block.last > this.gone);
    this.#writing = { last, added, bytes: sum(fresh), removed };
    const { key } = this.#parts;
    const bytes = this.#bytes + sum(added);
    const numbers = { last, gone: this.gone, bytes, lost: this.#lostWithout() };
    const changes: Change[] = removed.map(({ first }) => ({ remove: blockKey(key, first) }));
    for (const { first, value } of added) if (value) changes.push({ put: [blockKey(key, first), value] });
    changes.push({ put: [NUMBER_PREFIX + key, encodeEntry(numbers)] });
    return changes;
  }

  committed(): void {
    const writing = this.#written();
    if (!writing) return;
    const { last } = this;
    this.last = writing.last;
    this.#bytes += sum(writing.added);
    this.#known.added(writing.added, last, writing.last);
    this.#count();
    this.#parts.changed();
  }

  failed(): void {
    const writing = this.#written();
    if (!writing) return;
    this.#known.restore(writing.removed);
    this.#bytes += sum(writing.removed);
    this.#count();
    this.#parts.changed();
  }

  #written(): Writing | undefined {
    const writing = this.#writing;
    this.#writing = undefined;
    this.#parts.total.unstored -= writing?.bytes ?? 0;
    return writing;
  }

  // ------------------------------------------------------------------------------------------ discarding

  /** Discards what goes beyond what is kept. Returns the blocks that are gone, which are no longer known. */
  #makeRoom(last: number, fresh: readonly Block[]): Block[] {
    const { notifications, bytes, overflow } = this.retention;
    if (overflow === 'discardOldest') this.#discard(last - notifications);
    const removed = this.#removeGone();
    let total = this.#bytes + sum(fresh);
    if (overflow === 'refuse' || total <= bytes) return removed;
    const isAll = this.#known.through === this.last;
    // The newest stays, however large it is.
    const blocks = isAll ? [...this.#known.all, ...fresh].slice(0, -1) : this.#known.all;
    for (const block of blocks) {
      if (total <= bytes) break;
      this.#discard(block.last);
      total -= block.bytes;
    }
    removed.push(...this.#removeGone());
    return removed;
  }

  #discard(through: number): void {
    const { gone } = this;
    if (through <= gone) return;
    // What somebody has in his hands is not lost yet.
    const counted = this.#position === undefined ? gone : Math.max(gone, this.#position - 1);
    this.lost += Math.max(0, through - counted);
    this.#discarded = through;
  }

  #removeGone(): Block[] {
    const removed = this.#known.removeThrough(this.gone);
    // What was missing of them goes with the last.
    const isEmpty = this.#known.all.length === 0 && this.#known.through >= this.last;
    this.#bytes = isEmpty ? 0 : this.#bytes - sum(removed);
    return removed;
  }

  /** What is lost if whoever receives is never heard of again. */
  #lostWithout(): number {
    if (this.#position === undefined) return this.lost;
    return this.lost + Math.max(0, Math.min(this.#discarded, this.#position - 1) - this.#acknowledged);
  }

  /** Once it has failed it is not tried again: more is kept than should be, rather than nothing. */
  async #learn(): Promise<void> {
    try {
      await this.read(this.#known.through + 1);
    } catch (reason) {
      this.#isUnreadable = true;
      throw reason;
    }
  }
}

function sum(blocks: readonly Block[]): number {
  let bytes = 0;
  for (const block of blocks) bytes += block.bytes;
  return bytes;
}
