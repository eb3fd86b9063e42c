/** `spoolpipe serve`: a spooler until it is told to stop. */

import { access, constants } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type Limits, SpoolError, VERSION } from '../shared/index.ts';
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
import { type Kept, openKept } from './keeping.ts';
import type { Output } from './output.ts';
import { readNamedFile } from './payload.ts';
import { addServeOptions, type ServeCommandOptions } from './serve-options.ts';

/** What a message has room for beside the payload. */
const MESSAGE_MARGIN = 64 * 1024;

export function addServe(program: Command): void {
  const command = program
    .command('serve')
    .summary('run a spooler')
    .description(
      'Runs a spooler. Prints its address once it is ready. SIGTERM and SIGINT drain: what was sent is answered and ' +
        'delivered, everybody is told, exit 0; a second signal ends at once. GET /healthz and /readyz say how it is.',
    );
  addServeOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  spoolpipe serve
  spoolpipe serve --host 0.0.0.0 --token-file tokens.json --tls-cert chain.pem --tls-key key.pem`,
    )
    .action(action(run));
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
