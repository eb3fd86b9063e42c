#!/usr/bin/env node
/** The command line. Each subcommand composes the public libraries: what it can do, a program can do. */

import { Command, CommanderError } from 'commander';
import { VERSION, WELL_KNOWN_TYPES } from '../shared/index.ts';
import { addEvents } from './events/index.ts';
import { EXIT } from './exit-code.ts';
import { addExplain } from './explain.ts';
import { addFilter } from './filter.ts';
import { addJobs } from './jobs/index.ts';
import { addListen } from './listen.ts';
import { addRegistrations } from './registrations/index.ts';
import { addSend } from './send.ts';
import { addServe } from './serve.ts';
import { addStatus } from './status.ts';
import { addStore } from './store.ts';

const program = new Command('spoolpipe')
  .description("The Windows print spooler's asynchronous notification pipe, on every platform, over WebSocket.")
  .version(VERSION)
  .configureHelp({ helpWidth: 100 })
  .showHelpAfterError('(--help says more)')
  .exitOverride();

addServe(program);
addListen(program);
addSend(program);
addStatus(program);
addExplain(program);
addRegistrations(program);
addEvents(program);
addJobs(program);
addFilter(program);
addStore(program);

program.addHelpText(
  'after',
  `
Well-known notification types, in any letter case:
${Object.entries(WELL_KNOWN_TYPES)
  .map(([name, type]) => `  ${type}  ${name}`)
  .join('\n')}

Exit codes:
  0  done
  1  refused, or failed; the message names the code
  2  the command line, or a file that it names, cannot be used
  3  no spooler was reached, or it wants another token
  4  the other end, or the spooler, was gone before the work was done
  5  no answer in time
  128 + a signal's number: stopped before the work was done`,
);

// Of a help that is longer than anybody reads.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

try {
  await program.parseAsync();
} catch (reason) {
  if (!(reason instanceof CommanderError)) throw reason;
  process.exitCode = reason.exitCode === 0 ? EXIT.ok : EXIT.usage;
}
