/** The version of a package as installed, whatever its `exports` hide. */

import { readFileSync } from 'node:fs';

/** `mqtt` gives `mqtt 5.16.0`. */
export function packageVersion(name: string): string {
  let folder = new URL('.', import.meta.resolve(name));
  for (;;) {
    const found = readManifest(new URL('package.json', folder));
    if (found?.name === name) {
      return `${name} ${found.version}`;
    }
    const parent = new URL('..', folder);
    if (parent.href === folder.href) {
      throw new Error(`${name} has no package.json`);
    }
    folder = parent;
  }
}

function readManifest(url: URL): { name?: string; version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(url, 'utf8')) as { name?: string; version?: string };
  } catch {
    return undefined;
  }
}
