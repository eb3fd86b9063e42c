/** What a link that frames by itself goes by: the same for all links of one place. */

import type { Clock } from '../clock.ts';
import type { FrameHeadRules } from './frame.ts';
import type { OwnReading } from './own-reading.ts';
import { Rooms } from './rooms.ts';
import type { SocketHooks } from './socket-link.ts';

export interface FrameMemory {
  /** Memory that need not be cleared. */
  readonly allocate: (length: number) => Uint8Array;
  /** Somebody else refers to what `allocate` gave, and will give it back too, or leave it to be collected. */
  readonly share?: (bytes: Uint8Array) => void;
  /** Takes back what `allocate` gave, all of it or a part; once everybody has, it may be given again. */
  readonly recycle?: (bytes: Uint8Array) => void;
}

export interface FrameRules extends FrameHeadRules, FrameMemory, SocketHooks {
  /** Whether we mask: clients do. */
  readonly masks: boolean;
  /** Frames of one message at most. */
  readonly maxFragments: number;
  readonly clock: Clock;
  /** Milliseconds for the peer to answer a close frame, and to close the connection after it. */
  readonly closeTime: number;
  /** What sockets are read into, where they can be. */
  readonly ownReading?: OwnReading | undefined;
  readonly rooms: Rooms;
  /** Calls back when the streams have been read that can be read now. */
  readonly whenRead?: (then: () => void) => void;
}

/** The rules of one side. */
export function frameRules(
  role: 'client' | 'server',
  rules: Omit<FrameRules, 'masked' | 'masks' | 'maxFragments' | 'rooms'>,
): FrameRules {
  // A browser cuts a large message into some hundred frames; more is an attack on memory.
  return { maxFragments: 1024, ...rules, rooms: new Rooms(rules), masked: role === 'server', masks: role === 'client' };
}
