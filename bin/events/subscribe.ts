/** `spoolpipe events subscribe`: shows events as they come. */

import { type Command, Option } from 'commander';
import { connectSubscriber, type InstalledEventClass } from '../../client/subscriber.ts';
import { argumentsToJson, type CallArguments } from '../../shared/index.ts';
import { action, type Running } from '../action.ts';
import { addConnecting, type ConnectingOptions, connecting, leave } from '../connecting.ts';
import { EXIT } from '../exit-code.ts';
import { lostForGood, sayGap, sayLost } from '../losses.ts';
import { wholeNumber } from '../number.ts';
import type { Output } from '../output.ts';
import { unlessAborted } from '../stop.ts';
import { findClass } from './find-class.ts';

interface SubscribeOptions extends ConnectingOptions {
  readonly interface?: string;
  readonly method?: string;
  readonly filter?: string;
  readonly extended?: true;
  readonly publisherId?: string;
  readonly count?: number;
}

export function addSubscribe(events: Command): void {
  const command = events
    .command('subscribe')
    .summary('subscribe and show events as they come')
    .description(
      'Subscribes and shows events as they come, until it is stopped. Subscribes again by itself when the spooler was ' +
        'lost, and says so.',
    )
    .argument('<class>', 'the event class: its name, or its CLSID')
    .option('--interface <name>', 'only the events of this interface: its name, or its IID')
    .option('--method <name>', 'only this event')
    .option('--filter <criteria>', 'only events whose arguments match, such as: tray = (2 OR 3)')
    .option('--extended', 'the criteria are in the language "extended"')
    .option('--publisher-id <id>', 'events like these of every class that publishes under this ID')
    .addOption(
      new Option('--count <n>', 'exit 0 after so many events').argParser(wholeNumber(1, Number.MAX_SAFE_INTEGER)),
    );
  addConnecting(command)
    .addHelpText(
      'after',
      `
Examples:
  spoolpipe events subscribe Office.Printer
  spoolpipe events subscribe Office.Printer --method onPaperJam --filter 'tray = 2' --json | jq .`,
    )
    .action(action(subscribe));
}

async function subscribe(command: Command, { output, stop }: Running): Promise<number> {
  const options = command.opts<SubscribeOptions>();
  const [wanted = ''] = command.args;
  const { url, options: client } = await connecting(options, 'events subscribe');
  const { signal } = stop;
  let finish: (exitCode: number) => void = () => {};
  let fail: (reason: unknown) => void = () => {};
  const finished = new Promise<number>((resolve, reject) => {
    [finish, fail] = [resolve, reject];
  });
  // It may come before anybody waits for it.
  finished.catch(() => {});
  signal.addEventListener('abort', () => finish(EXIT.ok));
  const subscriber = await unlessAborted(
    signal,
    connectSubscriber(url, {
      ...client,
      onLost: (loss, retrying) => (retrying ? sayLost(loss, output) : fail(lostForGood(loss))),
      onGap: (gap) => sayGap(gap, output, 'subscribed'),
      onProblem: ({ kind, what, reason }) =>
        kind === 'callbackThrew' || kind === 'registrationLost'
          ? fail(reason)
          : output.say(`spoolpipe: ${kind}: ${what}`),
    }),
  );
  try {
    const eventClass = await unlessAborted(signal, findClass(subscriber.catalogue, wanted));
    let isReady = (): void => {};
    const ready = new Promise<void>((resolve) => (isReady = resolve));
    const sink = sinkOf(eventClass, output, options.count, ready, () => finish(EXIT.ok));
    const asked = specificationOf(eventClass, options);
    const { interface: one } = options;
    const subscribing =
      one === undefined ? subscriber.subscribe(asked, sink) : subscriber.subscribe({ ...asked, interface: one }, sink);
    const subscription = await unlessAborted(signal, subscribing);
    const { id } = subscription;
    output.say(`subscribed to ${eventClass.name} as ${subscriber.user}, at ${url}`);
    await output.record({ event: 'ready', id, eventClass: eventClass.clsid, user: subscriber.user, url });
    isReady();
    return await finished;
  } finally {
    await leave(subscriber);
  }
}

function specificationOf(eventClass: InstalledEventClass, options: SubscribeOptions) {
  const { method, filter, extended, publisherId } = options;
  return {
    eventClass,
    name: 'spoolpipe events subscribe',
    ...(method !== undefined && { method }),
    ...(filter !== undefined && { filterCriteria: filter }),
    ...(extended && { filterLanguage: 'extended' as const }),
    ...(publisherId !== undefined && { publisherId }),
  };
}

/** Shows each event. A reader of the output that is slow makes the spooler wait with the next. */
function sinkOf(
  { interfaces }: InstalledEventClass,
  output: Output,
  count: number | undefined,
  ready: Promise<void>,
  finished: () => void,
): Readonly<Record<string, (given: CallArguments) => Promise<void>>> {
  let number = 0;
  const show = async (iid: string, method: string, given: CallArguments): Promise<void> => {
    await ready;
    if (number === count) return;
    const mine = ++number;
    const shown = argumentsToJson(given);
    await output.result(
      { event: 'event', number: mine, interface: iid, method, arguments: shown },
      `event ${mine}: ${method} ${JSON.stringify(shown)}`,
    );
    // Once it was answered.
    if (mine === count) setImmediate(finished);
  };
  return Object.fromEntries(
    interfaces.flatMap(({ iid, methods }) =>
      methods.map(({ name }) => [name, (given: CallArguments) => show(iid, name, given)] as const),
    ),
  );
}
