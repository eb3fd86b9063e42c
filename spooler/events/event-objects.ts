/**
 * Objects of the event system by their ID: event classes, or subscriptions. Written through: what the store refuses has
 * not happened. What an operator configured and what programs made are two worlds (EVC-51, EVC-193, EVC-194).
 */

import { type Guid, SpoolError } from '../../shared/index.ts';
import type { Change, Store } from '../store/store.ts';
import { Lanes } from './lanes.ts';
import type { ChangeType, ObjectChange } from './object-change.ts';
import { type Columns, storeQuery } from './store-query.ts';

/** Never changed: another object takes its place. */
export interface EventSystemObject {
  /** Whether it comes from the operator's configuration, which has it at each start. */
  readonly configured: boolean;
}

/** What is particular about one kind of objects. */
export interface ObjectKind<Item extends EventSystemObject> {
  readonly object: ObjectChange['object'];
  readonly prefix: string;
  /** The number in the event log for one that cannot be read (EVC-199). */
  readonly corrupt: 4361 | 4362;
  idOf(item: Item): Guid;
  columnsOf(item: Item): Columns;
  /** Undefined where it is not kept in the store. */
  encode(item: Item): Uint8Array | undefined;
  /** Throws whatever it likes for bytes that are none. */
  decode(bytes: Uint8Array): Item;
  /** Called at each change, after it: `undefined` before it was made and after it was removed. */
  changed(before: Item | undefined, after: Item | undefined): void;
}

/** Something in the store cannot be read. It is left there, and not used. */
export interface Corrupt {
  readonly kind: 'corrupt';
  readonly id: 4361 | 4362;
  readonly key: string;
}

/** Says of an object whether somebody may change or remove it. */
export type Permission = (item: EventSystemObject & { readonly owner: string }) => boolean;

export class EventObjects<Item extends EventSystemObject & { readonly owner: string }> {
  readonly #kind: ObjectKind<Item>;
  readonly #store: Store;
  readonly #tell: (change: ObjectChange) => void;
  readonly #items = new Map<Guid, Item>();
  /** Those that the store is being given. */
  #writing: ReadonlySet<Guid> = new Set();
  /** One change at a time, so that each is judged by what the one before has left. */
  readonly #turn = new Lanes(1);

  /** `tell` hears of each change, once it is in force (EVC-11). */
  constructor(kind: ObjectKind<Item>, store: Store, tell: (change: ObjectChange) => void) {
    this.#kind = kind;
    this.#store = store;
    this.#tell = tell;
  }

  get size(): number {
    return this.#items.size;
  }

  get(id: Guid): Item | undefined {
    return this.#items.get(id);
  }

  /** Whether there is one, or will be once the store has it. */
  isTaken(id: Guid): boolean {
    return this.#items.has(id) || this.#writing.has(id);
  }

  values(): Iterable<Item> {
    return this.#items.values();
  }

