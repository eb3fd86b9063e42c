/**
 * What runs in a browser reaches nothing of Node, neither by itself nor through what it imports. Types may be named, they are
 * gone after the build; so this reads imports as the build leaves them, `import { type X }` included.
 */

import { readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const IMPORT = /^(?:import|export) (?!type )(?:[^;]*? from )?'([^']+)'|\bimport\('([^']+)'\)/gm;

interface Behind {
  readonly files: Set<string>;
  readonly packages: Set<string>;
}

/** What is reached from a file. */
function behind(file: string, found: Behind = { files: new Set(), packages: new Set() }): Behind {
  if (found.files.has(file)) return found;
  found.files.add(file);
  for (const [, named, dynamic] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    const specifier = named ?? dynamic ?? '';
    if (specifier.startsWith('.')) behind(resolve(dirname(file), specifier), found);
    else found.packages.add(specifier);
  }
  return found;
}

describe.each([
  'client/listener.browser.ts',
  'client/publisher.browser.ts',
  'client/subscriber.browser.ts',
  'client/connection-points/index.ts',
  'shared/index.ts',
])('%s', (door) => {
  const { files, packages } = behind(resolve(root, door));

  test('runs without Node', () => {
    const allowed = new Set(['msgpackr', 'uuid', 'valibot']);
    expect([...packages].filter((name) => !allowed.has(name))).toEqual([]);
  });

  test('runs where Symbol.dispose is not known: nothing is declared with `using`', () => {
    const using = /^\s*(?:await )?using \w+ =/m;
    expect([...files].filter((file) => using.test(readFileSync(file, 'utf8')))).toEqual([]);
  });
});

test('connection points are small: no package, and nothing of the wire', () => {
  const { files, packages } = behind(resolve(root, 'client/connection-points/index.ts'));
  expect([...packages]).toEqual([]);
  const outside = [...files]
    .map((file) => relative(root, file))
    .filter((file) => !file.startsWith('client/connection-points/'));
  expect(outside.every((file) => /^shared\/(guid|errors|codes\/\w+)\.ts$/.test(file))).toBe(true);
});
