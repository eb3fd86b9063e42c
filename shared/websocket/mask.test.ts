import { afterEach, describe, expect, test } from 'vitest';
import { findNativeMask, mask, maskBytes, maskWords, randomKey, rotateKey, useNativeMask } from './mask.ts';

const KEYS = [0x01020304, 0xff, -1, 0x80000001 | 0, 0x7f00ff00];

/** As RFC 6455, section 5.3, says it. */
function reference(bytes: Uint8Array, from: number, to: number, key: number): Uint8Array {
  const octets = [0, 1, 2, 3].map((index) => (key >>> (8 * index)) & 0xff);
  return bytes.map((byte, at) => (at < from || at >= to ? byte : byte ^ (octets[(at - from) % 4] as number)));
}

const native = {
  calls: 0,
  unmask: (bytes: Uint8Array, key: Uint8Array): void => {
    native.calls++;
    for (let index = 0; index < bytes.length; index++) bytes[index]! ^= key[index & 3]!;
  },
};

afterEach(() => useNativeMask(undefined));

describe.each([
  ['bytes', maskBytes, undefined],
  ['words', maskWords, undefined],
  ['whichever is best', mask, undefined],
  ['native code for long ones', mask, native],
])('%s', (_, implementation, code) => {
  test('does what the RFC says, wherever it begins and ends, and touches nothing beside', () => {
    useNativeMask(code);
    const wrong: string[] = [];
    const memory = Uint8Array.from({ length: 1_200 }, (_, index) => (index * 31) & 0xff);
    for (const offset of [0, 1, 2, 3]) {
      for (const from of [0, 1, 2, 3, 4, 5, 6, 7]) {
        for (const length of [...Array(140).keys(), 255, 256, 257, 511, 512, 513, 1_023, 1_024]) {
          const key = KEYS[(offset + from + length) % KEYS.length] as number;
          const bytes = memory.slice(0, 1_100 + offset).subarray(offset);
          const expected = reference(bytes, from, from + length, key);
          implementation(bytes, from, from + length, key);
          if (Buffer.compare(bytes, expected) !== 0) wrong.push(`offset ${offset}, from ${from}, ${length} bytes`);
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(native.calls > 0).toBe(code !== undefined);
    native.calls = 0;
  });

  test('twice is not at all', () => {
    useNativeMask(code);
    const bytes = new Uint8Array(999).fill(7);
    for (let time = 0; time < 2; time++) implementation(bytes, 2, 990, 0x12345678);
    expect(bytes).toEqual(new Uint8Array(999).fill(7));
    native.calls = 0;
  });
});

test('a stretch in pieces is the same with the key turned on', () => {
  for (const key of KEYS) {
    for (const cut of [1, 2, 3, 4, 5, 6, 7, 600]) {
      const whole = new Uint8Array(1_000).fill(0x5a);
      const pieces = whole.slice();
      mask(whole, 0, 1_000, key);
      mask(pieces, 0, cut, key);
      mask(pieces, cut, 1_000, rotateKey(key, cut));
      expect(Buffer.compare(pieces, whole)).toBe(0);
    }
  }
});

test('keys are random: no two of many thousand alike in a row, and all bits used', () => {
  const keys = Array.from({ length: 5_000 }, randomKey);
  expect(new Set(keys).size).toBeGreaterThan(4_990);
  expect(keys.reduce((all, key) => all | key)).toBe(-1);
  expect(keys.reduce((all, key) => all & key)).toBe(0);
});

describe('native code', () => {
  const http = { websocketUnmask: native.unmask };

  test.each<[what: string, modules: Record<string, unknown>, environment: Record<string, string>, expected: unknown]>([
    ['is that of Node, where it has some', { 'node:http': http }, {}, { unmask: native.unmask }],
    ['is that of bufferutil, where it is installed', { 'node:http': {}, bufferutil: { default: native } }, {}, native],
    ['is not needed', { 'node:http': {} }, {}, undefined],
    [
      'is not used against the will of whoever runs it',
      { 'node:http': {}, bufferutil: { default: native } },
      { WS_NO_BUFFER_UTIL: '1' },
      undefined,
    ],
  ])('%s', async (_, modules, environment, expected) => {
    const load = (name: string): Promise<unknown> =>
      name in modules ? Promise.resolve(modules[name]) : Promise.reject(new Error(`no ${name}`));
    expect(await findNativeMask({ environment, load })).toEqual(expected);
  });
});
