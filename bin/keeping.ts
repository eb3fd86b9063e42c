/** Where `serve` keeps what must last: the folder that was named, else the platform's; nowhere with --ephemeral. */

import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { SpoolError } from '../shared/index.ts';
import { openStore, type Store } from '../spooler/index.ts';
import { defaultDataFolder } from './data-folder.ts';
import type { Output } from './output.ts';

export interface KeepingOptions {
  readonly data?: string;
  readonly ephemeral?: true;
}

/** What a spooler has that keeps something. */
export interface Kept {
  readonly folder: string;
  readonly store: Store;
}

export function addKeeping(command: Command): Command {
  return command
    .option('--data <folder>', 'where to keep what must outlive it (default: the data folder of the user)')
    .addOption(new Option('--ephemeral', 'keep nothing').conflicts('data'));
}

/**
 * Opens the store. Undefined where nothing is to be kept, and where the package lmdb cannot be loaded though nobody named a
 * folder: a spooler that runs without is better than none. Rejects as `openStore` does.
 */
export async function openKept({ data, ephemeral }: KeepingOptions, output: Output): Promise<Kept | undefined> {
  if (ephemeral) return undefined;
  const folder = resolve(data ?? defaultDataFolder());
  try {
    return { folder, store: await openStore(folder, { onFailure: (failure) => tell(failure, output) }) };
  } catch (reason) {
    const isMissing = reason instanceof SpoolError && reason.code === 'STORE_UNAVAILABLE';
    if (!isMissing || data !== undefined) throw reason;
    output.say(`spoolpipe: ${reason.message}\nspoolpipe: nothing is kept; --ephemeral says that this is meant`);
    return undefined;
  }
}

function tell(failure: SpoolError, output: Output): void {
  const { code, hresult, rawMessage } = failure;
  output.say(`store: ${failure.message}`);
  void output.record({ event: 'store', code, hresult, message: rawMessage });
}
