import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { addRange, type Range } from './ranges.ts';

const range = fc.record({ offset: fc.nat(200), length: fc.integer({ min: 1, max: 40 }) });

test('JOB-63: ranges are merged: exactly the bytes that were spooled, in as few stretches as there can be', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 30 }), (added) => {
      const bytes = new Set<number>();
      let ranges: readonly Range[] = [];
      for (const one of added) {
        for (let at = one.offset; at < one.offset + one.length; at++) bytes.add(at);
        ranges = addRange(ranges, one);
      }
      const covered = ranges.flatMap(({ offset, length }) => Array.from({ length }, (_, at) => offset + at));
      expect(covered).toEqual([...bytes].sort((a, b) => a - b));
      const gaps = ranges
        .slice(1)
        .map(({ offset }, at) => offset - (ranges[at]?.offset ?? 0) - (ranges[at]?.length ?? 0));
      expect(gaps.every((gap) => gap > 0)).toBe(true);
    }),
  );
});
