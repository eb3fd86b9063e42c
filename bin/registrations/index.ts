/** `spoolpipe registrations`: the persistent registrations of a user. */

import type { Command } from 'commander';
import { addRegistrationsList } from './list.ts';
import { addRegistrationsRemove } from './remove.ts';

export function addRegistrations(program: Command): void {
  const registrations = program
    .command('registrations')
    .summary('persistent registrations: see them, remove them')
    .description(
      'The persistent registrations that "spoolpipe listen --name" makes; without a command they are listed.',
    );
  addRegistrationsList(registrations);
  addRegistrationsRemove(registrations);
}
