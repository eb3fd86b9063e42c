/** docs/coverage.md against the fact sheets and the tests: each fact is cited by a test or listed with a reason. */

import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(resolve(root, path), 'utf8');

function* namesIn(folder: string, ending: string): Generator<string> {
  for (const entry of readdirSync(resolve(root, folder), { recursive: true, encoding: 'utf8' })) {
    if (entry.endsWith(ending)) yield `${folder}/${entry}`;
  }
}

const ID = /\b(?:PAN|EVC|JOB|CP(?:-D)?)-\d+\b/g;

/** The facts of a sheet, in its order: each is what its line begins with. */
function factsOf(sheet: string): string[] {
  return [...sheet.matchAll(/^(?:\| |- )?\**((?:PAN|EVC|JOB|CP(?:-D)?)-\d+)\b/gm)].map(([, id = '']) => id);
}

/** A test cites what it proves in its title, or in the table that its title comes from. */
function withoutComments(file: string): string {
  return read(file).replaceAll(/^\s*(?:\/\*\*|\*|\/\/).*$/gm, '');
}

const cited = new Set<string>();
for (const folder of ['test', 'shared', 'spooler', 'client', 'bin']) {
  for (const file of namesIn(folder, '.test.ts')) for (const [id] of withoutComments(file).matchAll(ID)) cited.add(id);
}

/** What a cell names: facts and ranges of them, such as "PAN-a, PAN-b to PAN-c". */
function* expand(cell: string): Generator<string> {
  for (const [, kind = '', first = '', last] of cell.matchAll(/([A-Z]+(?:-D)?)-(\d+)(?: to [A-Z]+(?:-D)?-(\d+))?/g)) {
    for (let n = Number(first); n <= Number(last ?? first); n++) yield `${kind}-${n}`;
  }
}

/** Listed as cited by no test: the tables that say why. */
function listed(): Set<string> {
  const found = new Set<string>();
  for (const [, rows = ''] of read('docs/coverage.md').matchAll(
    /^\| facts \| why no test.*\n\|[-|]+\n((?:\|.*\n)+)/gm,
  )) {
    for (const row of rows.trim().split('\n')) {
      for (const id of expand(row.split('|')[1] ?? '')) found.add(id);
    }
  }
  return found;
}

describe.each([...namesIn('docs/spec', '.md')])('%s', (path) => {
  const sheet = read(path);
  const facts = factsOf(sheet);

  test('each fact is cited by a test or listed with a reason in docs/coverage.md, never both', () => {
    const known = new Set(facts);
    const uncited = facts.filter((id) => !cited.has(id));
    expect([...listed()].filter((id) => known.has(id)).toSorted()).toEqual(uncited.toSorted());
  });

  test('what its documents leave open is decided', () => {
    const decisions = [...namesIn('docs/decisions', '.md')].filter((file) => !file.endsWith('README.md')).map(read);
    const named = new Set(decisions.flatMap((page) => [...expandOpen(page)]));
    const open = [...sheet.matchAll(/\b(?:(?:EVC|JOB|CP)-OPEN|GAP)-\d+\b/g)].map(([id]) => id);
    expect([...new Set(open)].filter((id) => !named.has(id))).toEqual([]);
  });
});

/** The same for what is open. */
function* expandOpen(page: string): Generator<string> {
  for (const [, kind = '', first = '', last] of page.matchAll(
    /\b((?:EVC|JOB|CP)-OPEN|GAP)-(\d+)(?: to (?:(?:EVC|JOB|CP)-OPEN|GAP)-(\d+))?/g,
  )) {
    for (let n = Number(first); n <= Number(last ?? first); n++) yield `${kind}-${n}`;
  }
}
