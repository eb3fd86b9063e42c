/** `spoolpipe events subscribe --subscriber`: a persistent subscription, which outlives the command. */

import { connectSubscriber } from '../../client/subscriber.ts';
import type { Guid } from '../../shared/index.ts';
import type { Running } from '../action.ts';
import { type ConnectingOptions, connecting, leave } from '../connecting.ts';
import { EXIT } from '../exit-code.ts';
import { unlessAborted } from '../stop.ts';
import { findClass } from './find-class.ts';
import { type ScopeOptions, specificationOf } from './scope.ts';

export interface SubscribeClassOptions extends ConnectingOptions, ScopeOptions {
  readonly queued?: true;
}

/** `subscriberClsid`: the class that an object is made of for each event. Resolves with the exit code, once it is stored. */
export async function subscribeClass(
  wanted: string,
  subscriberClsid: Guid,
  options: SubscribeClassOptions,
  { output, stop }: Running,
): Promise<number> {
  const { interface: one, queued = false } = options;
  const { url, options: client } = await connecting(options, 'events subscribe');
  const { signal } = stop;
  const subscriber = await unlessAborted(signal, connectSubscriber(url, { ...client, reconnect: false }));
  try {
    const eventClass = await unlessAborted(signal, findClass(subscriber.catalogue, wanted));
    const subscribing = subscriber.subscribeClass({
      ...specificationOf(eventClass, options),
      ...(one !== undefined && { interface: one }),
      subscriberClsid,
      queued,
    });
    const id = await unlessAborted(signal, subscribing);
    await output.result(
      { event: 'subscribed', id, eventClass: eventClass.clsid, subscriberClsid, queued, user: subscriber.user },
      `subscription ${id}: ${subscriberClsid} gets the events of ${eventClass.name}, for ${subscriber.user}`,
    );
  } finally {
    await leave(subscriber);
  }
  return EXIT.ok;
}
