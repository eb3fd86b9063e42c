/** The closed subset of MessagePack (PROTOCOL.md section 3.1) at its bounds; the vectors have what is far outside. */

import { describe, expect, test } from 'vitest';
import { packHeader, scanHeader, unpackHeader, wideCount } from './header.ts';

const MALFORMED = expect.objectContaining({ code: 'MALFORMED_RECORD' }) as Error;

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

/** A header whose only key, `a`, has this value. */
function holding(value: string): Uint8Array {
  return bytes(`81 a161 ${value}`);
}

function wide(value: number, width: number): string {
  return value.toString(16).padStart(2 * width, '0');
}

describe('bounds of the subset', () => {
  test.each([
    ['a string of 1,024 bytes', `da${wide(1024, 2)}${'61'.repeat(1024)}`, `da${wide(1025, 2)}${'61'.repeat(1025)}`],
    ['binary of 1,024 bytes', `c5${wide(1024, 2)}${'00'.repeat(1024)}`, `c5${wide(1025, 2)}${'00'.repeat(1025)}`],
    ['a string that claims more', 'da000161', `db${wide(1025, 4)}${'61'.repeat(1025)}`],
    // The map, its key, the array and what is in it.
    ['128 items', `dc${wide(125, 2)}${'c0'.repeat(125)}`, `dc${wide(126, 2)}${'c0'.repeat(126)}`],
    ['four levels', '91 91 00', '91 91 91 00'],
    ['four levels, the last one empty', '91 91 90', '91 91 91 90'],
    ['2^53-1', 'cf 001fffffffffffff', 'cf 0020000000000000'],
    ['2^53-1, signed', 'd3 001fffffffffffff', 'd3 0020000000000000'],
    ['127 in a signed byte', 'd0 7f', 'd0 80'],
    ['32,767 in two signed bytes', 'd1 7fff', 'd1 8000'],
    ['2^31-1 in four signed bytes', 'd2 7fffffff', 'd2 80000000'],
    ['the last fixed positive integer', '7f', 'e0'],
    ['the last code point', 'a4 f48fbfbf', 'a4 f4908080'],
    ['the last code point before the surrogates', 'a3 ed9fbf', 'a3 eda080'],
    ['the first code point after the surrogates', 'a3 ee8080', 'a3 edbfbf'],
  ])('%s passes, one more does not', (_, inside, outside) => {
    expect(() => scanHeader(holding(inside))).not.toThrow();
    expect(() => scanHeader(holding(outside))).toThrow(MALFORMED);
  });

  test('every first byte of a value is either in the subset or refused, as the document lists them', () => {
    const refused: number[] = [];
    for (let lead = 0; lead <= 0xff; lead++) {
      const map = (lead & 0xf0) === 0x80;
      const entries = map ? lead & 0x0f : 0;
      // Enough zeros to complete any value; a map needs keys that differ.
      const rest = map
        ? Array.from({ length: entries }, (_, key) => `a1${wide(0x61 + key, 1)}00`).join('')
        : '00'.repeat(
            lead >= 0xa0 && lead <= 0xbf ? lead & 0x1f : (lead & 0xf0) === 0x90 ? lead & 0x0f : widthOf(lead),
          );
      try {
        scanHeader(holding(wide(lead, 1) + rest));
      } catch {
        refused.push(lead);
      }
    }
    const floats = [0xca, 0xcb];
    const extensions = [0xc7, 0xc8, 0xc9, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8];
    const negative = Array.from({ length: 32 }, (_, value) => 0xe0 + value);
    expect(refused).toEqual([0xc1, ...extensions, ...floats, ...negative].toSorted((a, b) => a - b));
  });
});

/** Bytes after the first one of a value of length or number 0. */
function widthOf(lead: number): number {
  if ([0xc4, 0xcc, 0xd0, 0xd9].includes(lead)) return 1;
  if ([0xc5, 0xcd, 0xd1, 0xda, 0xdc, 0xde].includes(lead)) return 2;
  if ([0xc6, 0xca, 0xce, 0xd2, 0xdb, 0xdd, 0xdf].includes(lead)) return 4;
  if ([0xcb, 0xcf, 0xd3].includes(lead)) return 8;
  return 0;
}

describe('reading', () => {
  test('gives the values of every kind', () => {
    const header = '86 a16e c0 a174 c3 a166 c2 a169 ce ffffffff a173 a3 e282ac a162 c4 02 0102';
    const { b, ...others } = unpackHeader(bytes(header)) as { readonly b: Uint8Array };
    expect(others).toEqual({ n: null, t: true, f: false, i: 0xffffffff, s: '€' });
    expect([...b]).toEqual([1, 2]);
  });

  test('an integer of 64 bits is a number, not a big one', () => {
    expect(unpackHeader(holding('cf 001fffffffffffff'))).toEqual({ a: Number.MAX_SAFE_INTEGER });
    expect(unpackHeader(holding('d3 0000000100000000'))).toEqual({ a: 2 ** 32 });
  });

  test("the key __proto__ changes nobody's prototype", () => {
    const read = unpackHeader(bytes('81 a9 5f5f70726f746f5f5f 81 a5 61646d696e c3'));
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(Reflect.get({}, 'admin')).toBeUndefined();
    expect(Reflect.get(read as object, 'admin')).toBeUndefined();
  });

  test('an error tells which rule was broken, and keeps no cause', () => {
    const failure = (header: Uint8Array): unknown => {
      try {
        return unpackHeader(header);
      } catch (reason) {
        return reason;
      }
    };
    expect(failure(bytes('80 00'))).toMatchObject({ input: 'header: bytes after the map' });
    expect(failure(holding('c1'))).toMatchObject({ input: 'header: outside the subset' });
    expect(failure(holding('c1'))).not.toHaveProperty('cause');
  });
});

describe('writing', () => {
  test('leaves out keys without a value, and keeps null', () => {
    expect(unpackHeader(packHeader({ a: 1, b: undefined, c: null }))).toEqual({ a: 1, c: null });
  });

  test('stays inside the subset it reads', () => {
    const fields = {
      n: null,
      b: true,
      i: 0xffffffff,
      s: '🖨'.repeat(256),
      d: new Uint8Array(300),
      l: [1, 'a'],
      m: { k: 0 },
    };
    expect(() => scanHeader(packHeader(fields))).not.toThrow();
    for (const count of [0xffffffff, 2 ** 32, Number.MAX_SAFE_INTEGER])
      expect(unpackHeader(packHeader({ count: wideCount(count) }))).toEqual({ count });
  });

  test('refuses more than 4,096 bytes instead of sending what nobody may read', () => {
    const room = 4096 - 1 - 2 - 3;
    expect(packHeader({ a: 'x'.repeat(room) })).toHaveLength(4096);
    expect(() => packHeader({ a: 'x'.repeat(room + 1) })).toThrow(
      expect.objectContaining({ code: 'E_INVALIDARG' }) as Error,
    );
  });
});
