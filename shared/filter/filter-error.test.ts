import { expect, test } from 'vitest';
import { FilterError } from './filter-error.ts';

function picture(criteria: string, position: number): string {
  return new FilterError('EVENT_E_QUERYSYNTAX', criteria, { position, offending: '', reason: 'x' }).picture;
}

test.each([
  ['A > 1', 2, 'A > 1\n  ^'],
  ['A =', 3, 'A =\n   ^'],
  ['', 0, '\n^'],
  ['\n', 1, '\n^'],
  ['A = 1\r\nAND > 2\nOR B', 11, 'AND > 2\n    ^'],
  ['A\t=\x1b[2J > 1', 9, 'A = [2J > 1\n         ^'],
  ["A = '🖨' >", 9, "A = '🖨' >\n        ^"],
])('a picture of %j at %i is two lines, and its caret is where the trouble is', (criteria, position, expected) => {
  expect(picture(criteria, position)).toBe(expected);
});

test('a picture shows only the part of a long line', () => {
  const shown = picture(`${'x'.repeat(1_000)}>${'y'.repeat(1_000)}`, 1_000);
  expect(shown).toBe(`${'x'.repeat(40)}>${'y'.repeat(39)}\n${' '.repeat(40)}^`);
});

test('the message says the code, the position and the reason', () => {
  const trouble = { position: 2, offending: '>', reason: '">" is only in the language "extended"' };
  const error = new FilterError('EVENT_E_QUERYSYNTAX', 'A > 1', trouble);
  expect(error.message).toBe(
    '[EVENT_E_QUERYSYNTAX] The criteria are malformed. (at 2: ">" is only in the language "extended") ' +
      'Mend the criteria at the position shown.',
  );
  expect(error).toMatchObject({ name: 'FilterError', criteria: 'A > 1', position: 2, offending: '>' });
});
