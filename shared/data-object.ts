/**
 * Data objects: bytes, length and type, reference counted as `IPrintAsyncNotifyDataObject` is (PAN-36 to PAN-53).
 *
 * The object lives as long as somebody holds a reference: its creation and every `addRef` count one until `release`,
 * every successful `acquireData` counts one until `releaseData`, in whatever order they come (PAN-42).
 */

import './disposable.ts';
import { SpoolError } from './errors.ts';
import { type Guid, NOTIFICATION_RELEASE } from './guid.ts';

/** The three things AcquireData yields (PAN-37). */
export interface NotificationData {
  /** The bytes, borrowed: valid until released, not to be changed. Null is not the same as no bytes. */
  readonly data: Uint8Array | null;
  /** Bytes; 0 for null. */
  readonly size: number;
  readonly type: Guid;
}

/** Where a reference that nobody gave back was taken. */
export interface Leak {
  readonly type: Guid;
  readonly size: number;
  /** One stack for each reference still held; empty unless the ledger traces. */
  readonly origins: readonly string[];
}

/**
 * Counts the data objects that are alive, and, when tracing (a development option: it costs a stack each), where they
 * were taken.
 */
export class ObjectLedger {
  readonly #traced: Set<DataObject> | undefined;
  #live = 0;

  constructor({ trace = false }: { readonly trace?: boolean } = {}) {
    this.#traced = trace ? new Set() : undefined;
  }

  get live(): number {
    return this.#live;
  }

  get traces(): boolean {
    return this.#traced !== undefined;
  }

  /** The objects alive now. Without tracing only their number is known, and the list is empty. */
  leaks(): readonly Leak[] {
    return [...(this.#traced ?? [])].map((object) => object.describe());
  }

  /** For data objects only. */
  born(object: DataObject): void {
    this.#live++;
    this.#traced?.add(object);
  }

  /** For data objects only. */
  died(object: DataObject): void {
    this.#live--;
    this.#traced?.delete(object);
  }
}

export interface DataObjectInit {
  readonly type: Guid;
  /** Borrowed until the object dies, never copied: do not change the bytes meanwhile. */
  readonly data: Uint8Array | null;
  readonly ledger?: ObjectLedger;
  /** Called once, when the last reference is gone. */
  readonly onDeath?: () => void;
}

export class DataObject {
  readonly type: Guid;
  readonly #ledger: ObjectLedger | undefined;
  readonly #onDeath: (() => void) | undefined;
  readonly #size: number;
  #data: Uint8Array | null;
  #references = 1;
  /** Acquisitions not given back, the latest last. */
  readonly #leases: Lease[] = [];
  readonly #origins: Map<object, string> | undefined;

  constructor({ type, data, ledger, onDeath }: DataObjectInit) {
    this.type = type;
    this.#data = data;
    this.#size = data?.length ?? 0;
    this.#ledger = ledger;
    this.#onDeath = onDeath;
    this.#origins = ledger?.traces ? new Map([[this as object, origin('created')]]) : undefined;
    ledger?.born(this);
  }

  /** Bytes; stays readable after the object has died. */
  get size(): number {
    return this.#size;
  }

  /** Whether this is the rundown triple, or any object of the reserved type (PAN-47). */
  get isRelease(): boolean {
    return this.type === NOTIFICATION_RELEASE;
  }

  get alive(): boolean {
    return this.#references + this.#leases.length > 0;
  }

  /** References of both kinds. */
  get references(): number {
    return this.#references + this.#leases.length;
  }

  /** One more reference, to be given back with `release`. Throws `USE_AFTER_RELEASE` once the object is dead. */
  addRef(): void {
    this.#mustLive();
    this.#references++;
    this.#origins?.set({}, origin('referenced'));
  }

  /**
   * Gives back the creation or one `addRef`. The bytes survive until the last `releaseData` (PAN-40). Throws
   * `OVER_RELEASE`.
   */
  release(): void {
    if (this.#references === 0) throw new SpoolError('OVER_RELEASE', { input: 'release' });
    this.#references--;
    this.#forgetOldestReference();
    this.#dieIfUnheld();
  }

  /**
   * Acquires the bytes, length and type; nests. Give the lease back with `using`, with its `releaseData`, or with the
   * object's. Throws `USE_AFTER_RELEASE` once the object is dead, and then counts nothing (PAN-44).
   */
  acquireData(): Lease {
    this.#mustLive();
    const lease = new Lease(this, this.#data, this.#size, (ended) => this.#end(ended));
    this.#leases.push(lease);
    this.#origins?.set(lease, origin('acquired'));
    return lease;
  }

  /** Gives back the latest lease that is still out. Throws `OVER_RELEASE` where none is (PAN-39). */
  releaseData(): void {
    const lease = this.#leases.at(-1);
    if (!lease) throw new SpoolError('OVER_RELEASE', { input: 'releaseData' });
    lease.releaseData();
  }

  describe(): Leak {
    return { type: this.type, size: this.#size, origins: [...(this.#origins?.values() ?? [])] };
  }

  /** Of the references, not the leases: whoever made the object and lends it out is the first to give it up. */
  #forgetOldestReference(): void {
    for (const holder of this.#origins?.keys() ?? []) {
      if (holder instanceof Lease) continue;
      this.#origins?.delete(holder);
      return;
    }
  }

  #end(lease: Lease): void {
    const index = this.#leases.lastIndexOf(lease);
    this.#leases.splice(index, 1);
    this.#origins?.delete(lease);
    this.#dieIfUnheld();
  }

  #dieIfUnheld(): void {
    if (this.alive) return;
    this.#data = null;
    this.#ledger?.died(this);
    this.#onDeath?.();
  }

  #mustLive(): void {
    if (!this.alive) throw new SpoolError('USE_AFTER_RELEASE');
  }
}

/**
 * One acquisition. Disposing it twice is harmless, since `using` and `finally` overlap; releasing it twice by hand is
 * an error.
 */
export class Lease implements NotificationData {
  readonly #object: DataObject;
  readonly #data: Uint8Array | null;
  readonly #size: number;
  readonly #onEnd: (lease: Lease) => void;
  #held = true;

  constructor(object: DataObject, data: Uint8Array | null, size: number, onEnd: (lease: Lease) => void) {
    this.#object = object;
    this.#data = data;
    this.#size = size;
    this.#onEnd = onEnd;
  }

  /** Throws `USE_AFTER_RELEASE` once given back. */
  get data(): Uint8Array | null {
    if (!this.#held) throw new SpoolError('USE_AFTER_RELEASE');
    return this.#data;
  }

  get size(): number {
    return this.#size;
  }

  get type(): Guid {
    return this.#object.type;
  }

  /** Throws `OVER_RELEASE` the second time. */
  releaseData(): void {
    if (!this.#held) throw new SpoolError('OVER_RELEASE', { input: 'releaseData' });
    this.#held = false;
    this.#onEnd(this);
  }

  [Symbol.dispose](): void {
    if (this.#held) this.releaseData();
  }
}

/**
 * The data object that the runtime itself makes when an end is gone: (null, 0, NOTIFICATION_RELEASE) (PAN-47, PAN-48).
 */
export function releaseTriple(ledger?: ObjectLedger): DataObject {
  return new DataObject({ type: NOTIFICATION_RELEASE, data: null, ...(ledger ? { ledger } : {}) });
}

function origin(what: string): string {
  return [what, ...(new Error().stack?.split('\n').slice(3) ?? [])].join('\n');
}
