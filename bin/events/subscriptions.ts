/** `spoolpipe events subscriptions`: who has subscribed to what. */

import type { Command } from 'commander';
import type { InstalledSubscription } from '../../client/publisher.ts';
import { action, type Running } from '../action.ts';
import { addConnecting, type ConnectingOptions } from '../connecting.ts';
import { EXIT } from '../exit-code.ts';
import { type Listing, list } from '../listing.ts';
import { checkStoreCriteria } from './store-criteria.ts';
import { withPublisher } from './with-publisher.ts';

interface SubscriptionsOptions extends ConnectingOptions {
  readonly criteria?: string;
}

export function addSubscriptions(events: Command): void {
  const command = events
    .command('subscriptions')
    .summary('show subscriptions')
    .description('Shows your subscriptions, or with the right to administer those of everybody.')
    .option('--criteria <criteria>', "only some, such as: MethodName = 'onPaperJam' AND Enabled = TRUE");
  addConnecting(command).action(action(subscriptions));
}

async function subscriptions(command: Command, running: Running): Promise<number> {
  const options = command.opts<SubscriptionsOptions>();
  checkStoreCriteria(options.criteria);
  const all = await withPublisher(options, running, ({ catalogue }) => catalogue.subscriptions(options.criteria));
  await list(SUBSCRIPTIONS, all, running.output);
  return EXIT.ok;
}

const SUBSCRIPTIONS: Listing<InstalledSubscription> = {
  event: 'subscription',
  title: 'subscriptions',
  heads: ['id', 'name', 'for', 'events of', 'method', 'criteria', 'subscriber'],
  rowsOf: (one) => [
    [
      one.id,
      one.name + (one.enabled === false ? ' (disabled)' : ''),
      one.user ?? one.owner,
      one.eventClass ?? one.publisherId ?? one.interface ?? '',
      one.method ?? '(all)',
      one.filterCriteria ?? '(all)',
      one.subscriberClsid === undefined ? 'live' : `${one.subscriberClsid}${one.queued ? ' queued' : ''}`,
    ],
  ],
};
