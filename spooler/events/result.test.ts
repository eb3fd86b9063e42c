import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { hresultOf, outcomeOf, succeeded } from '../../shared/index.ts';
import { type Fate, fateOf, resultOf, SKIPPED } from './result.ts';

const delivered = fateOf(0);
const failed = fateOf(hresultOf('E_FAIL'));
const queued: Fate = { kind: 'queued', hresult: 0 };

/** The code the publisher is told, by name and number. */
const code = (...fates: Fate[]): string => {
  const hresult = resultOf(fates);
  return `${outcomeOf(hresult).code} 0x${hresult.toString(16).padStart(8, '0')}`;
};

test('EVC-64, EVC-65: every subscriber was called', () => {
  expect(code(delivered, delivered)).toBe('S_OK 0x00000000');
});

test('EVC-66, EVC-181: some were, not all', () => {
  expect(code(failed, delivered)).toBe('EVENT_S_SOME_SUBSCRIBERS_FAILED 0x00040200');
});

test('EVC-67, EVC-182: none was', () => {
  expect(code(failed, failed)).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED 0x80040201');
});

test('EVC-68, EVC-183: there is nobody', () => {
  expect(code()).toBe('EVENT_S_NOSUBSCRIBERS 0x00040202');
});

test('EVC-70: partial delivery and no delivery are successes', () => {
  expect(succeeded(resultOf([failed, delivered]))).toBe(true);
  expect(succeeded(resultOf([]))).toBe(true);
});

test('EVC-OPEN-5, decided: who was skipped does not count at all', () => {
  expect(code(SKIPPED, delivered)).toBe(code(delivered));
  expect(code(SKIPPED, failed)).toBe(code(failed));
  expect(code(SKIPPED, SKIPPED)).toBe(code());
});

test('EVC-OPEN-6, decided: a failure that the subscriber answers with counts as failed', () => {
  expect(fateOf(hresultOf('E_FAIL')).kind).toBe('failed');
  expect(fateOf(1).kind).toBe('delivered');
});

test('EVC-OPEN-13, decided: what is recorded counts as delivered', () => {
  expect(code(queued)).toBe('S_OK 0x00000000');
  expect(code(queued, failed)).toBe('EVENT_S_SOME_SUBSCRIBERS_FAILED 0x00040200');
});

test('EVC-64: the order of the subscribers changes nothing', () => {
  const fates = fc.array(fc.constantFrom(delivered, failed, queued, SKIPPED));
  fc.assert(fc.property(fates, (some) => resultOf(some) === resultOf(some.toReversed())));
});
