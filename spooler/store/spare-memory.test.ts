import { expect, test } from 'vitest';
import { SpareMemory } from './spare-memory.ts';

test('what was given back is taken again where it fits, and not for much less', () => {
  const memory = new SpareMemory();
  const first = memory.take(100_000);
  memory.giveBack(first);
  expect(memory.take(50_000) === first).toBe(false);
  const again = memory.take(120_000);
  expect(again === first).toBe(true);
  expect(memory.take(120_000) === first).toBe(false);
});

test('nobody has a piece twice', () => {
  const memory = new SpareMemory();
  const taken = Array.from({ length: 5 }, () => memory.take(10_000));
  for (const each of taken) memory.giveBack(each);
  const again = Array.from({ length: 5 }, () => memory.take(10_000));
  expect(new Set(again)).toEqual(new Set(taken));
  expect(new Set(again).size).toBe(5);
});

test('only so much waits, nothing small, and nothing once it is cleared', () => {
  const memory = new SpareMemory();
  const taken = Array.from({ length: 5 }, () => memory.take(8 * 1_048_576));
  for (const each of taken) memory.giveBack(each);
  const again = Array.from({ length: 5 }, () => memory.take(8 * 1_048_576));
  expect(again.filter((each) => taken.includes(each)).length).toBe(4);
  const small = memory.take(100);
  expect(small.length).toBe(100);
  memory.giveBack(small);
  expect(memory.take(100) === small).toBe(false);
  const [one] = again;
  if (one) memory.giveBack(one);
  memory.clear();
  expect(memory.take(8 * 1_048_576) === one).toBe(false);
});
