/** Plays what was queued: for one subscription, or as if its publisher fired it now (EVC-126, EVC-127). */

import { type EventCall, type Guid, guid, hresultOf, SpoolError, succeeded } from '../../shared/index.ts';
import type { Activator } from '../activation/activator.ts';
import { type Delivery, resultOfCall } from './delivery.ts';
import type { Played } from './queue-player.ts';
import type { QueuedMessage } from './queued-message.ts';
import { isInForce } from './reach.ts';
import type { Subscription } from './subscription.ts';

export interface PlaybackParts {
  readonly delivery: Delivery;
  readonly activator: Activator;
  subscription(id: Guid): Subscription | undefined;
  readonly isLoggedOn: (user: string) => boolean;
  /** Fires a recorded call. Resolves with the publisher's result. Rejects with a `SpoolError` where it cannot. */
  fire(call: string, message: QueuedMessage): Promise<number>;
}

/** What an exception class is called with before it gets the calls (EVC-127). */
export const IPlaybackControl: Guid = guid('51372afd-cae7-11cf-be81-00aa00a2fa25');

/**
 * Nobody serves the class now, and no command starts anybody who would: the subscriber is offline. Or the spooler itself
 * is about to end.
 */
const NOBODYS_FAULT: ReadonlySet<number> = new Set([
  hresultOf('REGDB_E_CLASSNOTREG'),
  hresultOf('RPC_S_CALL_CANCELLED'),
]);

const utf8 = new TextEncoder();

/** Plays the first call of a message. Rejects only for a fault of the event system. */
export async function play(message: QueuedMessage, parts: PlaybackParts): Promise<Played> {
  const [call = ''] = message.calls;
  if (message.subscription === null) return { kind: 'done', hresult: await fired(call, message, parts) };
  const subscription = parts.subscription(message.subscription);
  if (!subscription) return { kind: 'gone' };
  if (!isInForce(subscription, parts.isLoggedOn)) return { kind: 'hold' };
  const { hresult } = await parts.delivery.call(
    { call: JSON.parse(call) as EventCall, bytes: utf8.encode(call) },
    subscription,
  );
  return NOBODYS_FAULT.has(hresult) ? { kind: 'hold' } : { kind: 'done', hresult };
}

async function fired(call: string, message: QueuedMessage, parts: PlaybackParts): Promise<number> {
  try {
    return await parts.fire(call, message);
  } catch (reason) {
    if (reason instanceof SpoolError) return reason.hresult;
    throw reason;
  }
}

/**
 * The exception class of the subscriber is created, told that this was the last try, and gets the calls that are left.
 * Resolves with whether it took all of them.
 */
export async function playToExceptionClass(message: QueuedMessage, parts: PlaybackParts): Promise<boolean> {
  const subscription = message.subscription === null ? undefined : parts.subscription(message.subscription);
  if (subscription?.exceptionClsid === undefined) return false;
  const object = await parts.activator.activate(subscription.exceptionClsid, subscription.user ?? subscription.owner);
  try {
    const finalServerRetry = JSON.stringify({
      eventClass: subscription.eventClass ?? subscription.exceptionClsid,
      interface: IPlaybackControl,
      method: 'FinalServerRetry',
      arguments: {},
    });
    for (const call of [finalServerRetry, ...message.calls])
      if (!succeeded(await resultOfCall(object, utf8.encode(call)))) return false;
    return true;
  } finally {
    object.release();
  }
}
