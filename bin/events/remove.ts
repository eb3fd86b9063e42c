/** `spoolpipe events remove`: an event class, or a subscription. */

import type { Command } from 'commander';
import type { Guid } from '../../shared/index.ts';
import { action, type Running } from '../action.ts';
import { addConnecting, type ConnectingOptions } from '../connecting.ts';
import { EXIT } from '../exit-code.ts';
import { guidIn } from '../guid-argument.ts';
import { withPublisher } from './with-publisher.ts';

export function addRemove(events: Command): void {
  const command = events
    .command('remove')
    .summary('remove an event class or a subscription')
    .description(
      'Removes an event class, or ends a subscription. Subscriptions of a class that is removed stay, and are called ' +
        'again once it is installed again.',
    )
    .argument('<id>', 'the CLSID of the class, or the ID of the subscription', guidIn);
  addConnecting(command).action(action(remove));
}

async function remove(command: Command, running: Running): Promise<number> {
  const [id] = command.processedArgs as [Guid];
  const what = await withPublisher(command.opts<ConnectingOptions>(), running, async ({ catalogue }) => {
    const [eventClass] = await catalogue.classes(`EVENTCLASSID = {${id}}`);
    await (eventClass ? catalogue.remove(id) : catalogue.unsubscribe(id));
    return eventClass ? 'event class' : 'subscription';
  });
  await running.output.result({ event: 'removed', what, id }, `removed the ${what} ${id}`);
  return EXIT.ok;
}
