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
