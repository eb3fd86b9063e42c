/** `spoolpipe events install`: event classes from a library. */

import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { guid, type LibraryDocument, readLibrary, SpoolError } from '../../shared/index.ts';
import { action, type Running } from '../action.ts';
import { addConnecting, type ConnectingOptions } from '../connecting.ts';
import { CommandError, EXIT } from '../exit-code.ts';
import { type Listing, list } from '../listing.ts';
import { textOrFile } from '../payload.ts';
import { withPublisher } from './with-publisher.ts';

export function addInstall(events: Command): void {
  const command = events
    .command('install')
    .summary('install the event classes of a library')
    .description(
      'Installs the event classes of a library, a JSON document as docs/event-library.schema.json describes it, all of ' +
        'them or none. A class that is there already is replaced. With tokens this takes the right to administer.',
    )
    .argument('<file>', 'the library; - is standard input');
  addConnecting(command)
    .addHelpText(
      'after',
      `
Examples:
  spoolpipe events install office.json`,
    )
    .action(action(install));
}

async function install(command: Command, running: Running): Promise<number> {
  const [file = ''] = command.args;
  const library = libraryIn(await textOrFile(undefined, file), file);
  const options = command.opts<ConnectingOptions>();
  const classes = await withPublisher(options, running, ({ catalogue }) => catalogue.install(library));
  await list(INSTALLED, classes, running.output);
  return EXIT.ok;
}

const INSTALLED: Listing<{ readonly clsid: string; readonly name: string }> = {
  event: 'installed',
  title: 'installed',
  heads: ['class', 'CLSID'],
  rowsOf: ({ clsid, name }) => [[name, clsid]],
};

/** Throws a usage error that names the place. The spooler gives a CLSID to a class that has none. */
function libraryIn(bytes: Uint8Array | undefined, file: string): LibraryDocument {
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    readLibrary(json, () => guid(randomUUID()));
    return json as LibraryDocument;
  } catch (reason) {
    const why = reason instanceof SpoolError ? reason.message : 'it is not JSON in UTF-8';
    throw new CommandError(EXIT.usage, `${file === '-' ? 'standard input' : file}: ${why}`);
  }
}
