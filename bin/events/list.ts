/** `spoolpipe events list`: the event classes that are installed. */

import type { Command } from 'commander';
import type { InstalledEventClass } from '../../client/publisher.ts';
import { action, type Running } from '../action.ts';
import { addConnecting, type ConnectingOptions } from '../connecting.ts';
import { EXIT } from '../exit-code.ts';
import { table } from '../table.ts';
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
  addConnecting(command).action(action(list));
}

async function list(command: Command, running: Running): Promise<number> {
  const options = command.opts<ListOptions>();
  checkStoreCriteria(options.criteria);
  const classes = await withPublisher(options, running, ({ catalogue }) => catalogue.classes(options.criteria));
  for (const one of classes) await running.output.record({ event: 'eventClass', ...one });
  if (!running.output.json) await running.output.result({}, forPeople(classes));
  return EXIT.ok;
}

function forPeople(classes: readonly InstalledEventClass[]): string {
  const rows = classes.flatMap((one) =>
    one.interfaces.flatMap((fired) =>
      fired.methods.map(({ name, parameters }) => {
        const given = parameters.map((parameter) => `${parameter.name}: ${parameter.type}`).join(', ');
        return [one.name, one.clsid, fired.name, `${name}(${given})`];
      }),
    ),
  );
  const title = `event classes: ${classes.length}`;
  return rows.length === 0 ? title : `${title}\n${table(['class', 'CLSID', 'interface', 'method'], rows)}`;
}
