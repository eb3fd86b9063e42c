/** Headings are read strictly, whatever comes: a valid one, or `PROTOCOL_VIOLATED`. */

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SpoolError } from '../../shared/index.ts';
import { seeded } from '../../test/model/seed.ts';
import { headingOf } from './heading.ts';

const utf8 = new TextEncoder();

/** The heading, or the code of its refusal. */
function read(bytes: Uint8Array | null): unknown {
  try {
    return headingOf(bytes);
  } catch (reason) {
    return reason instanceof SpoolError ? reason.code : reason;
  }
}

const count = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const heading = fc.oneof(
  fc.record({
    first: count,
    count,
    redelivered: fc.boolean(),
    name: fc.option(fc.string({ unit: 'grapheme', maxLength: 200 })),
    at: fc.integer({ min: 0 }),
  }),
  fc.record({ lost: count }),
  fc.record({ over: fc.constantFrom('taken', 'removed', 'failed') }),
);

test('decision 33: a heading is what it was', () => {
  fc.assert(
    fc.property(heading, (one) => {
      expect(read(utf8.encode(JSON.stringify(one)))).toEqual(one);
    }),
    seeded(200),
  );
});

test('decision 33: one with a field more, less or other is none', () => {
  fc.assert(
    fc.property(heading, fc.string(), fc.jsonValue(), (one, key, value) => {
      const changed = { ...one, [key]: value };
      fc.pre(!Object.hasOwn(one, key) && key !== '__proto__');
      expect(read(utf8.encode(JSON.stringify(changed)))).toBe('PROTOCOL_VIOLATED');
      const [first = ''] = Object.keys(one);
      const { [first]: _, ...less } = one as Record<string, unknown>;
      expect(read(utf8.encode(JSON.stringify(less)))).toBe('PROTOCOL_VIOLATED');
    }),
    seeded(200),
  );
});

test('decision 33: any other bytes are none, neither are none and too many', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((text) => utf8.encode(text)),
      ),
      (bytes) => {
        expect(read(bytes)).toBe('PROTOCOL_VIOLATED');
      },
    ),
    seeded(500),
  );
  expect(read(null)).toBe('PROTOCOL_VIOLATED');
  expect(read(utf8.encode(`{"lost": 1}${' '.repeat(16 * 1024)}`))).toBe('PROTOCOL_VIOLATED');
});
