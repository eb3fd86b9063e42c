/** What a link that frames by itself goes by: the same for all links of one place. */

import type { Clock } from '../clock.ts';
import type { FrameHeadRules } from './frame.ts';
import type { SocketHooks } from './socket-link.ts';

export interface FrameRules extends FrameHeadRules, SocketHooks {
  /** Whether we mask: clients do. */
  readonly masks: boolean;
  /** Frames of one message at most. */
  readonly maxFragments: number;
  readonly clock: Clock;
  /** Milliseconds for the peer to answer a close frame, and to close the connection after it. */
  readonly closeTime: number;
  /** Memory that need not be cleared. */
  readonly allocate: (length: number) => Uint8Array;
  /** Calls back when the streams have been read that can be read now. */
  readonly whenRead?: (then: () => void) => void;
  /** Takes back what `allocate` gave; nobody refers to it any more. */
  readonly recycle?: (bytes: Uint8Array) => void;
}

/** The rules of one side. */
export function frameRules(
  role: 'client' | 'server',
  rules: Omit<FrameRules, 'masked' | 'masks' | 'maxFragments'>,
): FrameRules {
  // A browser cuts a large message into some hundred frames; more is an attack on memory.
  return { maxFragments: 1024, ...rules, masked: role === 'server', masks: role === 'client' };
}
