/**
 * The seam through which somebody in the spooler keeps what unidirectional channels send, for listeners that are not
 * there. He is found by the rules of a registration, and what is kept is answered once he says so.
 */

import type { Guid, Interest, UserFilter } from '../../shared/index.ts';
import type { RoomSeeker } from './delivery.ts';
import type { Target } from './directory.ts';
import type { Message } from './message.ts';

/** What a keeper keeps: as a unidirectional registration of the user would receive it. The name is a valid one. */
export interface KeptInterest {
  readonly name: string | null;
  readonly type: Guid;
  readonly filter: UserFilter;
}

export interface Keeper {
  /** Whether there is room for another one. Without, it is lost for this keeper (PAN-116), or its sender waits. */
  readonly hasRoom: boolean;
  /** Tells the seeker once when there may be room where there was none. */
  whenRoom(seeker: RoomSeeker): void;
  /**
   * Keeps what was sent on a channel, and says how that ended: a code now, or the promise of one. What is kept in one
   * step may get one and the same promise: then it is answered in one step too. A code of failure is the sender's
   * answer; so is `E_UNEXPECTED`, where it throws or rejects. Has copied what it wants of the message when it returns.
   */
  keep(message: Message, target: Target): number | Promise<number>;
}

/** A keeper where the directory finds him. */
export interface Keeping {
  readonly interest: Interest;
  readonly nameKey: string;
  readonly user: string;
  readonly keeper: Keeper;
}
