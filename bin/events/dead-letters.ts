/** `spoolpipe events dead-letters`: events that were given up after every try. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { DeadLetter } from '../../client/publisher.ts';
import { outcomeOf } from '../../shared/index.ts';
import { action, type Running } from '../action.ts';
import { addConnecting, type ConnectingOptions } from '../connecting.ts';
import { EXIT } from '../exit-code.ts';
import { type Listing, list } from '../listing.ts';
import { wholeNumber } from '../number.ts';
import { withPublisher } from './with-publisher.ts';

interface DeadLettersOptions extends ConnectingOptions {
  readonly replay?: true;
  readonly purge?: true;
}

export function addDeadLetters(events: Command): void {
  const command = events
    .command('dead-letters')
    .summary('show, replay or purge events that could not be delivered')
    .description(
      'Shows the queued events that were given up after every try, puts them back into their queues, or forgets them. ' +
        'With tokens this takes the right to administer.',
    )
    .argument('[ids...]', 'only these (default: all)', collectIds)
    .addOption(new Option('--replay', 'try again to deliver them').conflicts('purge'))
    .option('--purge', 'forget them');
  addConnecting(command)
    .addHelpText(
      'after',
      `
Examples:
  spoolpipe events dead-letters
  spoolpipe events dead-letters --replay 3 4`,
    )
    .action(action(deadLetters));
}

async function deadLetters(command: Command, running: Running): Promise<number> {
  const options = command.opts<DeadLettersOptions>();
  const [ids] = command.processedArgs as [readonly number[] | undefined];
  const { output } = running;
  const what = options.replay ? 'replayed' : options.purge ? 'purged' : undefined;
  if (what) {
    const count = await withPublisher(options, running, ({ catalogue }) =>
      options.replay ? catalogue.replay(ids) : catalogue.purge(ids),
    );
    await output.result({ event: what, count }, `${what}: ${count}`);
    return EXIT.ok;
  }
  const all = await withPublisher(options, running, ({ catalogue }) => catalogue.deadLetters());
  await list(LETTERS, ids ? all.filter(({ id }) => ids.includes(id)) : all, output);
  return EXIT.ok;
}

const LETTERS: Listing<DeadLetter> = {
  event: 'deadLetter',
  title: 'dead letters',
  heads: ['id', 'for', 'from', 'recorded', 'failed with', 'calls'],
  rowsOf: ({ id, name, subscription, publisher, recordedAt, hresult, calls }) => [
    [
      id,
      name ?? subscription ?? '(everybody)',
      publisher.user,
      new Date(recordedAt).toISOString(),
      outcomeOf(hresult).code,
      calls.map((call) => JSON.stringify(call)).join(' '),
    ],
  ],
};

const idIn = wholeNumber(0, Number.MAX_SAFE_INTEGER);

function collectIds(text: string, before: readonly number[] | undefined): readonly number[] {
  if (text === '') throw new InvalidArgumentError('It must be the number of a dead letter.');
  return [...(before ?? []), idIn(text)];
}
