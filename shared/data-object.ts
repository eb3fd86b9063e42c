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

/** Whoever gave a data object out under a number and wants it back: a closure for each would cost as much as they do. */
export interface Origin {
  died(number: number, size: number): void;
}

export class DataObject {
  readonly type: Guid;
  readonly #ledger: ObjectLedger | undefined;
  readonly #onDeath: (() => void) | undefined;
  readonly #origin: Origin | undefined;
  readonly #number: number;
  readonly #size: number;
  #data: Uint8Array | null;
  #references = 1;
  /** The latest acquisition not given back; those before it, where there are any, the latest last. */
  #lease: Lease | undefined;
  #earlierLeases: Lease[] | undefined;
  readonly #holders: Map<object, string> | undefined;

  /** `origin` and `number` are for connections. */
  constructor({ type, data, ledger, onDeath }: DataObjectInit, origin?: Origin, number = 0) {
    this.type = type;
    this.#data = data;
    this.#size = data === null ? 0 : data.length;
    this.#ledger = ledger;
    this.#onDeath = onDeath;
    this.#origin = origin;
    this.#number = number;
    this.#holders = ledger?.traces ? new Map([[this as object, stackOf('created')]]) : undefined;
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
    return this.#references > 0 || this.#lease !== undefined;
  }

  /** References of both kinds. */
  get references(): number {
    const leases = this.#lease === undefined ? 0 : 1 + (this.#earlierLeases?.length ?? 0);
    return this.#references + leases;
  }

  /** One more reference, to be given back with `release`. Throws `USE_AFTER_RELEASE` once the object is dead. */
  addRef(): void {
    this.#mustLive();
    this.#references++;
    this.#holders?.set({}, stackOf('referenced'));
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
    const lease = new Lease(this, this.#data);
    if (this.#lease !== undefined) {
      this.#earlierLeases ??= [];
      this.#earlierLeases.push(this.#lease);
    }
    this.#lease = lease;
    this.#holders?.set(lease, stackOf('acquired'));
    return lease;
  }

  /** Gives back the latest lease that is still out. Throws `OVER_RELEASE` where none is (PAN-39). */
  releaseData(): void {
    const lease = this.#lease;
    if (!lease) throw new SpoolError('OVER_RELEASE', { input: 'releaseData' });
    lease.releaseData();
  }

  describe(): Leak {
    return { type: this.type, size: this.#size, origins: [...(this.#holders?.values() ?? [])] };
  }

  /** Of the references, not the leases: whoever made the object and lends it out is the first to give it up. */
  #forgetOldestReference(): void {
    for (const holder of this.#holders?.keys() ?? []) {
      if (holder instanceof Lease) continue;
      this.#holders?.delete(holder);
      return;
    }
  }

  /** For leases: this one is given back. */
  ended(lease: Lease): void {
    if (this.#lease === lease) {
      this.#lease = this.#earlierLeases?.pop();
    } else {
      const earlier = this.#earlierLeases ?? [];
      earlier.splice(earlier.lastIndexOf(lease), 1);
    }
    this.#holders?.delete(lease);
    this.#dieIfUnheld();
  }

  #dieIfUnheld(): void {
    if (this.alive) return;
    this.#data = null;
    this.#ledger?.died(this);
    this.#origin?.died(this.#number, this.#size);
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
  #held = true;

  /** For data objects. */
  constructor(object: DataObject, data: Uint8Array | null) {
    this.#object = object;
    this.#data = data;
  }

  /** Throws `USE_AFTER_RELEASE` once given back. */
  get data(): Uint8Array | null {
    if (!this.#held) throw new SpoolError('USE_AFTER_RELEASE');
    return this.#data;
  }

  get size(): number {
    return this.#object.size;
  }

  get type(): Guid {
    return this.#object.type;
  }

  /** Throws `OVER_RELEASE` the second time. */
  releaseData(): void {
    if (!this.#held) throw new SpoolError('OVER_RELEASE', { input: 'releaseData' });
    this.#held = false;
    this.#object.ended(this);
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

function stackOf(what: string): string {
  return [what, ...(new Error().stack?.split('\n').slice(3) ?? [])].join('\n');
}
