/**
 * What runs in a browser reaches nothing of Node, neither by itself nor through what it imports. Types may be named, they are
 * gone after the build; so this reads imports as the build leaves them, `import { type X }` included.
 */

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const IMPORT = /^(?:import|export) (?!type )(?:[^;]*? from )?'([^']+)'|\bimport\('([^']+)'\)/gm;

/** The packages reached from a file, each with the file that imports it. */
function packagesBehind(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  return [...readFileSync(file, 'utf8').matchAll(IMPORT)].flatMap(([, named, dynamic]) => {
    const specifier = named ?? dynamic ?? '';
    return specifier.startsWith('.') ? packagesBehind(resolve(dirname(file), specifier), seen) : [specifier];
  });
}

test.each(['client/listener.browser.ts', 'shared/index.ts'])('%s runs without Node', (door) => {
  const allowed = new Set(['msgpackr', 'uuid', 'valibot']);
  const others = packagesBehind(resolve(root, door)).filter((name) => !allowed.has(name));
  expect(others).toEqual([]);
});
