/**
 * The persistent registrations of one spooler, in a store that has them when it is back. Who may ask for what, and in
 * which words, is in registrations-service.ts.
 */

import { randomUUID } from 'node:crypto';
import { type Cancel, type Guid, guid, nameKey, SpoolError } from '../../shared/index.ts';
import {
  type Attached,
  DEFAULT_RETENTION,
  KEPT_NOTIFICATIONS,
  type Retention,
  type PersistentRegistration as Shown,
} from '../../shared/persistence/registrations.ts';
import type { RoomSeeker } from '../core/delivery.ts';
import { ALL_RIGHTS } from '../core/identity.ts';
import type { KeptInterest } from '../core/keeper.ts';
import type { Caller, ServiceHost } from '../core/service.ts';
import { Lanes } from '../events/lanes.ts';
import { InProcessSource } from '../objects/in-process-source.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { Change, Store } from '../store/store.ts';
import { Attachment } from './attachment.ts';
import { BlockMemory } from './block-memory.ts';
import { KeptTotal } from './kept-total.ts';
import { PersistentRegistration } from './persistent-registration.ts';
import { PersistentRegistrationTable, type RegistrationLimits } from './persistent-registration-table.ts';
import { Removals } from './removals.ts';
import { Steps } from './steps.ts';
import {
  decodeNumbers,
  decodeRegistration,
  encodeEntry,
  NUMBER_PREFIX,
  type NumbersEntry,
  REGISTRATION_PREFIX,
  type RegistrationEntry,
} from './stored-entries.ts';

export interface PersistentRegistrationsOptions extends RegistrationLimits {
  /** Where it is kept: the caller's, who closes it after the spooler. Default: in memory, gone with it. */
  readonly store?: Store;
  /** Bytes that all of them keep together, 64 for each notification beside its data; default 10 GiB. */
  readonly keptSize?: number;
  /** Milliseconds after which a registration goes that nobody attached to; default 30 days. */
  readonly unattendedTime?: number;
}

/** What a listener asks for. The name is a valid one. */
export interface Attaching {
  readonly id: string;
  readonly attachment: Guid;
  readonly interest: KeptInterest;
  readonly retention: Partial<Retention>;
}

const UNATTENDED_TIME = 30 * 24 * 3_600_000;
/** Milliseconds between two looks for those that nobody has attached to for long. */
const SWEEP_TIME = 3_600_000;
const NO_NUMBERS: NumbersEntry = { last: 0, gone: 0, bytes: 0, lost: 0 };

export class PersistentRegistrations {
  readonly #host: ServiceHost;
  readonly #store: Store;
  readonly #options: PersistentRegistrationsOptions;
  readonly #steps: Steps;
  readonly #source: InProcessSource;
  readonly #memory = new BlockMemory();
  readonly #total: KeptTotal;
  readonly #removals: Removals;
  readonly #table: PersistentRegistrationTable;
  readonly #attached = new Map<Guid, PersistentRegistration>();
  /** Those to whom something is attached. */
  readonly #callers = new Map<Caller, Set<PersistentRegistration>>();
  /** What changes which registrations there are, and who is attached, comes one after another. */
  readonly #turn = new Lanes(1);
  readonly #seekers = new Set<RoomSeeker>();
  /** Writes that nobody waits for. */
  readonly #writes = new Set<Promise<void>>();
  #cancelSweep: Cancel | undefined;
  #isClosed = false;
  readonly #opening: Promise<void>;

  constructor(host: ServiceHost, options: PersistentRegistrationsOptions = {}) {
    this.#host = host;
    this.#options = options;
    this.#store = options.store ?? new MemoryStore();
    this.#total = new KeptTotal(options.keptSize);
    this.#removals = new Removals(this.#store);
    this.#table = new PersistentRegistrationTable(options);
    this.#steps = new Steps(this.#store, (reason) => this.#fault(reason));
    this.#source = new InProcessSource(host, { user: 'registrations', rights: ALL_RIGHTS }, 'registrations');
    this.#opening = this.#open();
    this.#opening.catch(() => {});
  }

  /** Resolves once everything is known and kept for. Rejects as the store does. */
  ready(): Promise<void> {
    return this.#opening;
  }

  left(caller: Caller): void {
    const registrations = this.#callers.get(caller) ?? [];
    this.#callers.delete(caller);
    for (const registration of registrations) this.#detached(registration);
  }

