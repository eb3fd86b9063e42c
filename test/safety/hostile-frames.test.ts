/** Broken WebSocket framing (T7): each case gets the close code RFC 6455 has for it, before and after the hello, and a canary notices none. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS, encodeRecord, notificationType } from '../../shared/index.ts';
import { type Rig, startRig } from '../harness/index.ts';
import { Canary } from './canary.ts';
import { frame, OPCODES, RawSocket } from './raw-socket.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const { message: largest } = DEFAULT_LIMITS;
const { continuation, text, binary, close, ping } = OPCODES;
const hello = frame({ opcode: binary, payload: Buffer.concat(encodeRecord({ op: 'hello', user: 'mallory' })) });

let rig: Rig;
let port: number;
let canary: Canary;

beforeAll(async () => {
  rig = await startRig({ transport: 'websocket' });
  port = Number(new URL(rig.url).port);
  canary = await Canary.start(rig);
});

afterAll(async () => {
  await canary.stop();
  await rig.close();
});

const CASES: readonly (readonly [what: string, bytes: Uint8Array, code: number])[] = [
  ['an unmasked frame', frame({ opcode: binary, masked: false, payload: 'x' }), 1002],
  ['a reserved opcode', frame({ opcode: 3 }), 1002],
  ['a reserved control opcode', frame({ opcode: 11 }), 1002],
  ['RSV1 without an extension', frame({ opcode: binary, reserved: 0b100 }), 1002],
  ['RSV2', frame({ opcode: binary, reserved: 0b010 }), 1002],
  ['RSV3', frame({ opcode: binary, reserved: 0b001 }), 1002],
  ['a ping of 126 bytes', frame({ opcode: ping, payload: Buffer.alloc(126) }), 1002],
  ['a ping in fragments', frame({ opcode: ping, fin: false }), 1002],
  ['a continuation of nothing', frame({ opcode: continuation, payload: 'x' }), 1002],
  [
    'a new message inside another',
    Buffer.concat([frame({ opcode: binary, fin: false }), frame({ opcode: binary })]),
    1002,
  ],
  ['a close frame of one byte', frame({ opcode: close, payload: 'x' }), 1002],
  ['a close code that is reserved', frame({ opcode: close, payload: Buffer.from([0x03, 0xed]) }), 1002],
  ['a close reason that is no UTF-8', frame({ opcode: close, payload: Buffer.from([0x03, 0xe8, 0xff]) }), 1007],
  ['text that is no UTF-8', frame({ opcode: text, payload: Buffer.from([0xff]) }), 1007],
  ['text', frame({ opcode: text, payload: 'hello' }), 1003],
  ['a length of 2^63', frame({ opcode: binary, length: 2n ** 63n }), 1009],
  ['a length of 2^64 - 1', frame({ opcode: binary, length: 2n ** 64n - 1n }), 1009],
  ['a length of 1 TB', frame({ opcode: binary, length: 10n ** 12n }), 1009],
  ['a length one above the largest message', frame({ opcode: binary, length: BigInt(largest + 1) }), 1009],
];

describe.each([
  ['before the hello', Buffer.alloc(0)],
  ['after the hello', hello],
])('%s', (_, greeting) => {
  test.each(CASES)('%s (T7)', async (_, bytes, code) => {
    using raw = await RawSocket.upgraded(port);
    raw.write(Buffer.concat([greeting, bytes]));
    expect((await raw.until(({ closeCode }) => closeCode !== undefined)).closeCode).toBe(code);
    await canary.sings();
  });

  test('100,000 fragments of one byte (T7)', async () => {
    using raw = await RawSocket.upgraded(port);
    const fragment = frame({ opcode: continuation, fin: false, payload: 'x' });
    const thousand = Buffer.concat(Array.from({ length: 1_000 }, () => fragment));
    raw.write(Buffer.concat([greeting, frame({ opcode: binary, fin: false, payload: 'x' })]));
    await raw.pour(Array.from({ length: 100 }, () => thousand));
    expect((await raw.until(({ closeCode }) => closeCode !== undefined)).closeCode).toBe(1008);
    await canary.sings();
  });

  test('two messages of half the limit and a bit in fragments, never whole (T7)', async () => {
    using raw = await RawSocket.upgraded(port);
    const half = Buffer.alloc(largest / 2 + 1);
    raw.write(greeting);
    await raw.pour([
      frame({ opcode: binary, fin: false, payload: half }),
      frame({ opcode: continuation, fin: false, payload: half }),
    ]);
    expect((await raw.until(({ closeCode }) => closeCode !== undefined)).closeCode).toBe(1009);
    await canary.sings();
  });
});

test('whoever broke the framing is run down at once, also where he does not answer the goodbye (PROTOCOL.md 7.1)', async () => {
  using raw = await RawSocket.upgraded(port);
  raw.write(Buffer.concat([hello, frame({ opcode: 3 })]));
  await raw.until(({ closeCode }) => closeCode !== undefined);
  expect(rig.spooler.stats().sessions).toBe(2);
  expect(rig.events.at(-1)).toMatchObject({ kind: 'sessionEnded', user: 'mallory', cause: 'faulty' });
});

test('after a text message nothing is read any more (PROTOCOL.md 2)', async () => {
  using raw = await RawSocket.upgraded(port);
  const open = {
    op: 'open',
    end: 0,
    request: 1,
    interest: { name: null, type, filter: 'kPerUser', style: 'kUniDirectional' },
  } as const;
  const afterwards = frame({ opcode: binary, payload: Buffer.concat(encodeRecord(open)) });
  raw.write(hello);
  await raw.until(({ frames }) => frames.length === 1);
  raw.write(Buffer.concat([frame({ opcode: text, payload: '{}' }), afterwards]));
  await raw.until(({ closeCode }) => closeCode !== undefined);
  expect(rig.spooler.stats()).toMatchObject({ sessions: 2, channels: 1 });
  expect(rig.events.at(-1)).toMatchObject({ kind: 'sessionEnded', user: 'mallory', cause: 'faulty' });
});

test('the canary was answered every time and in order, and nothing is left of the strangers (T7)', async () => {
  expect(await canary.stop()).toEqual([]);
  expect(rig.spooler.stats()).toMatchObject({ sessions: 2, channels: 1, registrations: 1 });
});
