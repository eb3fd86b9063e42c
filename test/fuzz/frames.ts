/** Random frames, right and wrong, and the bytes of them cut anywhere. */

import * as fc from 'fast-check';

export const MAX_MESSAGE = 70_000;
export const MAX_FRAGMENTS = 6;

export interface Frame {
  readonly first: number;
  readonly wrongMask: boolean;
  readonly payload: Buffer;
  readonly key: number;
  /** How its length is written; 0 for the shortest way. */
  readonly width: 0 | 2 | 8;
  /** What it claims beyond its payload. */
  readonly claims: number;
}

export function bytesOf({ first, wrongMask, payload, key, width, claims }: Frame, isServer: boolean): Buffer {
  const masked = isServer !== wrongMask;
  const length = payload.length + claims;
  const size = Math.max(width, length < 126 ? 0 : length < 65_536 ? 2 : 8);
  const head = Buffer.alloc(2 + size + (masked ? 4 : 0));
  head[0] = first;
  head[1] = (masked ? 128 : 0) | (size === 0 ? length : size === 2 ? 126 : 127);
  if (size === 2) head.writeUInt16BE(length, 2);
  if (size === 8) head.writeBigUInt64BE(BigInt(length), 2);
  const body = Buffer.from(payload);
  if (masked) {
    head.writeUInt32BE(key, head.length - 4);
    const mask = head.subarray(-4);
    for (const [index, byte] of body.entries()) body[index] = byte ^ (mask[index & 3] as number);
  }
  return Buffer.concat([head, body]);
}

const small = fc.uint8Array({ maxLength: 130 }).map((bytes) => Buffer.from(bytes));
const payload = fc.oneof(
  { weight: 6, arbitrary: small },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(125, 126, 127, 300, 65_535, 65_536, 69_999, 70_000, 70_001)
      .map((length) => Buffer.alloc(length, length & 0xff)),
  },
);
const key = fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0, 0xff, 0xffffffff));
const width = fc.constantFrom<0 | 2 | 8>(0, 0, 0, 0, 2, 8);
const right = { wrongMask: fc.constant(false), key, width, claims: fc.constant(0) };
const closing = fc.oneof(
  fc.constant(Buffer.alloc(0)),
  fc
    .tuple(
      fc.oneof(fc.constantFrom(1000, 1001, 1004, 1005, 1006, 1015, 2999, 4400, 5000, 999), fc.nat(65_535)),
      fc.string(),
    )
    .map(([code, reason]) =>
      Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]).subarray(0, 125),
    ),
  small,
);
const control = fc.record({
  first: fc.constantFrom(0x89, 0x8a),
  payload: small.map((bytes) => bytes.subarray(0, 125)),
  ...right,
  width: fc.constant<0>(0),
});
const whole = fc.record({ first: fc.constant(0x82), payload, ...right });
const fragments = fc
  .array(fc.record({ first: fc.constant(0), payload, ...right }), { minLength: 2, maxLength: MAX_FRAGMENTS + 1 })
  .chain((parts) =>
    fc.array(control, { maxLength: 2 }).map((pings) => {
      const last = parts.length - 1;
      const message = parts.map(
        (part, index): Frame => ({ ...part, first: (index === 0 ? 2 : 0) | (index === last ? 128 : 0) }),
      );
      return [...message.slice(0, 1), ...pings, ...message.slice(1)];
    }),
  );
const text = fc.record({
  first: fc.constant(0x81),
  payload: fc.oneof(
    small,
    fc.string().map((string) => Buffer.from(string)),
  ),
  ...right,
});
const close = fc.record({ first: fc.constant(0x88), payload: closing, ...right, width: fc.constant<0>(0) });
/** Anything at all. */
const wild = fc.record({
  first: fc.nat(255),
  payload: fc.oneof(payload, closing),
  key,
  width,
  wrongMask: fc.constantFrom(false, false, false, true),
  claims: fc.constantFrom(0, 0, 0, 1, 1_000, 2 ** 40, 2 ** 53),
});
export const frames = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: whole.map((each) => [each]) },
      { weight: 6, arbitrary: control.map((each) => [each]) },
      { weight: 4, arbitrary: fragments },
      { weight: 1, arbitrary: close.map((each) => [each]) },
      { weight: 1, arbitrary: text.map((each) => [each]) },
      { weight: 1, arbitrary: wild.map((each) => [each]) },
    ),
    { maxLength: 12 },
  )
  .map((groups) => groups.flat());

/** Cuts where the numbers say, which are taken round and round. */
export function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

export const sizes = fc.oneof(
  fc.constant([]),
  fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 5 }),
  fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 5 }),
);