  list(user: string): readonly Shown[] {
    return [...this.#table.of(user)].map(({ shown }) => shown);
  }

  /**
   * The caller receives from now on, in place of whoever did. Rejects with `E_INVALIDARG` where the registration is for
   * something else, `MAX_REGISTRATION_COUNT_EXCEEDED`, `NOT_REGISTERED` where the session has ended, as
   * `InProcessSource.openStream` does, or as the store does.
   */
  attach(caller: Caller, asked: Attaching): Promise<Attached> {
    return this.#turn.run(async () => {
      if (this.#attached.has(asked.attachment))
        throw new SpoolError('E_INVALIDARG', { input: 'attachment: it is in use' });
      const existing = this.#table.find(caller.user, asked.id);
      if (existing) checkInterest(existing.entry, asked.interest);
      else this.#table.checkRoom(caller.user);
      const entry = entryOf(caller.user, asked, this.#host.wallClock(), existing);
      const key = existing?.key ?? guid(randomUUID());
      await this.#store.write([put(key, entry)]);
      const registration = existing ?? this.#add(key, entry, NO_NUMBERS, 0);
      registration.entry = entry;
      registration.retention = entry.retention;
      registration.expiresAt = Number.POSITIVE_INFINITY;
      try {
        const attachment = await this.#newAttachment(caller, registration, asked.attachment);
        const { pending, lost } = registration.backlog;
        const answer = { recovered: existing !== undefined, pending, lost, next: attachment.next };
        attachment.give();
        return answer;
      } finally {
        if (!registration.attachment) this.#detached(registration);
      }
    });
  }

  /** Rejects with `NOT_REGISTERED`, `E_INVALIDARG`, or as the store does. */
  async acknowledge(caller: Caller, id: Guid, number: number): Promise<void> {
    const { registration, attachment } = this.#attachmentOf(caller, id);
    await registration.acknowledge(attachment, number);
  }

  /** Rejects with `NOT_REGISTERED`. */
  async detach(caller: Caller, id: Guid): Promise<void> {
    const { registration, attachment } = this.#attachmentOf(caller, id);
    attachment.detach();
    this.#detached(registration);
    await this.#steps.join(registration.backlog);
  }

  /** Resolves once it is gone for good. Rejects with `NOT_REGISTERED`, or as the store does. */
  remove(user: string, id: string): Promise<void> {
    return this.#turn.run(async () => {
      const registration = this.#table.find(user, id);
      if (!registration) throw new SpoolError('NOT_REGISTERED', { input: id });
      await this.#remove(registration);
    });
  }

  /** Nobody is attached any more. Resolves once everything is in the store. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelSweep?.();
    for (const registration of this.#table) {
      registration.stop();
      this.#detached(registration);
    }
    await this.#opening.catch(() => {});
    await this.#steps.idle();
    await this.#removals.close();
    await Promise.all(this.#writes);
  }

  // ------------------------------------------------------------------------------------------ the store

  async #open(): Promise<void> {
    const numbers = new Map<string, NumbersEntry>();
    for await (const [key, bytes] of this.#store.entries(NUMBER_PREFIX)) {
      const entry = decodeNumbers(bytes);
      if (entry) numbers.set(key.slice(NUMBER_PREFIX.length), entry);
      else this.#corrupt(key);
    }
    for await (const [stored, bytes] of this.#store.entries(REGISTRATION_PREFIX)) {
      const entry = decodeRegistration(bytes);
      if (entry) this.#restore(guid(stored.slice(REGISTRATION_PREFIX.length)), entry, numbers);
      else this.#corrupt(stored);
    }
    await this.#removals.resume();
  }

  #restore(key: Guid, entry: RegistrationEntry, numbers: ReadonlyMap<string, NumbersEntry>): void {
    const known = numbers.get(key) ?? NO_NUMBERS;
    // Who was attached when the spooler died may have been given everything.
    const registration = this.#add(key, entry, known, entry.attached ? known.last : entry.given);
    const age = Math.max(0, this.#host.wallClock() - entry.seen);
    registration.expiresAt = this.#host.clock.now() + Math.max(0, this.#unattendedTime - age);
  }

  #corrupt(key: string): void {
    this.#fault(new SpoolError('STORE_CORRUPT', { input: key }));
  }

  #add(key: Guid, entry: RegistrationEntry, numbers: NumbersEntry, given: number): PersistentRegistration {
    const parts = {
      key,
      store: this.#store,
      steps: this.#steps,
      wallClock: this.#host.wallClock,
      memory: this.#memory,
      total: this.#total,
      changed: () => this.#wake(),
      whenRoom: (seeker: RoomSeeker) => void this.#seekers.add(seeker),
    };
    const registration = new PersistentRegistration(parts, entry, numbers, given);
    this.#table.add(registration);
    this.#keep(registration);
    this.#watch();
    return registration;
  }

  async #remove(registration: PersistentRegistration): Promise<void> {
    registration.stop();
    // What is on its way to the store comes before, and nothing of it afterwards.
    await this.#steps.join(registration.backlog);
    registration.isRemoved = true;
    try {
      await this.#removals.remove(registration.key);
    } catch (reason) {
      registration.isRemoved = false;
      this.#keep(registration);
      throw reason;
    }
    this.#endAttachment(registration, 'removed');
    this.#table.delete(registration);
    registration.backlog.remove();
    this.#wake();
  }

  #keep(registration: PersistentRegistration): void {
    const { entry } = registration;
    if (!this.#isClosed) registration.stop = this.#host.keep(entry, entry.user, registration);
  }

  /** Nobody waits for it. What the store refuses it has told the operator. */
  #inBackground(work: Promise<void>): void {
    const ended = work.catch(() => {}).finally(() => this.#writes.delete(ended));
    this.#writes.add(ended);
  }

  // ------------------------------------------------------------------------------------------ attachments

  async #newAttachment(caller: Caller, registration: PersistentRegistration, id: Guid): Promise<Attachment> {
    const target = { name: id, type: KEPT_NOTIFICATIONS, user: caller.user };
    const ended = (): void => {
      if (registration.attachment?.id === id) this.#detached(registration);
    };
    const channel = await this.#source.openStream(target, {
      room: () => registration.attachment?.give(),
      refused: ended,
      closed: ended,
    });
    if (!caller.isPresent || this.#isClosed) {
      channel.close();
      throw new SpoolError('NOT_REGISTERED', { input: caller.user });
    }
    this.#endAttachment(registration, 'taken');
    const attachment = new Attachment(id, caller, registration.backlog, channel, (reason) => {
      this.#fault(reason);
      this.#endAttachment(registration, 'failed');
      this.#detached(registration);
    });
    registration.attachment = attachment;
    const ofCaller = this.#callers.get(caller) ?? new Set();
    this.#callers.set(caller, ofCaller.add(registration));
    this.#attached.set(id, registration);
    return attachment;
  }

  #attachmentOf(caller: Caller, id: Guid): { registration: PersistentRegistration; attachment: Attachment } {
    const registration = this.#attached.get(id);
    const attachment = registration?.attachment;
    if (!registration || registration.isRemoved || attachment?.caller !== caller)
      throw new SpoolError('NOT_REGISTERED', { input: id });
    return { registration, attachment };
  }

  #endAttachment(registration: PersistentRegistration, over?: 'taken' | 'removed' | 'failed'): void {
    const { attachment } = registration;
    if (!attachment) return;
    attachment.end(over);
    registration.attachment = undefined;
    this.#attached.delete(attachment.id);
    const ofCaller = this.#callers.get(attachment.caller);
    ofCaller?.delete(registration);
    if (ofCaller?.size === 0) this.#callers.delete(attachment.caller);
  }

  /** Nobody is attached; the store hears of it, so that only what was given is marked as such. */
  #detached(registration: PersistentRegistration): void {
    this.#endAttachment(registration);
    const { key, entry, backlog } = registration;
    if (!entry.attached || registration.isRemoved) return;
    registration.entry = { ...entry, attached: false, given: backlog.given, seen: this.#host.wallClock() };
    registration.expiresAt = this.#host.clock.now() + this.#unattendedTime;
    this.#inBackground(this.#store.write([put(key, registration.entry)]));
  }

  // ------------------------------------------------------------------------------------------ bounds

  get #unattendedTime(): number {
    return this.#options.unattendedTime ?? UNATTENDED_TIME;
  }

  #watch(): void {
    if (this.#table.size === 0 || this.#isClosed) return;
    this.#cancelSweep ??= this.#host.clock.after(Math.min(SWEEP_TIME, this.#unattendedTime), () => {
      this.#cancelSweep = undefined;
      this.#inBackground(this.#turn.run(() => this.#sweep()));
    });
  }

  async #sweep(): Promise<void> {
    const now = this.#host.clock.now();
    for (const registration of [...this.#table]) if (registration.expiresAt <= now) await this.#remove(registration);
    this.#watch();
  }

  #wake(): void {
    const seekers = [...this.#seekers];
    this.#seekers.clear();
    for (const seeker of seekers) seeker.roomMade();
  }

  #fault(reason: unknown): void {
    this.#host.observe({ kind: 'fault', user: '', reason });
  }
}

function put(key: Guid, entry: RegistrationEntry): Change {
  return { put: [REGISTRATION_PREFIX + key, encodeEntry(entry)] };
}

function checkInterest({ name, type, filter }: RegistrationEntry, asked: KeptInterest): void {
  const isSame = nameKey(name) === nameKey(asked.name) && type === asked.type && filter === asked.filter;
  if (!isSame) throw new SpoolError('E_INVALIDARG', { input: `it is for ${name ?? 'the server'}, ${type}, ${filter}` });
}

function entryOf(
  user: string,
  { id, interest, retention }: Attaching,
  seen: number,
  existing: PersistentRegistration | undefined,
): RegistrationEntry {
  const before = existing?.entry.retention ?? DEFAULT_RETENTION;
  const { name, type, filter } = existing?.entry ?? interest;
  const given = existing?.backlog.given ?? 0;
  return { user, id, name, type, filter, retention: { ...before, ...retention }, attached: true, given, seen };
}
