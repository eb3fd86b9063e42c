/** `spoolpipe events subscribe`: shows events as they come. */

import { type Command, Option } from 'commander';
import { connectSubscriber, type InstalledEventClass } from '../../client/subscriber.ts';
import { argumentsToJson, type CallArguments, type Guid } from '../../shared/index.ts';
import { action, type Running } from '../action.ts';
import { addConnecting, connecting, leave } from '../connecting.ts';
import { CommandError, EXIT } from '../exit-code.ts';
import { guidIn } from '../guid-argument.ts';
import { lostForGood, sayGap, sayLost } from '../losses.ts';
import { wholeNumber } from '../number.ts';
import type { Output } from '../output.ts';
import { unlessAborted } from '../stop.ts';
import { findClass } from './find-class.ts';
import { addScope, specificationOf } from './scope.ts';
import { type SubscribeClassOptions, subscribeClass } from './subscribe-class.ts';

interface SubscribeOptions extends SubscribeClassOptions {
  readonly count?: number;
  readonly subscriber?: Guid;
}

export function addSubscribe(events: Command): void {
  const command = events
    .command('subscribe')
    .summary('subscribe and show events as they come')
    .description(
      'Subscribes and shows events as they come, until it is stopped. Subscribes again by itself when the spooler was ' +
        'lost, and says so. With --subscriber it makes a persistent subscription instead, which lasts until it is ' +
        'removed, and is done.',
    )
    .argument('<class>', 'the event class: its name, or its CLSID');
  addScope(command)
    .addOption(
      new Option('--count <n>', 'exit 0 after so many events').argParser(wholeNumber(1, Number.MAX_SAFE_INTEGER)),
    )
    .addOption(
      new Option('--subscriber <clsid>', 'call an object of this class for each event, whoever is there')
        .conflicts('count')
        .argParser(guidIn),
    )
    .option('--queued', 'with --subscriber: record the events, and deliver them once it is there');
  addConnecting(command)
    .addHelpText(
      'after',
      `
Examples:
  spoolpipe events subscribe Office.Printer
  spoolpipe events subscribe Office.Printer --method onPaperJam --filter 'tray = 2' --json | jq .
  spoolpipe events subscribe Office.Printer --subscriber 5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c01 --queued`,
    )
    .action(action(subscribe));
}

async function subscribe(command: Command, running: Running): Promise<number> {
  const options = command.opts<SubscribeOptions>();
  const [wanted = ''] = command.args;
  if (options.subscriber !== undefined) return subscribeClass(wanted, options.subscriber, options, running);
  if (options.queued) throw new CommandError(EXIT.usage, 'what is shown here is not queued: add --subscriber');
  return show(wanted, options, running);
}

async function show(wanted: string, options: SubscribeOptions, { output, stop }: Running): Promise<number> {
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
