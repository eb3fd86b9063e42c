/** The WebSocket close codes, as PROTOCOL.md section 8 lists them. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CLOSES, closeNameOf, isFinal } from './close-codes.ts';

const document = readFileSync(new URL('../PROTOCOL.md', import.meta.url), 'utf8');

/** The rows of the document's table that have a name: code, name, final. */
const documented = [...document.matchAll(/^\| (\d{4}) \| `(\w+)` \| (yes)? ?\|/gm)].map(([, code, name, final]) => ({
  code: Number(code),
  name,
  final: final === 'yes',
}));

test('the document and the code list the same codes', () => {
  expect(documented).toEqual(Object.entries(CLOSES).map(([name, { code, final }]) => ({ code, name, final })));
});

describe.each(documented)('$code $name', ({ code, name, final }) => {
  test('is found by its number', () => {
    expect(closeNameOf(code)).toBe(name);
    expect(isFinal(code)).toBe(final);
  });

  test('may be sent by a WebSocket, with a reason that fits one', () => {
    expect(code === 1000 || (code >= 1001 && code <= 1014 && code !== 1005 && code !== 1006) || code >= 3000).toBe(
      true,
    );
    const reason = CLOSES[name as keyof typeof CLOSES].reason;
    expect(reason).not.toBe('');
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
  });
});

test.each([1002, 1006, 1007, 1012, 4000, 4499])('%i has no name here and is worth another try', (code) => {
  expect(closeNameOf(code)).toBeUndefined();
  expect(isFinal(code)).toBe(false);
});
