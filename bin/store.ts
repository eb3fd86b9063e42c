/** `spoolpipe store`: the store of a spooler that does not run. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { SpoolError } from '../shared/index.ts';
import { checkStore, compactStore, type StoreReport } from '../spooler/index.ts';
import { action, type Running } from './action.ts';
import { defaultDataFolder } from './data-folder.ts';
import { CommandError, EXIT } from './exit-code.ts';

export function addStore(program: Command): void {
  const store = program
    .command('store')
    .summary('look after what a spooler keeps')
    .description('Looks after what a spooler keeps: see docs/store.md. No spooler may be running there.');
  store
    .command('check')
    .summary('read everything, and say whether it is whole')
    .description('Reads everything in the store, and says how much it is and what of it is damaged: then exit 1.')
    .argument('[folder]', 'the --data of the spooler (default: the data folder of the user)')
    .option('--json', 'one JSON object on standard output')
    .addOption(new Option('--here').hideHelp())
    .addHelpText('after', '\nExample:\n  spoolpipe store check /var/lib/spoolpipe')
    .action(action(check));
  store
    .command('compact')
    .summary('make the file of the store as small as it can be')
    .description('Writes the store anew, without the room that was left free. Its file is whole at every moment.')
    .argument('[folder]', 'the --data of the spooler (default: the data folder of the user)')
    .option('--json', 'one JSON object on standard output')
    .addHelpText('after', '\nExample:\n  spoolpipe store compact /var/lib/spoolpipe')
    .action(action(compact));
}

function folderOf({ args: [folder = defaultDataFolder()] }: Command): string {
  return resolve(folder);
}

/** Throws a usage error where there is no store. */
async function inStore<Report>(folder: string, act: (folder: string) => Promise<Report>): Promise<Report> {
  try {
    return await act(folder);
  } catch (reason) {
    if (!(reason instanceof SpoolError && reason.code === 'E_INVALIDARG')) throw reason;
    throw new CommandError(EXIT.usage, `there is no store in ${folder}`);
  }
}

async function check(command: Command, { output }: Running): Promise<number> {
  const folder = folderOf(command);
  // A damaged file may end the process that reads it: that must not be the one that has to say so.
  if (!command.opts<{ readonly here?: true }>().here) return checkInChild(folder, output.json);
  const report = await inStore(folder, checkStore);
  await output.result({ folder, ...report }, sentenceOf(folder, report));
  return report.damaged.length === 0 ? EXIT.ok : EXIT.refused;
}

async function checkInChild(folder: string, json: boolean): Promise<number> {
  const [, script = ''] = process.argv;
  const words = [script, 'store', 'check', folder, '--here', ...(json ? ['--json'] : [])];
  const child = spawn(process.execPath, words, { stdio: 'inherit' });
  const [exitCode, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (exitCode !== null) return exitCode;
  throw new SpoolError('STORE_CORRUPT', { input: `${folder}: to read it ended with ${signal}` });
}

function sentenceOf(folder: string, { entries, bytes, damaged }: StoreReport): string {
  const size = `${folder}: ${entries} entries, ${bytes} bytes`;
  return damaged.length === 0 ? `${size}: whole` : [`${size}: damaged at`, ...damaged].join('\n  ');
}

async function compact(command: Command, { output }: Running): Promise<number> {
  const folder = folderOf(command);
  const { before, after } = await inStore(folder, compactStore);
  await output.result({ folder, before, after }, `${folder}: ${before} bytes before, ${after} now`);
  return EXIT.ok;
}
