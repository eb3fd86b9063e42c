/** Which listeners are attached to which persistent registrations, one to each at most. */

import { type Guid, SpoolError } from '../../shared/index.ts';
import { KEPT_NOTIFICATIONS, type OverHeading } from '../../shared/persistence/registrations.ts';
import { ALL_RIGHTS } from '../core/identity.ts';
import type { Caller, ServiceHost } from '../core/service.ts';
import { InProcessSource } from '../objects/in-process-source.ts';
import { Attachment } from './attachment.ts';
import type { PersistentRegistration } from './persistent-registration.ts';

export interface AttachmentsHooks {
  /** Nobody is attached to it any more, though nobody has asked for that. */
  left(registration: PersistentRegistration): void;
  fault(reason: unknown): void;
}

export class Attachments {
  readonly #hooks: AttachmentsHooks;
  readonly #source: InProcessSource;
  readonly #attached = new Map<Guid, PersistentRegistration>();
  /** Those to whom something is attached. */
  readonly #callers = new Map<Caller, Set<PersistentRegistration>>();
  #isClosed = false;

  constructor(host: ServiceHost, hooks: AttachmentsHooks) {
    this.#hooks = hooks;
    this.#source = new InProcessSource(host, { user: 'registrations', rights: ALL_RIGHTS }, 'registrations');
  }

  has(id: Guid): boolean {
    return this.#attached.has(id);
  }

  /**
   * The caller's, in place of whoever was attached. Nothing is given yet. Rejects with `NOT_REGISTERED` where the session
   * has ended, or as `InProcessSource.openStream` does; then nothing has changed.
   */
  async open(caller: Caller, registration: PersistentRegistration, id: Guid): Promise<Attachment> {
    const target = { name: id, type: KEPT_NOTIFICATIONS, user: caller.user };
    const ended = (): void => {
      if (registration.attachment?.id === id) this.#hooks.left(registration);
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
    this.end(registration, 'taken');
    const attachment = new Attachment(id, caller, registration.backlog, channel, (reason) => {
      this.#hooks.fault(reason);
      this.end(registration, 'failed');
      this.#hooks.left(registration);
    });
    registration.attachment = attachment;
    const ofCaller = this.#callers.get(caller) ?? new Set();
    this.#callers.set(caller, ofCaller.add(registration));
    this.#attached.set(id, registration);
    return attachment;
  }

  /** Throws `NOT_REGISTERED` for one that is not this caller's, any more. */
  present(
    caller: Caller,
    id: Guid,
  ): { readonly registration: PersistentRegistration; readonly attachment: Attachment } {
    const registration = this.#attached.get(id);
    const attachment = registration?.attachment;
    if (!registration || registration.isRemoved || attachment?.caller !== caller)
      throw new SpoolError('NOT_REGISTERED', { input: id });
    return { registration, attachment };
  }

  /** Nobody is attached any more. Whoever was is told, where there is a reason. */
  end(registration: PersistentRegistration, over?: OverHeading['over']): void {
    const { attachment } = registration;
    if (!attachment) return;
    attachment.end(over);
    registration.attachment = undefined;
    this.#attached.delete(attachment.id);
    const ofCaller = this.#callers.get(attachment.caller);
    ofCaller?.delete(registration);
    if (ofCaller?.size === 0) this.#callers.delete(attachment.caller);
  }

  /** What the caller is attached to. */
  of(caller: Caller): readonly PersistentRegistration[] {
    return [...(this.#callers.get(caller) ?? [])];
  }

  /** Nobody attaches any more. */
  close(): void {
    this.#isClosed = true;
  }
}
