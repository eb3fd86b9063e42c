/** docs/why-event-classes.md and the tests of the drawbacks say the same, drawback by drawback. */

import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

interface Drawback {
  readonly id: string;
  readonly before: string;
  readonly after: string;
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Titles such as "CP-D-1: this; that". Other tests of a drawback have other titles and no line in the page. */
function* tested(): Generator<Drawback> {
  const folder = resolve(root, 'test/spec/drawbacks');
  for (const file of readdirSync(folder)) {
    const source = readFileSync(resolve(folder, file), 'utf8');
    for (const [, , id = '', before = '', after = ''] of source.matchAll(
      /^test\((['"])(CP-D-\d+)(?:, [A-Z]+-\d+)*: (.+?); (.+?)\1, /gm,
    )) {
      yield { id, before: capitalised(before), after: capitalised(after) };
    }
  }
}

function* told(): Generator<Drawback> {
  const page = readFileSync(resolve(root, 'docs/why-event-classes.md'), 'utf8');
  for (const [, id = '', before = '', after = ''] of page.matchAll(/^\| (CP-D-\d+) \| (.+) \| (.+) \|$/gm)) {
    yield { id, before, after };
  }
}

const number = ({ id }: Drawback): number => Number(id.slice('CP-D-'.length));

test('each line of the page is a test of its drawback, each test is a line, and there are all of them', () => {
  const lines = [...told()];
  expect(lines).toEqual([...tested()].toSorted((a, b) => number(a) - number(b)));
  const sheet = readFileSync(resolve(root, 'docs/spec/connection-points.md'), 'utf8');
  expect(lines.map(({ id }) => id)).toEqual([...sheet.matchAll(/^\| \*\*(CP-D-\d+)\*\*/gm)].map(([, id]) => id));
});
