import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ENTRY = fileURLToPath(new URL('../../dist/test/bench/store.js', import.meta.url));

test('bench:store measures both, and counts what is there', () => {
  const said = execFileSync(process.execPath, [ENTRY, '--quick'], { encoding: 'utf8' });
  expect(said).toMatch(/^\| 1 \| [\d,]+ \| [\d,]+ \| [\d.]+ \|\n\| 256 \| [\d,]+ \| [\d,]+ \| [\d.]+ \|$/m);
});
