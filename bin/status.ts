/** `spoolpipe status`: what the spooler holds and what has passed through it. */

import type { Command } from 'commander';
import { connectSender, type StatusReport } from '../client/sender.ts';
import { action, type Running } from './action.ts';
import { addConnecting, type ConnectingOptions, connecting, leave } from './connecting.ts';
import { bytes } from './display.ts';
import { EXIT } from './exit-code.ts';
import { typeForPeople } from './interest.ts';
import { unlessAborted } from './stop.ts';
import { table } from './table.ts';

export function addStatus(program: Command): void {
  const command = program
    .command('status')
    .summary('show sessions, registrations, channels, queues, held objects, traffic')
    .description(
      'Shows what the spooler holds: sessions, registrations, channels, queues, held objects, and the traffic since it ' +
        'started. With tokens only an administrator sees what belongs to others.',
    );
  addConnecting(command).action(action(status));
}

async function status(command: Command, { output, stop }: Running): Promise<number> {
  const options = command.opts<ConnectingOptions>();
  const { url, options: client } = await connecting(options, 'status');
  const sender = await unlessAborted(stop.signal, connectSender(url, client));
  try {
    const report = await unlessAborted(stop.signal, sender.status());
    await output.result(report, forPeople(report));
  } finally {
    await leave(sender);
  }
  return EXIT.ok;
}

function forPeople(report: StatusReport): string {
  const { server, version, uptime, user, trouble, totals, traffic } = report;
  const sections = [
    `spoolpipe ${version} on ${server}, up ${uptime} s; you are ${user}`,
    ...(trouble ? [`trouble: ${trouble.code}: ${trouble.message}`] : []),
    sessions(report),
    registrations(report),
    channels(report),
    `held: ${totals.heldObjects} objects, ${bytes(totals.heldBytes)}; ` +
      `queued: ${totals.queued}, ${bytes(totals.queuedBytes)}; initial notifications: ${bytes(totals.initialBytes)}`,
    `traffic: received ${traffic.received}, ${bytes(traffic.receivedBytes)}; ` +
      `delivered ${traffic.delivered}, ${bytes(traffic.deliveredBytes)}; lost ${traffic.lost}`,
  ];
  return sections.join('\n');
}

function sessions({ sessions, totals }: StatusReport): string {
  return section(
    'sessions',
    totals.sessions,
    ['user', 'agent', 'since', 'registrations', 'channels', 'held', 'queued'],
    sessions.map(({ user, agent, since, registrations, channels, heldObjects, queued }) => [
      user,
      agent,
      `${since} s`,
      registrations,
      channels,
      heldObjects,
      queued,
    ]),
  );
}

function registrations({ registrations, totals }: StatusReport): string {
  return section(
    'registrations',
    totals.registrations,
    ['printer', 'type', 'style', 'filter', 'user', 'queued'],
    registrations.map(({ name, type, style, filter, user, queued }) => [
      name ?? '(all)',
      typeForPeople(type),
      style,
      filter,
      user,
      queued,
    ]),
  );
}

function channels({ channels, totals }: StatusReport): string {
  return section(
    'channels',
    totals.channels,
    ['id', 'printer', 'type', 'style', 'filter', 'for', 'state', 'listeners'],
    channels.map(({ id, name, type, style, filter, user, state, listeners }) => [
      id,
      name ?? '(server)',
      typeForPeople(type),
      style,
      filter,
      user ?? '(everybody)',
      state,
      listeners,
    ]),
  );
}

/** `all` counts those too that the asker may not see, or that are too many to list. */
function section(name: string, all: number, heads: readonly string[], rows: readonly (string | number)[][]): string {
  const shown = rows.length === all ? '' : ` (${rows.length} shown)`;
  return rows.length === 0 ? `${name}: ${all}${shown}` : `${name}: ${all}${shown}\n${table(heads, rows)}`;
}
