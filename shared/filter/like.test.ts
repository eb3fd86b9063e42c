import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Characters, like, MAX_LIKE_LENGTH } from './like.ts';

test.each<[pattern: string, alike: readonly string[], unlike: readonly string[]]>([
  ['', [''], ['a']],
  ['Lab', ['Lab'], ['lab', 'Lab ', 'aLab', '']],
  ['Lab%', ['Lab', 'Lab 2', 'Labour'], ['a Lab', 'La']],
  ['%jam', ['jam', 'paper jam'], ['jammed']],
  ['%a%b%', ['ab', 'xaxbx', 'ba ab'], ['ba', 'a', 'b']],
  ['%%', ['', 'x'], []],
  ['L_b', ['Lab', 'Lob', 'L%b', 'L🖨b'], ['Lb', 'Laab']],
  ['_', ['x', '🖨'], ['', 'xx']],
  ['%_', ['x', 'xx', '🖨'], ['']],
  ['%🖨', ['🖨', 'x🖨', '🖨🖨'], ['🖨x']],
  ['%\u{dda8}', ['x\u{dda8}'], ['🖨']],
  ['100[%]', ['100%'], ['100', '100 %', '100[%]']],
  ['a[_]b', ['a_b'], ['axb']],
  ['[[]%]', ['[]', '[x]'], ['x]']],
  ['[ab]', ['[ab]'], ['a', 'b']],
  ['\\\\server\\%', ['\\\\server\\Lab'], ['\\server\\Lab']],
  ['.*', ['.*'], ['x']],
])('LIKE %j', (pattern, alike, unlike) => {
  const isLike = like(pattern);
  expect(alike.filter((text) => !isLike(text))).toEqual([]);
  expect(unlike.filter((text) => isLike(text))).toEqual([]);
});

/** A text that counts how often it is looked at. */
class Counted implements Characters {
  looks = 0;
  readonly length: number;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    this.length = text.length;
  }

  codePointAt(index: number): number | undefined {
    this.looks++;
    return this.#text.codePointAt(index);
  }
}

test('it looks no more than twice as often as text and pattern have characters, multiplied', () => {
  const bounded = (text: string, pattern: string): void => {
    const counted = new Counted(text);
    expect(like(pattern)(counted)).toBe(like(pattern)(text));
    expect(counted.looks).toBeLessThanOrEqual(2 * (text.length + 1) * (pattern.length + 1));
  };
  const few = fc.string({ unit: fc.constantFrom('a', 'b', '🖨'), maxLength: 200 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '🖨', '_', '%'), maxLength: 20 });
  fc.assert(fc.property(few, pattern, bounded), { numRuns: 2_000 });
  // Where a regular expression of the same meaning takes longer than anybody waits.
  bounded('a'.repeat(MAX_LIKE_LENGTH), `${'%a'.repeat(100)}%b`);
  bounded('a'.repeat(MAX_LIKE_LENGTH), `%${'a'.repeat(100)}b`);
  bounded('a'.repeat(MAX_LIKE_LENGTH), `%${'_'.repeat(100)}b%`);
});

test('a text longer than it looks at is like nothing', () => {
  expect(like('%')('x'.repeat(MAX_LIKE_LENGTH))).toBe(true);
  expect(like('%')('x'.repeat(MAX_LIKE_LENGTH + 1))).toBe(false);
});
