/**
 * The persistent registrations of one spooler, in a store that has them when it is back. Who may ask for what, and in
 * which words, is in registrations-service.ts.
 */

import { randomUUID } from 'node:crypto';
import { type Guid, guid, SpoolError } from '../../shared/index.ts';
import type { Attached, PersistentRegistration as Shown } from '../../shared/persistence/registrations.ts';
import type { Caller, ServiceHost } from '../core/service.ts';
import { Lanes } from '../events/lanes.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';
import { type Attaching, checkInterest, entryOf } from './attaching.ts';
import { Attachments } from './attachments.ts';
import { BlockMemory } from './block-memory.ts';
import { KeptTotal } from './kept-total.ts';
import { PersistentRegistration } from './persistent-registration.ts';
import { PersistentRegistrationTable, type RegistrationLimits } from './persistent-registration-table.ts';
import { Removals } from './removals.ts';
import { RoomSeekers } from './room-seekers.ts';
import { Steps } from './steps.ts';
import { NO_NUMBERS, putRegistration, type StoredRegistration, storedRegistrations } from './stored-entries.ts';
import { Unattended } from './unattended.ts';
import { UnderWay } from './under-way.ts';

export interface PersistentRegistrationsOptions extends RegistrationLimits {
  /** Where it is kept: the caller's, who closes it after the spooler. Default: in memory, gone with it. */
  readonly store?: Store;
  /**
   * Bytes that all of them keep together, 64 for each notification beside its data; default 10 GiB in a store that was
   * given, 1 GiB in memory.
   */
  readonly keptSize?: number;
  /** Milliseconds after which a registration goes that nobody attached to; default 30 days. */
  readonly unattendedTime?: number;
}

const KEPT_IN_STORE = 10 * 1024 * 1024 * 1024;
const KEPT_IN_MEMORY = 1024 * 1024 * 1024;

export class PersistentRegistrations {
  readonly #host: ServiceHost;
  readonly #store: Store;
  readonly #steps: Steps;
  readonly #memory = new BlockMemory();
  readonly #total: KeptTotal;
  readonly #seekers = new RoomSeekers();
  readonly #removals: Removals;
  readonly #table: PersistentRegistrationTable;
  readonly #attachments: Attachments;
  readonly #unattended: Unattended;
  /** What changes which registrations there are, and who is attached, comes one after another. */
  readonly #turn = new Lanes(1);
  readonly #underWay = new UnderWay();
  #isClosed = false;
  readonly #opening: Promise<void>;

