/** `spoolpipe registrations remove`. */

import type { Command } from 'commander';
import { action, type Running } from '../action.ts';
import { addConnecting, type ConnectingOptions } from '../connecting.ts';
import { EXIT } from '../exit-code.ts';
import { withListener } from './with-listener.ts';

export function addRegistrationsRemove(registrations: Command): void {
  const command = registrations
    .command('remove')
    .summary('remove one for good')
    .description('Removes a persistent registration and what waits for it. Whoever listens under its name is told.')
    .argument('<id>', 'its name');
  addConnecting(command).action(action(remove));
}

async function remove(command: Command, running: Running): Promise<number> {
  const [id = ''] = command.args;
  const options = command.opts<ConnectingOptions>();
  await withListener(options, running, (listener) => listener.removePersistentRegistration(id));
  await running.output.result({ event: 'removed', what: 'registration', id }, `removed the registration ${id}`);
  return EXIT.ok;
}
