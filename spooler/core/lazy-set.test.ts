import { expect, test } from 'vitest';
import { LazySet } from './lazy-set.ts';

test('is a set, empty or not', () => {
  const set = new LazySet<string>();
  expect([set.size, set.has('a'), set.delete('a'), [...set]]).toEqual([0, false, false, []]);
  set.add('a');
  set.add('b');
  set.add('a');
  expect([set.size, set.has('a'), [...set]]).toEqual([2, true, ['a', 'b']]);
  expect([set.delete('a'), set.delete('a'), [...set]]).toEqual([true, false, ['b']]);
  set.clear();
  expect([set.size, [...set]]).toEqual([0, []]);
});

test('hands out what is added meanwhile, and not what is taken out', () => {
  const set = new LazySet<number>();
  for (const number of [1, 2, 3]) set.add(number);
  const seen: number[] = [];
  for (const number of set) {
    seen.push(number);
    if (number === 1) {
      set.delete(2);
      set.add(4);
    }
  }
  expect(seen).toEqual([1, 3, 4]);
});
