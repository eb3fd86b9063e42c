/** A registration that outlives its listener: keeps what is sent to it, and gives it to the listener that is attached. */

import { type Guid, outcomeOf, SpoolError, succeeded } from '../../shared/index.ts';
import type { Retention, PersistentRegistration as Shown } from '../../shared/persistence/registrations.ts';
import type { RoomSeeker } from '../core/delivery.ts';
import type { Target } from '../core/directory.ts';
import type { Keeper } from '../core/keeper.ts';
import type { Message } from '../core/message.ts';
import type { Attachment } from './attachment.ts';
import { Backlog, type BacklogParts } from './backlog.ts';
import type { RoomSeekers } from './room-seekers.ts';
import type { Steps } from './steps.ts';
import type { NumbersEntry, RegistrationEntry } from './stored-entries.ts';

export interface PersistentRegistrationParts extends Omit<BacklogParts, 'changed'> {
  readonly steps: Steps;
  /** Who looks for room. */
  readonly seekers: RoomSeekers;
}

export class PersistentRegistration implements Keeper {
  readonly key: Guid;
  readonly backlog: Backlog;
  /** As it is in the store. */
  entry: RegistrationEntry;
  attachment: Attachment | undefined;
  /** On the monotonic clock: it goes then, unless somebody attaches before. */
  expiresAt = Number.POSITIVE_INFINITY;
  /** It is being removed from the store: nothing of it is written any more. */
  isRemoved = false;
  /** Nothing is kept for it any more. */
  stop: () => void = () => {};
  readonly #parts: PersistentRegistrationParts;

  constructor(parts: PersistentRegistrationParts, entry: RegistrationEntry, numbers: NumbersEntry, given: number) {
    this.#parts = parts;
    this.key = parts.key;
    this.entry = entry;
    const changed = (): void => {
      this.attachment?.give();
      parts.seekers.wake();
    };
    this.backlog = new Backlog({ ...parts, changed }, entry.retention, numbers, given);
  }

  // ------------------------------------------------------------------------------------------ for channels

  get hasRoom(): boolean {
    return this.#parts.total.hasRoom && this.backlog.hasRoom;
  }

  whenRoom(seeker: RoomSeeker): void {
    this.#parts.seekers.add(seeker);
  }

  keep(message: Message, { interest }: Target): Promise<number> {
    this.backlog.add(interest.name, message);
    return this.#parts.steps.join(this.backlog);
  }

  // ------------------------------------------------------------------------------------------ for its listener

  /** Rejects with `E_INVALIDARG` where that was not given yet, or as the store does. */
  async acknowledge(attachment: Attachment, number: number): Promise<void> {
    if (!attachment.acknowledge(number)) throw new SpoolError('E_INVALIDARG', { input: `number ${number}` });
    const hresult = await this.#parts.steps.join(this.backlog);
    if (!succeeded(hresult)) throw new SpoolError(outcomeOf(hresult).code, { hresult });
  }

  set retention(retention: Retention) {
    this.backlog.retention = retention;
  }

  get shown(): Shown {
    const { id, name, type, filter, retention } = this.entry;
    const { pending, bytes, lost } = this.backlog;
    return { id, name, type, filter, retention, pending, bytes, lost, attached: this.attachment !== undefined };
  }
}
