import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ENTRY = fileURLToPath(new URL('../../dist/test/bench/store.js', import.meta.url));

test('bench:store measures both, and counts what is there', () => {
  const said = execFileSync(process.execPath, [ENTRY, '--quick'], { encoding: 'utf8' });
  for (const row of ['1', '256', 'blocks of 256']) {
    expect(said).toMatch(new RegExp(`^\\| ${row} \\| [\\d,]+ \\| [\\d,]+ \\| [\\d.]+ \\|$`, 'm'));
  }
});
