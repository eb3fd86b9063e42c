import { expect, test } from 'vitest';
import { Lanes } from './lanes.ts';

/** Work that ends when it is told to. */
function work(log: string[], name: string): { run: () => Promise<string>; end: () => void } {
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const run = async (): Promise<string> => {
    log.push(`${name} begins`);
    await ended;
    log.push(`${name} ends`);
    return name;
  };
  return { run, end };
}

test('EVC-60: with one lane the next begins when the one before has ended', async () => {
  const log: string[] = [];
  const lanes = new Lanes(1);
  const [a, b] = [work(log, 'a'), work(log, 'b')];
  const done = Promise.all([lanes.run(a.run), lanes.run(b.run)]);
  b.end();
  a.end();
  expect(await done).toEqual(['a', 'b']);
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
});

test('EVC-62: several at a time, and never more', async () => {
  const log: string[] = [];
  const lanes = new Lanes(2);
  const all = ['a', 'b', 'c'].map((name) => work(log, name));
  const done = Promise.all(all.map(({ run }) => lanes.run(run)));
  await Promise.resolve();
  expect(log).toEqual(['a begins', 'b begins']);
  all[1]?.end();
  all[2]?.end();
  all[0]?.end();
  await done;
  expect(log.slice(2, 4)).toEqual(['b ends', 'a ends']);
});

test('EVC-OPEN-7, decided: one that fails frees its lane for the next', async () => {
  const lanes = new Lanes(1);
  const failing = lanes.run(() => Promise.reject(new Error('no')));
  const next = lanes.run(() => 'next');
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('next');
});
