/** What is to be found after a loss of power: a file's bytes, and a folder's names. */

import { open, stat } from 'node:fs/promises';

/** Resolves once the file or folder is on the disk. Rejects as the file system does. */
export async function sync(path: string): Promise<void> {
  // Windows does not open folders; its renames are in the file system's own journal.
  if (process.platform === 'win32' && (await stat(path)).isDirectory()) return;
  const file = await open(path, 'r+').catch(() => open(path, 'r'));
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