  /** Throws `EVENT_E_QUERYSYNTAX` or `EVENT_E_QUERYFIELD`. */
  query(criteria: string): readonly Item[] {
    const matches = storeQuery(criteria);
    return [...this.#items.values()].filter((item) => matches(this.#kind.columnsOf(item)));
  }

  /** Reads what the store has, before anything else is asked for. Nobody is told of changes. */
  async load(report: (corrupt: Corrupt) => void): Promise<void> {
    for await (const [key, bytes] of this.#store.entries(this.#kind.prefix)) {
      const item = this.#decoded(key, bytes);
      if (item === undefined) report({ kind: 'corrupt', id: this.#kind.corrupt, key });
      else this.#set(item);
    }
  }

  /**
   * Puts what `make` makes of what is there then, all or nothing. Rejects with what `make` throws, with
   * `EVENT_E_CANT_MODIFY_OR_DELETE_CONFIGURED_OBJECT`, or as the store does; then nothing has changed.
   */
  async put<Items extends readonly Item[]>(make: () => Items): Promise<Items> {
    return this.#turn.run(async () => {
      const items = make();
      for (const item of items) this.#checkUnconfigured(this.#items.get(this.#kind.idOf(item)));
      this.#writing = new Set(items.map((item) => this.#kind.idOf(item)));
      try {
        await this.#write(items.flatMap((item) => this.#putting(item)));
      } finally {
        this.#writing = new Set();
      }
      for (const item of items) this.#told(item);
      return items;
    });
  }

  /**
   * Puts one that is not kept in the store, at once: a store that does not answer costs nobody anything but what it is to
   * keep. Precondition: it takes the place of one like it, or of none (`isTaken`).
   */
  putUnkept(item: Item): Item {
    this.#told(item);
    return item;
  }

  /**
   * Puts what the operator configured. Throws `EVENT_E_CANT_MODIFY_OR_DELETE_UNCONFIGURED_OBJECT` where a program has
   * made one with the same ID, nothing changed.
   */
  configure(items: readonly Item[]): void {
    for (const item of items) {
      const id = this.#kind.idOf(item);
      if (this.#items.get(id)?.configured === false) {
        throw new SpoolError('EVENT_E_CANT_MODIFY_OR_DELETE_UNCONFIGURED_OBJECT', { input: id });
      }
    }
    for (const item of items) this.#told(item);
  }

  /**
   * Removes one. Rejects with `E_INVALIDARG` (there is none), `E_ACCESSDENIED`,
   * `EVENT_E_CANT_MODIFY_OR_DELETE_CONFIGURED_OBJECT`, or as the store does.
   */
  async remove(id: Guid, may: Permission): Promise<void> {
    const found = this.#items.get(id);
    const removed = async (): Promise<void> => {
      const item = this.present(id);
      this.checkMay(item, may);
      await this.#removeAll([item]);
    };
    await (found && this.#kind.encode(found) === undefined ? removed() : this.#turn.run(removed));
  }

  /**
   * Removes those that the criteria choose, and resolves with their IDs. Where some of them may not be removed the others
   * are, and it rejects with `EVENT_E_NOT_ALL_REMOVED` (EVC-103); where none may, with the reason for the first; where
   * none was chosen, with `E_INVALIDARG`.
   */
  async removeMatching(criteria: string, may: Permission): Promise<readonly Guid[]> {
    return this.#turn.run(async () => {
      const chosen = this.query(criteria);
      if (chosen.length === 0) throw new SpoolError('E_INVALIDARG', { input: 'the criteria choose nothing' });
      const removable = chosen.filter((item) => !item.configured && may(item));
      const [first] = chosen;
      if (removable.length === 0 && first) this.checkMay(first, may);
      await this.#removeAll(removable);
      if (removable.length < chosen.length) {
        throw new SpoolError('EVENT_E_NOT_ALL_REMOVED', { input: `${removable.length} of ${chosen.length}` });
      }
      return removable.map((item) => this.#kind.idOf(item));
    });
  }

  /** The one that is there. Throws `E_INVALIDARG`. */
  present(id: Guid): Item {
    const item = this.#items.get(id);
    if (item === undefined) throw new SpoolError('E_INVALIDARG', { input: `there is no ${this.#kind.object} ${id}` });
    return item;
  }

  /** Throws `E_ACCESSDENIED` or `EVENT_E_CANT_MODIFY_OR_DELETE_CONFIGURED_OBJECT`. */
  checkMay(item: Item, may: Permission): void {
    if (!may(item)) throw new SpoolError('E_ACCESSDENIED', { input: this.#kind.idOf(item) });
    this.#checkUnconfigured(item);
  }

  #checkUnconfigured(item: Item | undefined): void {
    if (item?.configured !== true) return;
    throw new SpoolError('EVENT_E_CANT_MODIFY_OR_DELETE_CONFIGURED_OBJECT', { input: this.#kind.idOf(item) });
  }

  async #removeAll(items: readonly Item[]): Promise<void> {
    await this.#write(items.flatMap((item) => (this.#kind.encode(item) ? [{ remove: this.#keyOf(item) }] : [])));
    for (const item of items) {
      const id = this.#kind.idOf(item);
      // One that is not kept may have been removed, or changed, while the store wrote.
      const last = this.#items.get(id);
      if (last === undefined) continue;
      this.#items.delete(id);
      this.#kind.changed(last, undefined);
      this.#report(id, 'EOC_DeletedObject');
    }
  }

  #keyOf(item: Item): string {
    return this.#kind.prefix + this.#kind.idOf(item);
  }

  #putting(item: Item): readonly Change[] {
    const bytes = this.#kind.encode(item);
    return bytes === undefined ? [] : [{ put: [this.#keyOf(item), bytes] }];
  }

  async #write(changes: readonly Change[]): Promise<void> {
    if (changes.length > 0) await this.#store.write(changes);
  }

  #told(item: Item): void {
    const before = this.#set(item);
    this.#report(this.#kind.idOf(item), before === undefined ? 'EOC_NewObject' : 'EOC_ModifiedObject');
  }

  #set(item: Item): Item | undefined {
    const id = this.#kind.idOf(item);
    const before = this.#items.get(id);
    this.#items.set(id, item);
    this.#kind.changed(before, item);
    return before;
  }

  #report(id: Guid, type: ChangeType): void {
    this.#tell({ object: this.#kind.object, id, type });
  }

  #decoded(key: string, bytes: Uint8Array): Item | undefined {
    try {
      const item = this.#kind.decode(bytes);
      return this.#keyOf(item) === key ? item : undefined;
    } catch {
      return undefined;
    }
  }
}
