/** `spoolpipe listen`: registers, shows what comes, answers if told to. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { connectListener } from '../client/listener.ts';
import { action, type Running } from './action.ts';
import { type Answer, Attendant } from './attendant.ts';
import { addConnecting, type ConnectingOptions, connecting, leave } from './connecting.ts';
import { CommandError, EXIT } from './exit-code.ts';
import { addInterest, type InterestOptions, interestOf } from './interest.ts';
import { wholeNumber } from './number.ts';
import { OutFolder } from './out-folder.ts';
import { textOrFile } from './payload.ts';
import { addPersistent, type PersistentOptions, persistentOf } from './persistent.ts';
import { unlessAborted } from './stop.ts';

interface ListenOptions extends ConnectingOptions, InterestOptions, PersistentOptions {
  readonly count?: number;
  readonly reply?: string;
  readonly replyFile?: string;
  readonly closeReply?: string;
  readonly closeReplyFile?: string;
  readonly out?: string;
}

const REPLIES = ['reply', 'replyFile', 'closeReply', 'closeReplyFile'] as const;

export function addListen(program: Command): void {
  const command = program
    .command('listen')
    .summary('register and show what comes')
    .description(
      'Registers and shows what comes, until it is stopped. Comes back by itself when the spooler was lost, and says so.',
    );
  const reply = (flags: string, name: (typeof REPLIES)[number], description: string): Option =>
    new Option(flags, description).conflicts(REPLIES.filter((other) => other !== name));
  addInterest(command, 'the server and all its printers')
    .addOption(
      new Option('--count <n>', 'exit 0 after so many notifications').argParser(
        wholeNumber(1, Number.MAX_SAFE_INTEGER),
      ),
    )
    .addOption(reply('--reply <text>', 'reply', 'with --style bi: answer each notification with this'))
    .addOption(reply('--reply-file <file>', 'replyFile', 'the same from a file'))
    .addOption(reply('--close-reply <text>', 'closeReply', 'with --style bi: answer by closing the channel with this'))
    .addOption(reply('--close-reply-file <file>', 'closeReplyFile', 'the same from a file'))
    .option('--out <dir>', 'write each payload to a file of its own in this folder');
  addPersistent(command);
  addConnecting(command)
    .addHelpText(
      'after',
      `
Examples:
  spoolpipe listen --type MS_ASYNCNOTIFY_UI --printer Lab
  spoolpipe listen --type MS_ASYNCNOTIFY_UI --style bi --reply yes --count 1
  spoolpipe listen --type SAMPLE_NOTIFICATION_UI --json | jq .
  spoolpipe listen --type SAMPLE_NOTIFICATION_UI --name label-desk`,
    )
    .action(action(listen));
}

async function listen(command: Command, { output, stop }: Running): Promise<number> {
  const options = command.opts<ListenOptions>();
  const { style } = options;
  if (style === 'uni' && REPLIES.some((name) => options[name] !== undefined))
    throw new CommandError(EXIT.usage, 'nobody can be answered on a unidirectional channel: add --style bi');
  const persistent = persistentOf(options);
  const { url, options: client } = await connecting(options, 'listen');
  const attendant = new Attendant({
    output,
    count: options.count ?? Number.POSITIVE_INFINITY,
    answer: await answerOf(options),
    out: options.out === undefined ? undefined : await OutFolder.open(options.out),
  });
  const { signal } = stop;
  signal.addEventListener('abort', () => attendant.finish(EXIT.ok));
  const connected = connectListener(url, {
    ...client,
    onLost: (loss, retrying) => attendant.lost(loss, retrying),
    onGap: (gap) => attendant.gap(gap),
    onProblem: (problem) => attendant.problem(problem),
  });
  const listener = await unlessAborted(signal, connected);
  try {
    const asked = interestOf(options);
    const registration = persistent
      ? listener.prepareRegistration({ ...asked, style: 'kUniDirectional', persistent }, attendant)
      : listener.prepareRegistration(asked, attendant);
    await unlessAborted(signal, registration.registerForNotifications());
    await attendant.ready(asked, url, listener.user, persistent?.id);
    const exitCode = await attendant.finished;
    // The callback of the last one has still to return: then it is acknowledged.
    if (persistent) await nextTurn();
    return exitCode;
  } finally {
    await leave(listener);
  }
}

async function answerOf({ reply, replyFile, closeReply, closeReplyFile }: ListenOptions): Promise<Answer | undefined> {
  const data = await textOrFile(reply, replyFile);
  if (data) return { closes: false, data };
  const last = await textOrFile(closeReply, closeReplyFile);
  return last && { closes: true, data: last };
}
