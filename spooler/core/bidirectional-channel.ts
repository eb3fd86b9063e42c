/**
 * A bidirectional channel (PAN-138 to PAN-172): offered to every matching listener, acquired by the first that answers,
 * one message in flight. The states and edges are those of PROTOCOL.md section 7.2.
 */

import { hresultOf } from '../../shared/errors.ts';
import type { Cause } from '../../shared/index.ts';
import { type Directory, reaches, type Target } from './directory.ts';
import type { Finish, ListenerEnd, SourceEnd } from './ends.ts';
import type { Message } from './message.ts';
import type { Registration } from './registration.ts';

/** No notification produced yet. */
interface Opened {
  readonly kind: 'opened';
}
/** The initial notification is held for whoever asks; nobody has answered. */
interface Held {
  readonly kind: 'held';
  readonly initial: Message;
}
/** Owned; the owner has answered, the source may speak. */
interface SourceTurn {
  readonly kind: 'sourceTurn';
  readonly owner: ListenerEnd;
}
/** Owned; the owner has a notification to answer. */
interface ListenerTurn {
  readonly kind: 'listenerTurn';
  readonly owner: ListenerEnd;
}
interface Closed {
  readonly kind: 'closed';
}
export type BidirectionalState = Opened | Held | SourceTurn | ListenerTurn | Closed;

// Every legal edge, once. What is not here does not compile.
const openedToHeld = (_: Opened, initial: Message): Held => ({ kind: 'held', initial });
const heldToSourceTurn = (_: Held, owner: ListenerEnd): SourceTurn => ({ kind: 'sourceTurn', owner });
const sourceTurnToListenerTurn = ({ owner }: SourceTurn): ListenerTurn => ({ kind: 'listenerTurn', owner });
const listenerTurnToSourceTurn = ({ owner }: ListenerTurn): SourceTurn => ({ kind: 'sourceTurn', owner });
const anyToClosed = (_: Exclude<BidirectionalState, Closed>): Closed => ({ kind: 'closed' });

const S_OK = hresultOf('S_OK');
const QUEUE_IS_FULL = hresultOf('INTERNAL_NOTIFICATION_QUEUE_IS_FULL');
const NOT_YOUR_TURN = hresultOf('ASYNC_CALL_ALREADY_PARKED');
const NOT_ANSWERED = hresultOf('CHANNEL_WAITING_FOR_CLIENT_NOTIFICATION');

export class BidirectionalChannel {
  readonly style = 'kBiDirectional';
  readonly target: Target;
  readonly source: SourceEnd;
  readonly #directory: Directory;
  #state: BidirectionalState = { kind: 'opened' };
  /** Everyone who was offered the channel and has not declined; after the acquisition only the owner. */
  readonly #ends = new Set<ListenerEnd>();

  constructor(source: Omit<SourceEnd, 'channel' | 'pending' | 'sent'>, target: Target, directory: Directory) {
    this.source = { ...source, channel: this, pending: undefined, sent: 0 };
    this.target = target;
    this.#directory = directory;
  }

  get state(): BidirectionalState['kind'] {
    return this.#state.kind;
  }

  get listeners(): number {
    return this.#ends.size;
  }

