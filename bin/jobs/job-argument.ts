/** A job as people name it: by its number, or its ID. */

import { type Command, InvalidArgumentError } from 'commander';
import type { Guid } from '../../shared/index.ts';
import { guidIn } from '../guid-argument.ts';

export type JobName = number | Guid;

export function addJobArgument(command: Command): Command {
  return command.argument('<id>', "the job's number, or its ID", jobIn);
}

export function jobNamed(command: Command): JobName {
  const [name] = command.processedArgs as [JobName];
  return name;
}

function jobIn(text: string): JobName {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  try {
    return guidIn(text);
  } catch {
    throw new InvalidArgumentError('It must be the number of a job, or its ID.');
  }
}
