/** `spoolpipe events list`: the event classes that are installed. */

import type { Command } from 'commander';
import type { InstalledEventClass } from '../../client/publisher.ts';
import { action, type Running } from '../action.ts';
import { addConnecting, type ConnectingOptions } from '../connecting.ts';
import { EXIT } from '../exit-code.ts';
import { type Listing, list } from '../listing.ts';
import { checkStoreCriteria } from './store-criteria.ts';
import { withPublisher } from './with-publisher.ts';

interface ListOptions extends ConnectingOptions {
  readonly criteria?: string;
}

export function addList(events: Command): void {
  const command = events
    .command('list')
    .summary('show the event classes and their methods')
    .description('Shows the event classes that are installed, with their interfaces and methods.')
    .option('--criteria <criteria>', "only some, such as: EventClassName = 'Office.Printer'");
  addConnecting(command).action(action(listClasses));
}

async function listClasses(command: Command, running: Running): Promise<number> {
  const options = command.opts<ListOptions>();
  checkStoreCriteria(options.criteria);
  const classes = await withPublisher(options, running, ({ catalogue }) => catalogue.classes(options.criteria));
  await list(CLASSES, classes, running.output);
  return EXIT.ok;
}

/** A row for each method. */
const CLASSES: Listing<InstalledEventClass> = {
  event: 'eventClass',
  title: 'event classes',
  heads: ['class', 'CLSID', 'interface', 'method'],
  rowsOf: (one) =>
    one.interfaces.flatMap((fired) =>
      fired.methods.map(({ name, parameters }) => {
        const given = parameters.map((parameter) => `${parameter.name}: ${parameter.type}`).join(', ');
        return [one.name, one.clsid, fired.name, `${name}(${given})`];
      }),
    ),
};
