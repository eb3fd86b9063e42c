/** Where a run keeps what must last: a folder of its own, gone when the run is over or this process ends. */

import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

export interface RunFolder {
  readonly path: string;
  remove(): void;
}

export function makeRunFolder(parent: string): RunFolder {
  const path = mkdtempSync(join(parent, 'spoolpipe-bench-'));
  const remove = (): void => {
    process.off('exit', remove);
    rmSync(path, { recursive: true, force: true });
  };
  process.on('exit', remove);
  return { path, remove };
}

/** Linux' numbers of filesystems that are memory: tmpfs and ramfs. */
const MEMORY: readonly number[] = [0x01021994, 0x858458f6];

/** Throws where what is written to `folder` never reaches a disk: a sync costs nothing there, and means nothing. */
export function refuseMemory(folder: string): void {
  const { type } = statfsSync(folder);
  // On 32 bits the number may come out negative.
  if (process.platform === 'linux' && MEMORY.includes(type >>> 0))
    throw new Error(`${folder} is in memory: name a folder on a disk with --folder`);
}
