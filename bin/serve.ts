/** `spoolpipe serve`: a spooler until it is told to stop. */

import { access, constants } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Limits, SpoolError, VERSION, validName } from '../shared/index.ts';
import {
  ClassTable,
  createEventSystem,
  createJobSystem,
  createPersistentRegistrations,
  type EmbeddedEventSystem,
  type EmbeddedJobSystem,
  type EmbeddedPersistentRegistrations,
  type EventsFile,
  parseEventsFile,
  type ServeOptions,
  type Server,
  type SpoolerEvent,
  type Store,
  serve,
  TokenTable,
} from '../spooler/index.ts';
import { action, type Running } from './action.ts';
import { sentenceOf } from './event-report.ts';
import { CommandError, EXIT } from './exit-code.ts';
import { addKeeping, type KeepingOptions, type Kept, openKept } from './keeping.ts';
import { wholeNumber } from './number.ts';
import type { Output } from './output.ts';
import { readNamedFile } from './payload.ts';

interface ServeCommandOptions extends KeepingOptions {
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
/** What a message has room for beside the payload. */
const MESSAGE_MARGIN = 64 * 1024;
const MOST = 1_000_000;
const MOST_BYTES = Number.MAX_SAFE_INTEGER;

export function addServe(program: Command): void {
  const limit = (flags: string, description: string, most = MOST): Option =>
    new Option(flags, description).argParser(wholeNumber(1, most));
  const command = program
    .command('serve')
    .summary('run a spooler')
    .description(
      'Runs a spooler. Prints its address once it is ready. SIGTERM and SIGINT drain: what was sent is answered and ' +
        'delivered, everybody is told, exit 0; a second signal ends at once. GET /healthz and /readyz say how it is.',
    )
    .option('--host <host>', 'address to listen on; anything but loopback needs --token-file', '127.0.0.1')
    .addOption(
      new Option('--port <port>', 'port to listen on; 0 for any free one')
        .argParser(wholeNumber(0, 65_535))
        .default(6310),
    )
    .addOption(
      new Option('--server <name>', 'the server part of its printer names (default: localhost)').argParser(serverIn),
    );
  addKeeping(command)
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
    .option('--json', 'one JSON object per line on standard output')
    .addHelpText(
      'after',
      `
Examples:
  spoolpipe serve
  spoolpipe serve --host 0.0.0.0 --token-file tokens.json --tls-cert chain.pem --tls-key key.pem`,
    )
    .action(action(run));
}

function repeated(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** As browsers send it: one with a path would never be met. */
function originIn(text: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]+$/i.test(text)) return text;
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

async function run(command: Command, running: Running): Promise<number> {
  const options = command.opts<ServeCommandOptions>();
  running.output.keepStandardOutput();
  const serving = await serveOptions(options, running.output);
  const kept = await openKept(options, running.output);
  try {
    return await serveUntilStopped(options, serving, kept, running);
  } finally {
    await kept?.store.close();
  }
}

async function serveUntilStopped(
  options: ServeCommandOptions,
  serving: ServeOptions,
  kept: Kept | undefined,
  { output, stop }: Running,
): Promise<number> {
  let address: string | undefined;
  const surroundings = { output, store: kept?.store, tokens: serving.tokens, url: () => address };
  const events = await eventSystem(options, surroundings);
  const jobs = jobSystem(events, await programs(options), kept, options, output);
  const trouble = (): SpoolError | undefined => kept?.store.failure;
  const registrations = persistentRegistrations(kept, options);
  const services = [...events.services, ...jobs.services, ...registrations.services];
  const server = await start({ ...serving, trouble, services });
  const { url, port, spooler } = server;
  address = reachable(url);
  await configured(events, jobs, server);
  const data = kept?.folder ?? null;
  await output.result({ event: 'ready', url, port, server: spooler.server, version: VERSION, data }, url);
  const remarks = [
    ...(options.tokenFile === undefined ? ['everybody on loopback may do everything'] : []),
    data === null ? 'nothing is kept' : `what must last is kept in ${data}`,
  ];
  output.say([`spoolpipe ${VERSION} is ready`, ...remarks].join('; '));
  await new Promise<void>((resolve) => {
    if (stop.signal.aborted) resolve();
    else stop.signal.addEventListener('abort', () => resolve());
  });
  output.say('draining');
  await server.close();
  return EXIT.ok;
}

async function start(options: ServeOptions): Promise<Server> {
  try {
    return await serve(options);
  } catch (reason) {
    if (reason instanceof SpoolError) throw reason;
    // Of a certificate that cannot be used Node says so before it listens.
    const exitCode = reason instanceof Error && 'syscall' in reason ? EXIT.unreachable : EXIT.usage;
    const what = exitCode === EXIT.usage && options.tls ? ' with this certificate and key' : '';
    throw new CommandError(exitCode, `cannot serve${what}: ${messageOf(reason)}`);
  }
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

/** What the operator's files say of events has to make sense before anybody is told that the spooler is ready. */
async function configured(events: EmbeddedEventSystem, jobs: EmbeddedJobSystem, server: Server): Promise<void> {
  try {
    await events.ready();
    await jobs.ready();
  } catch (reason) {
    await server.close();
    if (!(reason instanceof SpoolError)) throw reason;
    throw new CommandError(EXIT.usage, `cannot serve: ${reason.message}`);
  }
}

interface Surroundings {
  readonly output: Output;
  readonly store: Store | undefined;
  readonly tokens: TokenTable | undefined;
  /** Where the spooler is, once it is ready. */
  readonly url: () => string | undefined;
}

async function eventSystem(
  { classes, events }: ServeCommandOptions,
  { output, store, tokens, url }: Surroundings,
): Promise<EmbeddedEventSystem> {
  const configuration = events === undefined ? undefined : await readEvents(events);
  const table = classes === undefined ? new ClassTable() : await readClasses(classes);
  return createEventSystem({
    classes: { table, url, onLine: (line) => output.say(line) },
    log: (report) => {
      output.say(sentenceOf(report));
      void output.record({ event: 'events', ...report });
    },
    ...(store && { store }),
    ...(configuration && { configuration }),
    ...(tokens && { isUser: (user: string) => tokens.isUser(user) }),
  });
}

/** Documents lie beside the store that has their jobs. */
function jobSystem(
  events: EmbeddedEventSystem,
  programs: readonly string[],
  kept: Kept | undefined,
  { maxSpool }: ServeCommandOptions,
  output: Output,
): EmbeddedJobSystem {
  return createJobSystem({
    events,
    programs,
    onLine: (line) => output.say(line),
    ...(maxSpool !== undefined && { spoolSize: maxSpool }),
    ...(kept && { store: kept.store, folder: join(kept.folder, 'spool') }),
  });
}

function persistentRegistrations(
  kept: Kept | undefined,
  { maxKept }: ServeCommandOptions,
): EmbeddedPersistentRegistrations {
  return createPersistentRegistrations({
    ...(maxKept !== undefined && { keptSize: maxKept }),
    ...(kept && { store: kept.store }),
  });
}

/** Clients name them exactly so: a path that depends on where the spooler was started would be a riddle to them. */
async function programs({ jobProgram = [] }: ServeCommandOptions): Promise<readonly string[]> {
  for (const path of jobProgram) {
    if (!isAbsolute(path)) throw new CommandError(EXIT.usage, `--job-program ${path}: not a whole path`);
    try {
      await access(path, constants.X_OK);
    } catch (reason) {
      throw new CommandError(EXIT.usage, `--job-program ${path}: cannot be run: ${messageOf(reason)}`);
    }
  }
  return jobProgram;
}

async function readEvents(path: string): Promise<EventsFile> {
  return parseEventsFile(await readText(path));
}

async function readClasses(path: string): Promise<ClassTable> {
  return ClassTable.parse(await readText(path), resolve(dirname(path)));
}

/** A spooler that listens on every address is reached on loopback. */
function reachable(url: string): string {
  return url.replace(/\/\/(0\.0\.0\.0|\[::\]):/, (_, host) => (host === '[::]' ? '//[::1]:' : '//127.0.0.1:'));
}

async function readText(path: string): Promise<string> {
  return Buffer.from(await readNamedFile(path)).toString('utf8');
}

/** An empty one Node takes, and then greets nobody. */
async function readPem(path: string): Promise<string> {
  const text = await readText(path);
  if (!text.includes('-----BEGIN ')) throw new CommandError(EXIT.usage, `${path}: it is no PEM file`);
  return text;
}

async function serveOptions(options: ServeCommandOptions, output: Output): Promise<ServeOptions> {
  const { host, port, server, origin, tokenFile, tlsCert, tlsKey, verbose = false } = options;
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new CommandError(EXIT.usage, '--tls-cert and --tls-key go together');
  return {
    host,
    port,
    limits: limitsOf(options),
    observer: (event) => observe(event, output, verbose),
    ...(server !== undefined && { server }),
    ...(origin && { origins: origin }),
    ...(tokenFile !== undefined && { tokens: TokenTable.parse(await readText(tokenFile)) }),
    ...(tlsCert !== undefined &&
      tlsKey !== undefined && { tls: { cert: await readPem(tlsCert), key: await readPem(tlsKey) } }),
  };
}

function limitsOf({
  maxPayload,
  maxSessions,
  maxRegistrations,
  maxChannels,
  queueLength,
}: ServeCommandOptions): Partial<Limits> {
  return {
    ...(maxPayload !== undefined && { payload: maxPayload, message: maxPayload + MESSAGE_MARGIN }),
    ...(maxSessions !== undefined && { sessions: maxSessions }),
    ...(maxRegistrations !== undefined && { registrations: maxRegistrations }),
    ...(maxChannels !== undefined && { channels: maxChannels }),
    ...(queueLength !== undefined && { queueLength }),
  };
}

/** A fault is always told: whoever runs the spooler is the one to report it. */
function observe(event: SpoolerEvent, output: Output, verbose: boolean): void {
  switch (event.kind) {
    case 'fault':
      // The store tells of its failures itself, once.
      if (event.reason instanceof SpoolError && event.reason.code.startsWith('STORE_')) return;
      return output.say(
        `fault: ${event.user}: ${event.reason instanceof Error ? event.reason.stack : String(event.reason)}`,
      );
    case 'sessionOpened': {
      if (!verbose) return;
      const { user, agent } = event;
      output.say(`opened: ${user} (${agent})`);
      void output.record({ event: 'sessionOpened', user, agent });
      return;
    }
    case 'sessionEnded': {
      if (!verbose) return;
      const { user, agent, cause, missed } = event;
      output.say(`ended: ${user} (${agent}): ${cause}${missed > 0 ? `, ${missed} missed` : ''}`);
      void output.record({ event: 'sessionEnded', user, agent, cause, missed });
    }
  }
}