  /** Offers the new channel to whoever matches now; later registrations come through `offerTo`. */
  open(): void {
    this.#directory.addOffered(this);
    for (const registration of this.#directory.audience(this.target)) this.#offer(registration);
  }

  /** To a registration made later: the channel, and the initial notification if there is one (PAN-141, PAN-142). */
  offerTo(registration: Registration): void {
    if (reaches(this.target, registration)) this.#offer(registration);
  }

  /** The source sends. */
  notify(message: Message): number {
    const state = this.#state;
    switch (state.kind) {
      case 'opened':
        if (!this.source.session.mayHoldInitial(message.size)) return QUEUE_IS_FULL;
        this.source.session.initialBytes += message.size;
        this.#state = openedToHeld(state, message.keep());
        for (const end of this.#ends) this.#give(end, message);
        return S_OK;
      case 'sourceTurn':
        // The answer is still on its way: one message in flight (PAN-101).
        if (isKeptBack(this.source)) return NOT_ANSWERED;
        if (!hasRoom(state.owner)) return QUEUE_IS_FULL;
        this.#state = sourceTurnToListenerTurn(state);
        this.#give(state.owner, message);
        return S_OK;
      case 'held':
      case 'listenerTurn':
        return NOT_ANSWERED;
      case 'closed':
        return hresultOf('CHANNEL_ALREADY_CLOSED');
    }
  }

  /** A listener answers; the first answer acquires (PAN-148, PAN-173). */
  respond(end: ListenerEnd, message: Message): number {
    const state = this.#state;
    if (state.kind !== 'held' && state.kind !== 'listenerTurn') return NOT_YOUR_TURN;
    // Nobody answers what has not come yet (PAN-103, PAN-144).
    if (isKeptBack(end)) return NOT_YOUR_TURN;
    if (!hasRoom(this.source)) return QUEUE_IS_FULL;
    if (state.kind === 'held') {
      this.#letInitialGo(state);
      this.#state = heldToSourceTurn(state, end);
      this.#acquired(end, 'acquiredByAnother');
    } else {
      this.#state = listenerTurnToSourceTurn(state);
    }
    this.#give(this.source, message);
    return S_OK;
  }

  /** The source closes, with a last message or without (PAN-160 to PAN-164). */
  close(last: Message | undefined): number {
    const state = this.#state;
    if ((state.kind === 'sourceTurn' || state.kind === 'listenerTurn') && last && !hasRoom(state.owner))
      return QUEUE_IS_FULL;
    this.#toClosed(undefined, 'bySource', 'closed', last);
    return S_OK;
  }

  /** A listener closes or declines. Precondition: the end is offered or owner (PAN-149, PAN-150, PAN-158, PAN-159). */
  closeByListener(end: ListenerEnd, last: Message | undefined): number {
    const owned = this.#state.kind === 'sourceTurn' || this.#state.kind === 'listenerTurn';
    if (!owned && !last) {
      this.#ends.delete(end);
      end.session.forgetEnd(end, 'declined');
      return S_OK;
    }
    if (last && !hasRoom(this.source)) return QUEUE_IS_FULL;
    this.#ends.delete(end);
    end.session.forgetEnd(end, 'bySelf');
    this.#toClosed(this.source, 'closedByAnother', 'closed', last);
    return S_OK;
  }

  /** A listener's session is gone. Only the owner's death closes the channel (PAN-170, PAN-171). */
  listenerGone(end: ListenerEnd, cause: Cause): void {
    const state = this.#state;
    this.#ends.delete(end);
    if ((state.kind === 'sourceTurn' || state.kind === 'listenerTurn') && state.owner === end) {
      this.#toClosed(this.source, 'bySource', cause, undefined);
    }
  }

  /** By rundown of the source, the operator or the spooler's end (PAN-172). */
  end(cause: Cause): void {
    this.#toClosed(this.source, 'bySource', cause, undefined);
  }

  /**
   * `told`: the source, where somebody else than the source closes. Everyone left is told; the last message goes with
   * it. Does nothing where it is closed.
   */
  #toClosed(told: SourceEnd | undefined, finish: Finish, cause: Cause, last: Message | undefined): void {
    const state = this.#state;
    if (state.kind === 'closed') return;
    if (state.kind === 'opened' || state.kind === 'held') this.#directory.removeOffered(this);
    if (state.kind === 'held') this.#letInitialGo(state);
    this.#state = anyToClosed(state);
    // A listener that closed with a payload has acquired: the others lost to it and do not get its last word.
    const lostToAnother = finish === 'closedByAnother';
    for (const end of this.#ends) {
      end.session.finishEnd(end, finish, lostToAnother ? 'acquired' : cause, lostToAnother ? undefined : last);
    }
    this.#ends.clear();
    if (told) told.session.finishEnd(told, 'source', cause, last);
    this.source.session.closed(this);
  }

  #acquired(owner: ListenerEnd, finish: Finish): void {
    this.#directory.removeOffered(this);
    for (const end of this.#ends) {
      if (end === owner) continue;
      this.#ends.delete(end);
      end.session.finishEnd(end, finish, 'acquired');
    }
  }

  #offer(registration: Registration): void {
    const end = registration.session.newListenerEnd(registration, this);
    this.#ends.add(end);
    if (this.#state.kind === 'held') this.#give(end, this.#state.initial);
  }

  #give(end: SourceEnd | ListenerEnd, message: Message): void {
    const { delivery } = end.session;
    const passes = delivery.wouldPass(delivery.common);
    if (passes && message.fits(end.number)) {
      end.pending = undefined;
      return delivery.forward(message, end.number, delivery.common);
    }
    const parcel = {
      end: end.number,
      sequence: message.sequence,
      size: message.size,
      record: (passes ? message : message.keep()).record(end.number),
    };
    const given = delivery.give(parcel, delivery.common);
    end.pending = given ? undefined : parcel;
  }

  #letInitialGo({ initial }: Held): void {
    this.source.session.initialBytes -= initial.size;
  }
}

function hasRoom({ session }: SourceEnd | ListenerEnd): boolean {
  return session.delivery.hasRoom(session.delivery.common);
}

/** Whether what was last sent to the end is still queued for want of credit. */
function isKeptBack({ session, pending }: SourceEnd | ListenerEnd): boolean {
  return pending !== undefined && session.delivery.common.queue.has(pending);
}
