/** `--out`: one file for each payload, numbered, never over one that is there. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CommandError, EXIT } from './exit-code.ts';

export class OutFolder {
  readonly #path: string;
  #last = 0;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Makes the folder where there is none. Throws a usage error. */
  static async open(path: string): Promise<OutFolder> {
    try {
      await mkdir(path, { recursive: true });
    } catch (reason) {
      throw new CommandError(EXIT.usage, reason instanceof Error ? reason.message : path);
    }
    return new OutFolder(resolve(path));
  }

  /** Resolves with the path once the file is whole. NULL makes an empty file. */
  async write(data: Uint8Array | null): Promise<string> {
    for (;;) {
      const path = join(this.#path, `${String(++this.#last).padStart(6, '0')}.bin`);
      try {
        await writeFile(path, data ?? '', { flag: 'wx' });
        return path;
      } catch (reason) {
        if (!(reason instanceof Error && 'code' in reason && reason.code === 'EEXIST')) throw reason;
      }
    }
  }
}
