/** `spoolpipe explain`: who would meet whom, and what keeps the nearest others apart (OBS-1, OBS-4). */

import { type Command, Option } from 'commander';
import { connectListener, type RegistrationSpecification } from '../client/listener.ts';
import { type ChannelSpecification, connectSender } from '../client/sender.ts';
import type { Explanation, Neighbour } from '../shared/index.ts';
import { action, type Running } from './action.ts';
import { addConnecting, type Connecting, type ConnectingOptions, connecting, leave, userIn } from './connecting.ts';
import { CommandError, EXIT } from './exit-code.ts';
import { addInterest, type InterestOptions, interestOf, typeForPeople } from './interest.ts';
import { unlessAborted } from './stop.ts';
import { table } from './table.ts';

interface ExplainOptions extends ConnectingOptions, InterestOptions {
  readonly side: 'channel' | 'registration';
  readonly user?: string;
}

export function addExplain(program: Command): void {
  const command = program
    .command('explain')
    .summary('say who would receive a notification, and why others would not')
    .description(
      'Says which registrations a channel like this would reach (or with --side registration: from which channels a ' +
        'registration like this would receive), and in which field the nearest others differ.',
    );
  addInterest(command, 'the server')
    .addOption(new Option('--user <name>', 'whom the channel is for (default: yourself)').argParser(userIn))
    .addOption(
      new Option('--side <side>', 'what is asked about').choices(['channel', 'registration']).default('channel'),
    );
  addConnecting(command).action(action(explain));
}

async function explain(command: Command, { output, stop }: Running): Promise<number> {
  const options = command.opts<ExplainOptions>();
  const { side, user, allUsers } = options;
  if (user !== undefined && (allUsers || side === 'registration'))
    throw new CommandError(EXIT.usage, '--user is for a channel, and not for one with --all-users');
  const asked = { ...interestOf(options), ...(user !== undefined && { user }) };
  const to = await connecting(options, 'explain');
  const explanation = await unlessAborted(
    stop.signal,
    side === 'channel' ? explainChannel(to, asked) : explainRegistration(to, asked),
  );
  const other = side === 'channel' ? 'registration' : 'channel';
  await output.result(
    explanation,
    `${counted(explanation.matches, other)} now.\n${nearest(explanation, side)}`.trimEnd(),
  );
  return EXIT.ok;
}

async function explainChannel({ url, options }: Connecting, asked: ChannelSpecification): Promise<Explanation> {
  const sender = await connectSender(url, options);
  try {
    return await sender.explain(asked);
  } finally {
    await leave(sender);
  }
}

async function explainRegistration(
  { url, options }: Connecting,
  asked: RegistrationSpecification,
): Promise<Explanation> {
  const listener = await connectListener(url, { ...options, reconnect: false });
  try {
    return await listener.explain(asked);
  } finally {
    await leave(listener);
  }
}

/** The neighbours as a table; empty where there are none. `side` is the one that was asked about. */
export function nearest({ nearest }: Explanation, side: 'channel' | 'registration'): string {
  if (nearest.length === 0) return '';
  const row = ({ name, type, style, filter, user, differs }: Neighbour): string[] => [
    // A registration without a name sees every printer, a channel without one is the server's own (GAP-4).
    name ?? (side === 'channel' ? '(all)' : '(server)'),
    typeForPeople(type),
    style,
    filter,
    user ?? '(everybody)',
    differs.length === 0 ? 'matches' : `differs in ${differs.join(', ')}`,
  ];
  return table(['printer', 'type', 'style', 'filter', 'user', ''], nearest.map(row));
}

function counted(matches: number, what: string): string {
  if (matches === 0) return `No ${what} matches`;
  return matches === 1 ? `1 ${what} matches` : `${matches} ${what}s match`;
}