  constructor(host: ServiceHost, options: PersistentRegistrationsOptions = {}) {
    const fault = (reason: unknown): void => this.#fault(reason);
    const { store, keptSize = store === undefined ? KEPT_IN_MEMORY : KEPT_IN_STORE } = options;
    this.#host = host;
    this.#store = store ?? new MemoryStore();
    this.#total = new KeptTotal(keptSize);
    this.#removals = new Removals(this.#store);
    this.#table = new PersistentRegistrationTable(options);
    this.#steps = new Steps(this.#store, fault);
    this.#attachments = new Attachments(host, { left: (registration) => this.#detached(registration), fault });
    this.#unattended = new Unattended({
      clock: host.clock,
      time: options.unattendedTime,
      registrations: this.#table,
      due: () => this.#underWay.add(this.#turn.run(() => this.#sweep())),
    });
    this.#opening = this.#open();
    this.#opening.catch(() => {});
  }

  /** Resolves once everything is known and kept for. Rejects as the store does. */
  ready(): Promise<void> {
    return this.#opening;
  }

  async #open(): Promise<void> {
    const corrupt = (key: string): void => this.#fault(new SpoolError('STORE_CORRUPT', { input: key }));
    for await (const stored of storedRegistrations(this.#store, corrupt)) this.#restore(stored);
    await this.#removals.resume();
  }

  #restore({ key, entry, numbers }: StoredRegistration): void {
    // Who was attached when the spooler died may have been given everything.
    const given = entry.attached ? numbers.last : entry.given;
    const registration = this.#add({ key, entry, numbers }, given);
    this.#unattended.since(registration, Math.max(0, this.#host.wallClock() - entry.seen));
  }

  /** Nobody is attached any more. Resolves once everything is in the store. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#attachments.close();
    this.#unattended.close();
    for (const registration of this.#table) {
      registration.stop();
      this.#detached(registration);
    }
    await this.#opening.catch(() => {});
    await this.#steps.idle();
    await this.#removals.close();
    await this.#underWay.ended();
  }

  // ------------------------------------------------------------------------------------------ for listeners

  list(user: string): readonly Shown[] {
    return [...this.#table.of(user)].map(({ shown }) => shown);
  }

  /**
   * The caller receives from now on, in place of whoever did. Rejects with `E_INVALIDARG` where the registration is for
   * something else, `MAX_REGISTRATION_COUNT_EXCEEDED`, as `Attachments.open` does, or as the store does.
   */
  attach(caller: Caller, asked: Attaching): Promise<Attached> {
    return this.#turn.run(async () => {
      if (this.#attachments.has(asked.attachment))
        throw new SpoolError('E_INVALIDARG', { input: 'attachment: it is in use' });
      const existing = this.#table.find(caller.user, asked.id);
      if (existing) checkInterest(existing.entry, asked.interest);
      else this.#table.checkRoom(caller.user);
      const entry = entryOf(caller.user, asked, this.#host.wallClock(), existing);
      const key = existing?.key ?? guid(randomUUID());
      await this.#store.write([putRegistration(key, entry)]);
      const registration = existing ?? this.#add({ key, entry, numbers: NO_NUMBERS }, 0);
      registration.entry = entry;
      registration.retention = entry.retention;
      registration.expiresAt = Number.POSITIVE_INFINITY;
      try {
        const attachment = await this.#attachments.open(caller, registration, asked.attachment);
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
    const { registration, attachment } = this.#attachments.present(caller, id);
    await registration.acknowledge(attachment, number);
  }

  /** Rejects with `NOT_REGISTERED`. */
  async detach(caller: Caller, id: Guid): Promise<void> {
    const { registration, attachment } = this.#attachments.present(caller, id);
    attachment.detach();
    this.#detached(registration);
    await this.#steps.join(registration.backlog);
  }

  left(caller: Caller): void {
    for (const registration of this.#attachments.of(caller)) this.#detached(registration);
  }

  /** Nobody is attached; the store hears of it, so that only what was given is marked as such. */
  #detached(registration: PersistentRegistration): void {
    this.#attachments.end(registration);
    const { key, entry, backlog } = registration;
    if (!entry.attached || registration.isRemoved) return;
    registration.entry = { ...entry, attached: false, given: backlog.given, seen: this.#host.wallClock() };
    this.#unattended.since(registration);
    this.#underWay.add(this.#store.write([putRegistration(key, registration.entry)]));
  }

  // ------------------------------------------------------------------------------------------ coming and going

  #add({ key, entry, numbers }: StoredRegistration, given: number): PersistentRegistration {
    const parts = {
      key,
      store: this.#store,
      steps: this.#steps,
      wallClock: this.#host.wallClock,
      memory: this.#memory,
      total: this.#total,
      seekers: this.#seekers,
    };
    const registration = new PersistentRegistration(parts, entry, numbers, given);
    this.#table.add(registration);
    this.#keep(registration);
    this.#unattended.watch();
    return registration;
  }

  #keep(registration: PersistentRegistration): void {
    const { entry } = registration;
    if (!this.#isClosed) registration.stop = this.#host.keep(entry, entry.user, registration);
  }

  /** Resolves once it is gone for good. Rejects with `NOT_REGISTERED`, or as the store does. */
  remove(user: string, id: string): Promise<void> {
    return this.#turn.run(async () => {
      const registration = this.#table.find(user, id);
      if (!registration) throw new SpoolError('NOT_REGISTERED', { input: id });
      await this.#remove(registration);
    });
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
    this.#attachments.end(registration, 'removed');
    this.#table.delete(registration);
    registration.backlog.remove();
    this.#seekers.wake();
  }

  /** What the store refuses to remove stays until the next sweep. */
  async #sweep(): Promise<void> {
    try {
      for (const registration of this.#unattended.expired()) await this.#remove(registration);
    } finally {
      this.#unattended.watch();
    }
  }

  #fault(reason: unknown): void {
    this.#host.observe({ kind: 'fault', user: '', reason });
  }
}
