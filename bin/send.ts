/** `spoolpipe send`: opens a channel, sends, takes the answer if told to. */

import { type Command, Option } from 'commander';
import { connectSender } from '../client/sender.ts';
import { SpoolError } from '../shared/index.ts';
import { action, type Running } from './action.ts';
import { addConnecting, type ConnectingOptions, connecting, leave, userIn } from './connecting.ts';
import { Conversation } from './conversation.ts';
import { CommandError, EXIT } from './exit-code.ts';
import { addInterest, type InterestOptions, interestOf } from './interest.ts';
import { seconds, wholeNumber } from './number.ts';
import { readStandardInput, textOrFile } from './payload.ts';
import { unlessAborted } from './stop.ts';

interface SendOptions extends ConnectingOptions, InterestOptions {
  readonly user?: string;
  readonly text?: string;
  readonly file?: string;
  readonly null?: true;
  readonly repeat: number;
  readonly overflow?: 'lose' | 'wait';
  readonly expectReply?: true;
  readonly close?: string;
  readonly closeFile?: string;
  /** Milliseconds. */
  readonly timeout?: number;
}

export function addSend(program: Command): void {
  const command = program
    .command('send')
    .summary('open a channel and send on it')
    .description(
      'Opens a channel, sends, and closes it. With --expect-reply the answer goes to standard output byte for byte ' +
        '(to a terminal: readable; with --json: as JSON).',
    )
    .argument('[-]', 'send what comes on standard input, to its end');
  addInterest(command, 'the server')
    .addOption(
      new Option('--user <name>', 'whom the channel is for (default: yourself); for others this takes rights')
        .conflicts('allUsers')
        .argParser(userIn),
    )
    .option('--text <text>', 'send this, in UTF-8')
    .option('--file <file>', 'send what is in the file; an empty one is a payload of no bytes')
    .option('--null', 'send a NULL pointer, which is not the same as no bytes')
    .addOption(
      new Option('--repeat <n>', 'send it so many times').argParser(wholeNumber(1, Number.MAX_SAFE_INTEGER)).default(1),
    )
    .addOption(
      new Option('--overflow <what>', 'with --style uni, where a listener has no room (default: lose)').choices([
        'lose',
        'wait',
      ]),
    )
    .option('--expect-reply', 'with --style bi: wait for the answer to each')
    .option('--close <text>', 'with --style bi: close the channel with this last message')
    .addOption(new Option('--close-file <file>', 'the same from a file').conflicts('close'))
    .addOption(new Option('--timeout <s>', 'give up after so many seconds').argParser(seconds));
  addConnecting(command)
    .addHelpText(
      'after',
      `
Examples:
  spoolpipe send --type MS_ASYNCNOTIFY_UI --printer Lab --text "paper jam"
  spoolpipe send --type MS_ASYNCNOTIFY_UI --style bi --file question.xml --expect-reply --timeout 60 > answer.xml
  ls | spoolpipe send --type SAMPLE_NOTIFICATION_UI -`,
    )
    .action(action(send));
}

async function send(command: Command, { output, stop }: Running): Promise<number> {
  const options = command.opts<SendOptions>();
  const words = command.args;
  mustMakeSense(options, words);
  const payload = await unlessAborted(stop.signal, payloadOf(options, words));
  const last = await unlessAborted(stop.signal, textOrFile(options.close, options.closeFile));
  const until = givenUp(stop.signal, options.timeout);
  const { url, options: client } = await connecting(options, 'send');
  const sender = await unlessAborted(until, connectSender(url, client));
  try {
    const { user, overflow, repeat, expectReply = false } = options;
    const specification = {
      ...interestOf(options),
      ...(user !== undefined && { user }),
      ...(overflow && { overflow }),
    };
    const conversation = await unlessAborted(until, Conversation.open(sender, specification, output));
    if (payload !== undefined) await unlessAborted(until, conversation.send(payload, repeat, expectReply));
    await unlessAborted(until, conversation.close(last ?? null));
  } finally {
    await leave(sender);
  }
  return EXIT.ok;
}

function mustMakeSense(options: SendOptions, words: readonly string[]): void {
  const { text, file, null: isNull, style, repeat, expectReply, close, closeFile, overflow } = options;
  const refuse = (message: string): never => {
    throw new CommandError(EXIT.usage, message);
  };
  if (words.some((word) => word !== '-')) refuse('text is sent with --text, a file with --file');
  const sources = [text, file, isNull, words[0]].filter((source) => source !== undefined);
  const lastMessages = [close, closeFile].filter((source) => source !== undefined);
  if (sources.length > 1) refuse('there is one payload: --text, --file, --null or -');
  if (sources.length + lastMessages.length === 0) refuse('nothing to send: give --text, --file, --null or -');
  if (style === 'uni') {
    if (expectReply) refuse('nobody can answer on a unidirectional channel: add --style bi');
    if (lastMessages.length > 0) refuse('a unidirectional channel has no last message: add --style bi');
    return;
  }
  if (overflow) refuse('--overflow is for unidirectional channels');
  // One message is in flight (PAN-101).
  if (repeat > 1 && !expectReply) refuse('on a bidirectional channel --repeat takes --expect-reply');
}

/** Undefined where only a last message is to be sent. */
async function payloadOf(
  { text, file, null: isNull }: SendOptions,
  words: readonly string[],
): Promise<Uint8Array | null | undefined> {
  if (isNull) return null;
  return words.length > 0 ? readStandardInput() : textOrFile(text, file);
}

/** Aborted when stopped, and with `TIMED_OUT` when the time is over. */
function givenUp(stop: AbortSignal, timeout: number | undefined): AbortSignal {
  if (timeout === undefined) return stop;
  const late = new AbortController();
  setTimeout(() => late.abort(new SpoolError('TIMED_OUT', { input: `${timeout / 1000} s` })), timeout);
  return AbortSignal.any([stop, late.signal]);
}
