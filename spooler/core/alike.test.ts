import { expect, test } from 'vitest';
import { Alike } from './alike.ts';

test('own decision: what is the same by its text is one value', () => {
  const values = new Alike<{ readonly text: string }>();
  const make = (text: string): { readonly text: string } => ({ text });
  const first = values.get('a', make);
  expect(values.get('a', make)).toBe(first);
  expect(values.get('b', make)).toEqual({ text: 'b' });
});

test('own decision: what is remembered is bounded, and whoever has a value keeps it', () => {
  const values = new Alike<object>();
  const first = values.get('0', () => ({}));
  for (let number = 1; number < 1_000; number++) values.get(String(number), () => ({}));
  expect(values.get('0', () => ({}))).toBe(first);
  values.get('1000', () => ({}));
  expect(values.get('0', () => ({}))).not.toBe(first);
});
