/** An object somewhere else that can be called (EVC-81, EVC-82). */

import type { Cause } from '../../shared/index.ts';

export interface CallableObject {
  /**
   * Calls it with the bytes of an event call, which are borrowed until the promise settles; resolves with the HRESULT it
   * answers, also one of failure. Calls are made one after another in the order they come. Rejects where it cannot be
   * called: `CONNECTION_LOST` when it goes, the cause in its input; `TIMED_OUT`, at once where a call before was given up
   * and is not answered yet; `CHANNEL_ALREADY_CLOSED` once it is released; `PROTOCOL_VIOLATED` when it answers what is no answer; and the code of a refusal, such as
   * `MAX_NOTIFICATION_SIZE_EXCEEDED`.
   */
  call(bytes: Uint8Array): Promise<number>;
  /** Lets it go. Calls that are not answered yet reject. Doing it again does nothing. */
  release(): void;
  /** Resolves, never rejects, when it is gone: with `closed` where it was released or has ended itself. */
  readonly gone: Promise<Cause>;
}
