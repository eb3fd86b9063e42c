/** The options that say to which spooler and as whom, and what the libraries make of them. */

import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ConnectionOptions, DialOptions } from '../client/listener.ts';
import { VERSION } from '../shared/index.ts';
import { CommandError, EXIT } from './exit-code.ts';
import { readNamedFile } from './payload.ts';

const DEFAULT_URL = 'ws://127.0.0.1:6310';

export interface ConnectingOptions {
  readonly url: string;
  readonly token?: string;
  readonly as?: string;
  readonly ca?: string;
  readonly json?: true;
}

export function addConnecting(command: Command): Command {
  return command
    .addOption(
      new Option('--url <url>', 'where the spooler is').env('SPOOLPIPE_URL').default(DEFAULT_URL).argParser(urlIn),
    )
    .addOption(new Option('--token <token>', 'what its token file names you by').env('SPOOLPIPE_TOKEN'))
    .addOption(
      new Option('--as <name>', "without tokens: who you are (default: the operating system's user)").argParser(userIn),
    )
    .option(
      '--ca <file>',
      'PEM file with the certificate authorities to trust, for wss: with a certificate of your own',
    )
    .option('--json', 'one JSON object per line on standard output');
}

/** An empty variable of the environment says as much as none. */
function urlIn(text: string): string {
  if (text === '' || (/^(ws|http)s?:\/\//i.test(text) && URL.canParse(text))) return text;
  throw new InvalidArgumentError(`It must be such as ${DEFAULT_URL}.`);
}

export function userIn(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('It must be the name of a user.');
}

export interface Connecting {
  readonly url: string;
  readonly options: ConnectionOptions & DialOptions;
}

/** Throws a usage error. */
export async function connecting(
  { url, token = '', as, ca }: ConnectingOptions,
  subcommand: string,
): Promise<Connecting> {
  return {
    url: url === '' ? DEFAULT_URL : url,
    options: {
      agent: `spoolpipe ${VERSION} ${subcommand}`,
      ...(token === '' ? { user: as ?? accountName() } : { token, ...(as !== undefined && { user: as }) }),
      ...(ca !== undefined && { ca: Buffer.from(await readNamedFile(ca)) }),
    },
  };
}

/** Throws a usage error where the account has no entry in the system's table, as it is in some containers. */
function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    throw new CommandError(EXIT.usage, 'this account has no name: say with --as who you are');
  }
}

/** Milliseconds that a spooler has to answer a goodbye: a frozen one must not keep the command. */
const GOODBYE = 1_000;

export async function leave(client: { close(): Promise<unknown> }): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, GOODBYE);
  });
  await Promise.race([client.close(), late]);
  clearTimeout(timer);
}
