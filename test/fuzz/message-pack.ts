/** Random MessagePack, of the subset that headers use and outside it; made without any encoder. */

import * as fc from 'fast-check';
import { concat } from '../../shared/join.ts';

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });

/** MessagePack of every kind, whole or not: what is in the subset, what is not, and nonsense between. */
export const messagePack: fc.Arbitrary<Uint8Array> = fc.letrec<{ value: Uint8Array }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.constantFrom(0xc0, 0xc1, 0xc2, 0xc3, 0x00, 0x7f, 0xe0, 0xff).map((lead) => Uint8Array.of(lead)),
    fc.tuple(fc.integer({ min: 0xca, max: 0xd3 }), bytes(9)).map(([lead, rest]) => Uint8Array.of(lead, ...rest)),
    fc
      .tuple(
        fc.constantFrom(0xc7, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8),
        fc.constantFrom(0x42, 0x62, 0x65, 0x69, 0x70, 0x72, 0x73, 0x74, 0x78, 0xff),
        bytes(16),
      )
      .map(([lead, type, rest]) => Uint8Array.of(lead, type, ...rest)),
    fc.tuple(fc.constantFrom(0xc4, 0xd9), bytes(20)).map(([lead, rest]) => Uint8Array.of(lead, rest.length, ...rest)),
    fc
      .constantFrom('user', 'agent', 'name', 'type', '__proto__', 'constructor')
      .map((key) => Uint8Array.of(0xa0 + key.length, ...Buffer.from(key))),
    fc.array(tie('value'), { maxLength: 4 }).map((items) => Uint8Array.of(0x90 + items.length, ...concat(items))),
    fc
      .array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 })
      .map((pairs) => Uint8Array.of(0x80 + pairs.length, ...concat(pairs.flat()))),
  ),
})).value;

/** Of the subset, by another encoding than ours. */
export const subsetMap: fc.Arbitrary<Uint8Array> = fc.letrec<{ value: Uint8Array; map: Uint8Array }>((tie) => {
  // The other library refuses `__proto__`; what we do with it is in the vectors.
  const text = fc.string({ unit: 'binary', maxLength: 12 }).filter((value) => value !== '__proto__');
  const string = text.chain((value) => {
    const utf8 = Buffer.from(value);
    const narrow = utf8.length < 32 ? [[0xa0 + utf8.length]] : [];
    return fc
      .constantFrom(...narrow, [0xd9, utf8.length], [0xda, 0, utf8.length], [0xdb, 0, 0, 0, utf8.length])
      .map((lead) => Uint8Array.of(...lead, ...utf8));
  });
  const integer = fc.oneof(
    fc.nat(0x7f).map((value) => [value]),
    fc
      .nat(0x7f)
      .chain((value) =>
        fc.constantFrom(
          [0xcc, value],
          [0xd0, value],
          [0xcd, 0, value],
          [0xd1, 1, value],
          [0xce, 0xff, 0, 0, value],
          [0xd2, 0x7f, 0, 0, value],
        ),
      ),
    fc.nat(0xff).chain((value) => fc.constantFrom(0xcf, 0xd3).map((lead) => [lead, 0, 0x1f, 0xff, 0, 0, 0, 0, value])),
  );
  return {
    map: fc
      .uniqueArray(fc.tuple(string, tie('value')), {
        maxLength: 4,
        selector: ([key]) =>
          Buffer.from(key)
            .subarray(key[0] === 0xdb ? 5 : key[0] === 0xda ? 3 : key[0] === 0xd9 ? 2 : 1)
            .toString(),
      })
      .chain((pairs) =>
        fc
          .constantFrom([0x80 + pairs.length], [0xde, 0, pairs.length], [0xdf, 0, 0, 0, pairs.length])
          .map((lead) => Uint8Array.of(...lead, ...concat(pairs.flat()))),
      ),
    value: fc.oneof(
      { maxDepth: 2, depthIdentifier: 'levels' },
      fc.constantFrom(0xc0, 0xc2, 0xc3).map((lead) => Uint8Array.of(lead)),
      integer.map((parts) => Uint8Array.from(parts)),
      string,
      bytes(20).chain((rest) =>
        fc
          .constantFrom([0xc4, rest.length], [0xc5, 0, rest.length], [0xc6, 0, 0, 0, rest.length])
          .map((lead) => Uint8Array.of(...lead, ...rest)),
      ),
      fc
        .array(tie('value'), { maxLength: 3, depthIdentifier: 'levels' })
        .chain((items) =>
          fc
            .constantFrom([0x90 + items.length], [0xdc, 0, items.length])
            .map((lead) => Uint8Array.of(...lead, ...concat(items))),
        ),
    ),
  };
}).map;
