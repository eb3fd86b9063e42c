/** The options that say where, what, whose and how: the same for every subcommand that asks for notifications or sends them. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type ConversationStyle,
  type Guid,
  type Interest,
  NOTIFICATION_RELEASE,
  nameOfType,
  notificationType,
  type UserFilter,
} from '../shared/index.ts';

const STYLES: Readonly<Record<'uni' | 'bi', ConversationStyle>> = { uni: 'kUniDirectional', bi: 'kBiDirectional' };

export interface InterestOptions {
  readonly type: Guid;
  readonly printer?: string;
  readonly style: keyof typeof STYLES;
  readonly allUsers?: true;
}

/** `withoutPrinter` says what is meant where no printer is named. */
export function addInterest(command: Command, withoutPrinter: string): Command {
  return command
    .addOption(
      new Option('--type <type>', 'the notification type: a GUID, or a well-known name (spoolpipe --help lists them)')
        .argParser(parseType)
        .makeOptionMandatory(),
    )
    .option('--printer <name>', `\\\\server\\printer, or the printer alone; without it ${withoutPrinter}`)
    .addOption(new Option('--style <style>', 'bi: listeners can answer').choices(Object.keys(STYLES)).default('uni'))
    .option('--all-users', 'kAllUsers instead of kPerUser; with tokens this takes the right to administer');
}

export function interestOf({ type, printer = '', style, allUsers }: InterestOptions): Interest {
  const filter: UserFilter = allUsers ? 'kAllUsers' : 'kPerUser';
  return { name: printer === '' ? null : printer, type, filter, style: STYLES[style] };
}

/** The well-known name where there is one. */
export function typeForPeople(type: Guid): string {
  return nameOfType(type) ?? type;
}

function parseType(text: string): Guid {
  let type: Guid;
  try {
    type = notificationType(text);
  } catch {
    throw new InvalidArgumentError('It is neither a GUID nor a well-known name.');
  }
  if (type === NOTIFICATION_RELEASE)
    throw new InvalidArgumentError('It says that a channel is over: nobody sends it or listens for it.');
  return type;
}
