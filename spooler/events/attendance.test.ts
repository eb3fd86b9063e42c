import { expect, test } from 'vitest';
import { guid } from '../../shared/index.ts';
import { ALL_RIGHTS } from '../core/identity.ts';
import type { Caller } from '../core/service.ts';
import { Attendance } from './attendance.ts';

const A = guid('00000000-0000-4000-8000-00000000000a');
const B = guid('00000000-0000-4000-8000-00000000000b');
const session = (user: string): Caller => ({ user, identity: { user, rights: ALL_RIGHTS }, isPresent: true });

test('EVC-105: a user is logged on as long as he has a session', () => {
  const attendance = new Attendance();
  const [first, second] = [session('ann'), session('ann')];
  expect(attendance.isLoggedOn('ann')).toBe(false);
  attendance.joined(first);
  attendance.joined(second);
  attendance.left(first);
  expect(attendance.isLoggedOn('ann')).toBe(true);
  attendance.left(second);
  expect(attendance.isLoggedOn('ann')).toBe(false);
});

test('EVC-85: with a session end the subscriptions that were made in it, and no others', () => {
  const attendance = new Attendance();
  const [first, second] = [session('ann'), session('ann')];
  for (const one of [first, second]) attendance.joined(one);
  attendance.tie(first, A);
  attendance.tie(second, B);
  attendance.untie(second, B);
  expect([...attendance.left(first)]).toEqual([A]);
  expect([...attendance.left(second)]).toEqual([]);
});
