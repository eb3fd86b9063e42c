/**
 * The names behind each door of the exports map, kept in `surface/`: whatever is added, renamed or lost shows up as a diff of one
 * of those files. `npx vitest run test/api -u` accepts a change; CHANGELOG.md tells it to users.
 */

import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

/** The files of the exports map, each with the door it stands behind: `spoolpipe/listener (browser)`. */
function* doors(entry: unknown, name: string): Generator<readonly [door: string, file: string]> {
  if (typeof entry === 'string') yield [name, entry];
  else if (typeof entry === 'object' && entry !== null) {
    for (const [key, value] of Object.entries(entry)) {
      if (key.startsWith('.')) yield* doors(value, `${name}${key.slice(1)}`);
      else if (key === 'default') yield* doors(value, name);
      else if (key !== 'types') yield* doors(value, `${name} (${key})`);
    }
  }
}

/** Names that only the compiler sees: found in the source, since nothing of them is left at run time. */
function typeNames(file: string): string[] {
  const source = readFileSync(file, 'utf8');
  const declared = [...source.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name = '']) => name);
  const listed = [...source.matchAll(/^export (type )?\{([^}]*)\}/gm)].flatMap(([, allTypes, list = '']) =>
    list
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '' && (allTypes !== undefined || item.startsWith('type ')))
      .map((item) => item.split(' ').at(-1) ?? ''),
  );
  const passedOn = [...source.matchAll(/^export (?:type )?\* from '(\.[^']+)'/gm)].flatMap(([, path = '']) =>
    typeNames(resolve(dirname(file), path)),
  );
  return [...declared, ...listed, ...passedOn];
}

function isClass(value: unknown): value is new () => object {
  return typeof value === 'function' && Function.prototype.toString.call(value).startsWith('class');
}

/** The methods and accessors in a class or its prototype. Symbols are named by hand: Node 20 describes its own differently. */
function members(owner: object, prefix: string): string[] {
  const names = new Map<string | symbol, string>([
    [Symbol.dispose, '[Symbol.dispose]'],
    [Symbol.asyncDispose, '[Symbol.asyncDispose]'],
  ]);
  return Reflect.ownKeys(owner)
    .filter((key) => key !== 'constructor' && key !== 'prototype' && key !== 'name' && key !== 'length')
    .map((key) => {
      const name = names.get(key) ?? (typeof key === 'symbol' ? `[${key.description ?? ''}]` : key);
      const property = Object.getOwnPropertyDescriptor(owner, key);
      if (property?.get) return `${prefix}get ${name}`;
      if (property?.set) return `${prefix}set ${name}`;
      return typeof property?.value === 'function' ? `${prefix}${name}()` : `${prefix}${name}`;
    })
    .toSorted();
}

function describeValue(name: string, value: unknown): string[] {
  if (!isClass(value)) return [typeof value === 'function' ? `function ${name}` : `const ${name}: ${typeof value}`];
  const base = Object.getPrototypeOf(value) as { readonly name: string };
  return [
    `class ${name}${base.name && ` extends ${base.name}`}`,
    ...members(value, '  static '),
    ...members(value.prototype, '  '),
  ];
}

async function surface(file: string): Promise<string> {
  const values = (await import(file)) as Record<string, unknown>;
  const entries = Object.entries(values).map(([name, value]) => ({ name, lines: describeValue(name, value) }));
  const types = [...new Set(typeNames(file))].filter((name) => !(name in values));
  return [...entries, ...types.map((name) => ({ name, lines: [`type ${name}`] }))]
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ lines }) => lines)
    .join('\n');
}

const manifest = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as { exports: unknown };
const all = [...doors(manifest.exports, 'spoolpipe')];
const code = all.filter(([, file]) => file.endsWith('.js'));
const data = all.filter(([, file]) => file.endsWith('.json'));

test.each(code)('%s exports what it did', async (door, file) => {
  const source = resolve(root, file.replace('./dist/', '').replace(/\.js$/, '.ts'));
  expect(existsSync(source), `${door} has nothing behind it: ${source} does not exist`).toBe(true);
  const name = door.replace('spoolpipe/', '').replace(' (', '.').replace(')', '');
  await expect(`# ${door}\n\n${await surface(source)}\n`).toMatchFileSnapshot(`surface/${name}.txt`);
});

test.each(data)('%s is there', (door, file) => {
  expect(existsSync(resolve(root, file)), `${door} has nothing behind it: ${basename(file)} does not exist`).toBe(true);
});
