/** `spoolpipe registrations list`. */

import type { Command } from 'commander';
import type { PersistentRegistration } from '../../client/listener.ts';
import { action, type Running } from '../action.ts';
import { addConnecting, type ConnectingOptions } from '../connecting.ts';
import { CommandError, EXIT } from '../exit-code.ts';
import { typeForPeople } from '../interest.ts';
import { type Listing, list } from '../listing.ts';
import { withListener } from './with-listener.ts';

export function addRegistrationsList(registrations: Command): void {
  const command = registrations
    .command('list', { isDefault: true })
    .summary('show your persistent registrations')
    .description('Shows your persistent registrations: what they are for, and what waits for them.')
    .allowExcessArguments();
  addConnecting(command).action(action(listRegistrations));
}

async function listRegistrations(command: Command, running: Running): Promise<number> {
  // Whoever misspells a command means another than the one that needs no name.
  const [unknown] = command.args;
  if (unknown !== undefined)
    throw new CommandError(EXIT.usage, `registrations has no command "${unknown}": they are list and remove`);
  const all = await withListener(command.opts<ConnectingOptions>(), running, (listener) =>
    listener.persistentRegistrations(),
  );
  await list(REGISTRATIONS, all, running.output);
  return EXIT.ok;
}

const REGISTRATIONS: Listing<PersistentRegistration> = {
  event: 'registration',
  title: 'registrations',
  heads: ['id', 'printer', 'type', 'filter', 'waiting', 'bytes', 'lost', 'attached'],
  rowsOf: ({ id, name, type, filter, pending, bytes, lost, attached }) => [
    [id, name ?? '(all)', typeForPeople(type), filter, pending, bytes, lost, attached ? 'yes' : 'no'],
  ],
};
