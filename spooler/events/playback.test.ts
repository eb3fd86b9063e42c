/** The last chance of a queued event: its subscriber's exception class (EVC-127). */

import { expect, test } from 'vitest';
import { guid, hresultOf } from '../../shared/index.ts';
import { type PlaybackParts, playToExceptionClass } from './playback.ts';
import type { QueuedMessage } from './queued-message.ts';
import type { Subscription } from './subscription.ts';

const id = guid('00000000-0000-4000-8000-00000000000a');
const CLASS = guid('00000000-0000-4000-8000-00000000000b');
const FAILED = hresultOf('E_FAIL');
const message = { subscription: id, calls: ['{"method":"one"}', '{"method":"two"}'] } as unknown as QueuedMessage;

/** An exception class that answers each method as it is told, and S_OK to all others. */
function stage(more: Partial<Subscription> = {}, answers: Readonly<Record<string, number>> = {}) {
  const subscription = { id, owner: 'bob', exceptionClsid: CLASS, ...more } as Subscription;
  const seen: string[] = [];
  const object = {
    call: async (bytes: Uint8Array): Promise<number> => {
      const { method } = JSON.parse(new TextDecoder().decode(bytes)) as { readonly method: string };
      seen.push(method);
      return answers[method] ?? 0;
    },
    release: () => void seen.push('released'),
    gone: new Promise<never>(() => {}),
  };
  const activate = async (clsid: string, user: string): Promise<typeof object> => {
    expect(clsid).toBe(CLASS);
    seen.push(`for ${user}`);
    return object;
  };
  const parts = { activator: { activate }, subscription: () => subscription } as unknown as PlaybackParts;
  return { parts, seen };
}

test('EVC-127: it is told that this was the last try, gets what is left, and is let go', async () => {
  const { parts, seen } = stage();
  expect(await playToExceptionClass(message, parts)).toBe(true);
  expect(seen).toEqual(['for bob', 'FinalServerRetry', 'one', 'two', 'released']);
});

test('EVC-127: it is made for the user whom the subscription is for', async () => {
  const { parts, seen } = stage({ user: 'ann' });
  await playToExceptionClass(message, parts);
  expect(seen[0]).toBe('for ann');
});

test.each([
  ['FinalServerRetry', ['FinalServerRetry']],
  ['one', ['FinalServerRetry', 'one']],
  ['two', ['FinalServerRetry', 'one', 'two']],
])('EVC-127: where %s fails it has taken nothing, and gets nothing more', async (method, got) => {
  const { parts, seen } = stage({}, { [method]: FAILED });
  expect(await playToExceptionClass(message, parts)).toBe(false);
  expect(seen).toEqual(['for bob', ...got, 'released']);
});

test('EVC-127: where there is none, or the event is for everybody, nobody has taken it', async () => {
  expect(await playToExceptionClass(message, stage({ exceptionClsid: undefined }).parts)).toBe(false);
  expect(await playToExceptionClass({ ...message, subscription: null }, stage().parts)).toBe(false);
});
