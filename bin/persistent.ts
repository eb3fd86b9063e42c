/** The options of `spoolpipe listen` that make its registration a persistent one. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { PersistentIdentity, Retention } from '../client/listener.ts';
import { REGISTRATION_ID, RETENTION_OVERFLOWS } from '../shared/persistence/registrations.ts';
import { CommandError, EXIT } from './exit-code.ts';
import { wholeNumber } from './number.ts';

export interface PersistentOptions {
  readonly name?: string;
  readonly keep?: number;
  readonly keepBytes?: number;
  readonly whenFull?: Retention['overflow'];
  readonly style: 'uni' | 'bi';
}

const number = wholeNumber(1, Number.MAX_SAFE_INTEGER);

export function addPersistent(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--name <id>',
        'a persistent registration: get what was sent while nobody listened under this name',
      ).argParser(registrationIn),
    )
    .addOption(new Option('--keep <n>', 'with --name: how many notifications may wait').argParser(number))
    .addOption(new Option('--keep-bytes <n>', 'with --name: how many bytes may wait').argParser(number))
    .addOption(
      new Option('--when-full <what>', 'with --name: discard the oldest, or refuse the sender').choices(
        RETENTION_OVERFLOWS,
      ),
    );
}

function registrationIn(text: string): string {
  if (REGISTRATION_ID.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 64 letters from A to Z, digits, "." "_" or "-".');
}

/** Undefined without a name. Throws a usage error. */
export function persistentOf({
  name,
  keep,
  keepBytes,
  whenFull,
  style,
}: PersistentOptions): PersistentIdentity | undefined {
  const retention: Partial<Retention> = {
    ...(keep !== undefined && { notifications: keep }),
    ...(keepBytes !== undefined && { bytes: keepBytes }),
    ...(whenFull !== undefined && { overflow: whenFull }),
  };
  if (name !== undefined) {
    if (style === 'bi')
      throw new CommandError(EXIT.usage, 'a persistent registration is unidirectional: leave out --style bi');
    return { id: name, retention };
  }
  if (Object.keys(retention).length > 0)
    throw new CommandError(EXIT.usage, 'nothing is kept without a name: add --name');
  return undefined;
}
