/** Every link of the documents inside the repository leads somewhere, to the heading that it names. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

function pages(): string[] {
  const above = ['README.md', 'PROTOCOL.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
  const below = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
  return [...above, ...below.filter((name) => name.endsWith('.md')).map((name) => join('docs', name))];
}

/** Without what stands in fences. */
function textOf(path: string): string {
  return readFileSync(path, 'utf8').replace(/^```.*?^```/gms, '');
}

/** As GitHub makes them of headings. */
function anchorsOf(path: string): ReadonlySet<string> {
  const headings = [...textOf(path).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_ -]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );
}

test.each(pages())('%s', (page) => {
  const path = join(root, page);
  const links = [...textOf(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  const astray = links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? path : resolve(dirname(path), file);
    if (relative(root, target).startsWith('..') || !existsSync(target)) return true;
    return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor);
  });
  expect(astray).toEqual([]);
});
