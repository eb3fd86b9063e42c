/** `spoolpipe registrations list`. */

import type { Command } from 'commander';
import type { PersistentRegistration } from '../../client/listener.ts';
import { action, type Running } from '../action.ts';
import { addConnecting, type ConnectingOptions } from '../connecting.ts';
import { EXIT } from '../exit-code.ts';
import { typeForPeople } from '../interest.ts';
import { table } from '../table.ts';
import { withListener } from './with-listener.ts';

export function addRegistrationsList(registrations: Command): void {
  const command = registrations
    .command('list', { isDefault: true })
    .summary('show your persistent registrations')
    .description('Shows your persistent registrations: what they are for, and what waits for them.');
  addConnecting(command).action(action(list));
}

async function list(command: Command, running: Running): Promise<number> {
  const work = withListener(command.opts<ConnectingOptions>(), running, (listener) =>
    listener.persistentRegistrations(),
  );
  const all = await work;
  for (const one of all) await running.output.record({ event: 'registration', ...one });
  if (!running.output.json) await running.output.result({}, `registrations: ${all.length}\n${inTable(all)}`.trimEnd());
  return EXIT.ok;
}

function inTable(all: readonly PersistentRegistration[]): string {
  if (all.length === 0) return '';
  const rows = all.map(({ id, name, type, filter, pending, bytes, lost, attached }) => [
    id,
    name ?? 'all',
    typeForPeople(type),
    filter,
    pending,
    bytes,
    lost,
    attached ? 'yes' : 'no',
  ]);
  return table(['id', 'printer', 'type', 'filter', 'waiting', 'bytes', 'lost', 'attached'], rows);
}
