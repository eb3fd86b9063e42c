import { describe, expect, test } from 'vitest';
import { FrameHead, frameHeadLength, isCloseCode, OPCODES, writeFrameHead } from './frame.ts';

const rules = { masked: false, maxMessage: Number.MAX_SAFE_INTEGER };
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function written(opcode: number, length: number, key?: number): string {
  const bytes = new Uint8Array(20);
  const end = writeFrameHead(bytes, 3, opcode, length, key);
  expect(end - 3).toBe(frameHeadLength(length, key !== undefined));
  return hex(bytes.subarray(3, end));
}

function read(bytes: Uint8Array, of: Partial<typeof rules> = {}, inside = -1): FrameHead | number {
  const head = new FrameHead();
  const result = head.read(bytes, 0, bytes.length, { ...rules, ...of }, inside);
  return result === bytes.length ? head : result;
}

describe('written', () => {
  // The key 0x37fa213d and the lengths are those of RFC 6455, section 5.7.
  test.each<[opcode: number, length: number, key: number | undefined, bytes: string]>([
    [OPCODES.text, 5, undefined, '8105'],
    [OPCODES.text, 5, 0x3d21fa37, '818537fa213d'],
    [OPCODES.ping, 5, undefined, '8905'],
    [OPCODES.binary, 256, undefined, '827e0100'],
    [OPCODES.binary, 65536, undefined, '827f0000000000010000'],
    [OPCODES.binary, 0, undefined, '8200'],
    [OPCODES.binary, 125, undefined, '827d'],
    [OPCODES.binary, 126, undefined, '827e007e'],
    [OPCODES.binary, 65535, 1, '82feffff01000000'],
    [OPCODES.binary, 2 ** 32 + 7, 0x80000000 | 0, '82ff000000010000000700000080'],
    [OPCODES.binary, 2 ** 53 - 1, undefined, '827f001fffffffffffff'],
  ])('opcode %i, %i bytes, key %s', (opcode, length, key, bytes) => {
    expect(written(opcode, length, key)).toBe(bytes);
    const head = new FrameHead();
    const whole = Buffer.from(bytes, 'hex');
    const masked = key !== undefined;
    expect(head.read(whole, 0, whole.length, { ...rules, masked }, -1)).toBe(whole.length);
    expect(head).toEqual({ fin: true, opcode, length, key: key ?? 0 });
    for (let short = 0; short < whole.length; short++) {
      expect(head.read(whole, 0, short, { ...rules, masked }, -1)).toBe(0);
    }
  });
});

describe('read', () => {
  test.each([
    ['a length that could be shorter', '827e0005', 5],
    ['a long one that could be', '827f0000000000000005', 5],
    ['the largest exact one', '827f001fffffffffffff', 2 ** 53 - 1],
  ])('%s', (_, bytes, length) => {
    expect(read(Buffer.from(bytes, 'hex'))).toMatchObject({ length });
  });

  test.each<[what: string, bytes: string, code: number, of?: Partial<typeof rules>, inside?: number]>([
    ['RSV1', 'c200', 1002],
    ['RSV2', 'a200', 1002],
    ['RSV3', '9200', 1002],
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(
      (opcode) => [`opcode ${opcode}`, `8${opcode.toString(16)}00`, 1002] as [string, string, number],
    ),
    ['a mask where none may be', '828000000000', 1002],
    ['no mask where one must be', '8200', 1002, { masked: true }],
    ['a continuation of nothing', '8000', 1002],
    ['a message inside another', '8200', 1002, {}, 0],
    ['text inside another', '0100', 1002, {}, 0],
    ['a ping in fragments', '0900', 1002],
    ['a close in fragments', '0800', 1002],
    ['a ping of 126 bytes', '897e', 1002],
    ['a pong of 65536 bytes', '8a7f', 1002],
    ['a close of one byte', '8801', 1002],
    ['a length of 2^53', '827f0020000000000000', 1009],
    ['a length of 2^64 - 1', '827fffffffffffffffff', 1009],
    ['one byte too many', '827e0101', 1009, { maxMessage: 256 }],
    ['one byte too many, known before the key', '82fe0101', 1009, { maxMessage: 256, masked: true }],
    ['one byte too many together', '8007', 1009, { maxMessage: 256 }, 250],
  ])('%s is refused', (_, bytes, code, of, inside) => {
    expect(read(Buffer.from(bytes, 'hex'), of, inside)).toBe(-code);
  });

  test.each<[what: string, bytes: string, inside: number]>([
    ['as many bytes as may be', '827e0100', -1],
    ['as many together', '8006', 250],
    ['a ping inside a message', '8905', 250],
    ['a first fragment', '0206', -1],
    ['a close of 125 bytes', '887d', -1],
    ['a pong of 125 bytes', '8a7d', -1],
  ])('%s is not', (_, bytes, inside) => {
    expect(read(Buffer.from(bytes, 'hex'), { maxMessage: 256 }, inside)).toBeInstanceOf(FrameHead);
  });
});

test('the close codes that may be sent (RFC 6455, section 7.4.2; IANA has added 1012 to 1014)', () => {
  const allowed = Array.from({ length: 65_536 }, (_, code) => code).filter(isCloseCode);
  const registered = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014];
  expect(allowed).toEqual([...registered, ...Array.from({ length: 2_000 }, (_, index) => 3000 + index)]);
});
