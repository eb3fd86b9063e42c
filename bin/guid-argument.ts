/** GUIDs on the command line. */

import { InvalidArgumentError } from 'commander';
import { type Guid, guid } from '../shared/index.ts';

export function guidIn(text: string): Guid {
  try {
    return guid(text);
  } catch {
    throw new InvalidArgumentError('It must be a GUID.');
  }
}
