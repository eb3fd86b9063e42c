/** `spoolpipe events fire`: one event. */

import { type Command, InvalidArgumentError } from 'commander';
import type { InstalledEventClass } from '../../client/publisher.ts';
import { argumentsFromJson, SpoolError } from '../../shared/index.ts';
import { action, type Running } from '../action.ts';
import { addConnecting, type ConnectingOptions } from '../connecting.ts';
import { EXIT } from '../exit-code.ts';
import { findClass } from './find-class.ts';
import { withPublisher } from './with-publisher.ts';

interface FireOptions extends ConnectingOptions {
  readonly publisherId?: string;
}

export function addFire(events: Command): void {
  const command = events
    .command('fire')
    .summary('fire an event')
    .description(
      'Fires an event and waits until every subscriber was called. That nobody had subscribed is a success: ' +
        'EVENT_S_NOSUBSCRIBERS.',
    )
    .argument('<class>', 'the event class: its name, or its CLSID')
    .argument('<method>', 'the event')
    .argument(
      '[arguments]',
      'a JSON object: 64-bit integers as text, bytes as base64',
      (text: string): unknown => jsonIn(text),
      {},
    )
    .option('--publisher-id <id>', 'what to publish under (default: what the class says)');
  addConnecting(command)
    .addHelpText(
      'after',
      `
Examples:
  spoolpipe events fire Office.Printer onPaperJam '{"tray": 2}'`,
    )
    .action(action(fire));
}

async function fire(command: Command, running: Running): Promise<number> {
  const { publisherId, ...options } = command.opts<FireOptions>();
  const [wanted, method, given] = command.processedArgs as [string, string, unknown];
  const outcome = await withPublisher(
    options,
    running,
    async (publisher) => {
      const eventClass = await findClass(publisher.catalogue, wanted);
      const read = argumentsFromJson(methodIn(eventClass, method), given);
      return publisher.events(eventClass)[method]?.(read);
    },
    publisherId === undefined ? {} : { publisherId },
  );
  if (outcome) await running.output.result({ event: 'fired', ...outcome }, outcome.code);
  return EXIT.ok;
}

function methodIn({ name, interfaces }: InstalledEventClass, wanted: string) {
  const method = interfaces.flatMap(({ methods }) => methods).find((one) => one.name === wanted);
  if (!method) throw new SpoolError('E_INVALIDARG', { input: `${name} has no method ${JSON.stringify(wanted)}` });
  return method;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('It must be a JSON object, such as {"tray": 2}.');
  }
}
