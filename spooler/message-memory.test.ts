import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MessageMemory } from './message-memory.ts';

const KiB = 1024;

test('what was taken back is given out again, for whatever has about the same size', () => {
  const memory = new MessageMemory();
  const first = memory.allocate(1_000 * KiB);
  expect(first).toHaveLength(1_000 * KiB);
  memory.recycle(first);
  const second = memory.allocate(1_020 * KiB);
  expect(second.buffer).toBe(first.buffer);
  expect(second).toHaveLength(1_020 * KiB);
  expect(memory.allocate(1_020 * KiB).buffer).not.toBe(first.buffer);
});

test('nothing is taken back twice, and nothing that did not come from here', () => {
  const memory = new MessageMemory();
  const bytes = memory.allocate(64 * KiB);
  memory.recycle(bytes);
  memory.recycle(bytes);
  memory.recycle(new Uint8Array(64 * KiB));
  memory.recycle(memory.allocate(10));
  const given = [memory.allocate(64 * KiB), memory.allocate(64 * KiB), memory.allocate(64 * KiB)];
  expect(new Set(given.map(({ buffer }) => buffer)).size).toBe(3);
});

test('nobody is given what somebody has, whatever comes and goes', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ length: fc.constantFrom(1, 32 * KiB, 64 * KiB, 65 * KiB, 1_000 * KiB), back: fc.nat(9) }), {
        size: 'max',
        maxLength: 60,
      }),
      (steps) => {
        const memory = new MessageMemory();
        const out: Uint8Array[] = [];
        for (const { length, back } of steps) {
          const bytes = memory.allocate(length);
          // What is small shares a pool of Node's; what is large has memory of its own.
          expect(length === 1 || out.every(({ buffer }) => buffer !== bytes.buffer)).toBe(true);
          out.push(bytes);
          const [taken] = out.splice(back, 1);
          if (taken) memory.recycle(taken);
        }
      },
    ),
    { numRuns: 50 },
  );
});

test('what several refer to is given out again when the last has given it back, and not before', () => {
  const memory = new MessageMemory();
  const room = memory.allocate(64 * KiB);
  const [first, second] = [room.subarray(10, 20), room.subarray(20)];
  memory.share(first);
  memory.share(room);
  memory.recycle(room);
  memory.recycle(second);
  expect(memory.allocate(64 * KiB).buffer === room.buffer).toBe(false);
  memory.recycle(first);
  expect(memory.allocate(64 * KiB).buffer === room.buffer).toBe(true);
  // Whoever has it now is the only one.
  memory.recycle(room);
  expect(memory.allocate(64 * KiB).buffer === room.buffer).toBe(true);
});

test('nobody is given what somebody has, whoever shares it and in whatever order it comes back', () => {
  const step = fc.record({
    does: fc.constantFrom('allocate', 'share', 'recycle', 'recycle'),
    which: fc.nat(1_000),
    length: fc.constantFrom(100, 32 * KiB, 64 * KiB, 64 * KiB + 64, 1_000 * KiB, 17 * KiB * KiB),
  });
  let again = 0;
  fc.assert(
    fc.property(fc.array(step, { size: 'max', maxLength: 80 }), (steps) => {
      const memory = new MessageMemory();
      /** One entry for each who refers to it. */
      const users: Uint8Array[] = [];
      const seen = new Set<ArrayBufferLike>();
      for (const { does, which, length } of steps) {
        const one = users[which % Math.max(1, users.length)];
        if (does === 'allocate') {
          const bytes = memory.allocate(length);
          if (bytes.length !== length) throw new Error('not what was asked for');
          if (length > 100 && users.some(({ buffer }) => buffer === bytes.buffer)) throw new Error('somebody has it');
          if (length > 100 && seen.has(bytes.buffer)) again++;
          seen.add(bytes.buffer);
          users.push(bytes);
        } else if (one !== undefined && does === 'share') {
          const part = one.subarray(which % one.length);
          memory.share(part);
          users.push(part);
        } else if (one !== undefined) {
          users.splice(users.indexOf(one), 1);
          memory.recycle(one);
        }
      }
    }),
    { numRuns: 100 },
  );
  expect(again).toBeGreaterThan(100);
});
