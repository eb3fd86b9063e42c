/** What `spoolpipe serve` can be told. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { validName } from '../shared/index.ts';
import { addKeeping, type KeepingOptions } from './keeping.ts';
import { wholeNumber } from './number.ts';

export interface ServeCommandOptions extends KeepingOptions {
  readonly host: string;
  readonly port: number;
  readonly server?: string;
  readonly tokenFile?: string;
  readonly classes?: string;
  readonly events?: string;
  readonly jobProgram?: readonly string[];
  readonly origin?: readonly string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly maxPayload?: number;
  readonly maxSessions?: number;
  readonly maxRegistrations?: number;
  readonly maxChannels?: number;
  readonly queueLength?: number;
  readonly maxSpool?: number;
  readonly maxKept?: number;
  readonly verbose?: true;
  readonly json?: true;
}

/** Bytes. Clients take messages of up to 40 MiB and a socket holds up to 64 MiB: above this a payload could not arrive. */
const LARGEST_PAYLOAD = 32 * 1024 * 1024;
const MOST = 1_000_000;
const MOST_BYTES = Number.MAX_SAFE_INTEGER;

export function addServeOptions(command: Command): Command {
  const limit = (flags: string, description: string, most = MOST): Option =>
    new Option(flags, description).argParser(wholeNumber(1, most));
  command
    .option('--host <host>', 'address to listen on; anything but loopback needs --token-file', '127.0.0.1')
    .addOption(
      new Option('--port <port>', 'port to listen on; 0 for any free one')
        .argParser(wholeNumber(0, 65_535))
        .default(6310),
    )
    .addOption(
      new Option('--server <name>', 'the server part of its printer names (default: localhost)').argParser(serverIn),
    );
  return addKeeping(command)
    .option('--token-file <file>', 'who may connect, as whom, with which rights: see docs/serve.md')
    .option('--classes <file>', 'which programs and modules serve which classes: see docs/serve.md')
    .option('--events <file>', 'event classes, subscriptions and roles: see docs/serve.md')
    .addOption(
      new Option(
        '--job-program <path>',
        'program that clients may have run for their jobs; repeatable (default: none)',
      ).argParser(repeated),
    )
    .addOption(
      new Option(
        '--origin <origin>',
        'origin of web pages that may connect, such as https://print.example; repeatable (default: without tokens ' +
          'those on loopback, with tokens none)',
      ).argParser((text: string, before: readonly string[] | undefined) => repeated(originIn(text), before)),
    )
    .option('--tls-cert <file>', 'PEM file with the certificate chain; then it is wss: only')
    .option('--tls-key <file>', 'PEM file with its private key')
    .addOption(limit('--max-payload <bytes>', 'largest payload (default: 10485760)', LARGEST_PAYLOAD))
    .addOption(limit('--max-sessions <n>', 'sessions at once (default: 10000)'))
    .addOption(limit('--max-registrations <n>', 'registrations at once (default: 200000)'))
    .addOption(limit('--max-channels <n>', 'channels at once (default: 10000)'))
    .addOption(
      limit('--queue-length <n>', 'notifications queued for a unidirectional registration that is full (default: 100)'),
    )
    .addOption(limit('--max-spool <bytes>', 'all documents of print jobs (default: 10737418240)', MOST_BYTES))
    .addOption(
      limit(
        '--max-kept <bytes>',
        'all that persistent registrations keep (default: 10737418240; with --ephemeral 1073741824)',
        MOST_BYTES,
      ),
    )
    .option('--verbose', 'say who comes and goes')
    .option('--json', 'one JSON object per line on standard output');
}

function repeated(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** As browsers send it: one with a path would never be met. */
function originIn(text: string): string {
  if (/^(null|[a-z][a-z0-9+.-]*:\/\/[^/?#\s]+)$/i.test(text)) return text;
  throw new InvalidArgumentError('It must be such as https://print.example, without a path.');
}

function serverIn(text: string): string {
  try {
    validName(`\\\\${text}\\printer`);
    return text;
  } catch {
    throw new InvalidArgumentError('It must be the name or the address of a computer.');
  }
}
