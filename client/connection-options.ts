/** What every library takes that connects to a spooler. */

import type { HeartbeatTimes } from '../shared/heartbeat.ts';
import type { Clock } from '../shared/index.ts';
import type { OnProblem } from './problem.ts';

export interface ConnectionOptions {
  /**
   * Who one says one is, where the spooler takes one's word. Default: the operating system's user; `anonymous` in
   * browsers.
   */
  readonly user?: string;
  /** What the spooler's token file names one by. */
  readonly token?: string;
  /** For people who look at `status`; default the library's name. */
  readonly agent?: string;
  /** Milliseconds; default 5,000 and 5,000. */
  readonly heartbeat?: HeartbeatTimes;
  /** Milliseconds to connect and be greeted; default 10,000. */
  readonly connectTime?: number;
  readonly clock?: Clock;
  /** Told of callbacks that throw or hang. Default: the console. */
  readonly onProblem?: OnProblem;
  /**
   * Development option: remember where each data object was acquired, and report those that are never released when the
   * connection ends.
   */
  readonly traceReferences?: boolean;
  /** Cancels connecting. */
  readonly signal?: AbortSignal;
}
