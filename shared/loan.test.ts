import { describe, expect, test } from 'vitest';
import { RecordingLink } from '../test/fuzz/recording-link.ts';
import { Loan } from './loan.ts';

const KiB = 1024;

function lent(length = 8 * KiB) {
  const recycled: Uint8Array[] = [];
  const lender = Object.assign(new RecordingLink(), { recycle: (message: Uint8Array) => recycled.push(message) });
  const message = new Uint8Array(length);
  return { loan: Loan.of(lender, message), message, recycled };
}

describe('a loan', () => {
  test('is over when whoever reads is done, where nobody else uses it: once, and all of the message goes back', () => {
    const { loan, message, recycled } = lent();
    expect(recycled).toEqual([]);
    loan?.done();
    expect(recycled).toHaveLength(1);
    expect(recycled[0]).toBe(message);
    loan?.done();
    expect(recycled).toHaveLength(1);
  });

  test('is over when everybody is done, in any order', () => {
    const { loan, recycled } = lent();
    loan?.use();
    loan?.use();
    loan?.done();
    loan?.done();
    expect(recycled).toEqual([]);
    loan?.done();
    expect(recycled).toHaveLength(1);
  });

  test.each(['before', 'after'])('that somebody keeps never is, said %s the others are done', (when) => {
    const { loan, recycled } = lent();
    loan?.use();
    if (when === 'before') loan?.keep();
    loan?.done();
    if (when === 'after') loan?.keep();
    loan?.done();
    expect(recycled).toEqual([]);
  });

  test('is none where it is not worth it, or nobody wants it back', () => {
    expect(lent(4 * KiB - 1).loan).toBeUndefined();
    expect(lent(4 * KiB).loan).toBeDefined();
    expect(Loan.of(new RecordingLink(), new Uint8Array(64 * KiB))).toBeUndefined();
  });
});
