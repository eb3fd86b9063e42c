import { expect, test } from 'vitest';
import type { Link } from '../../shared/index.ts';
import { memoryLinks } from './index.ts';
import { turn } from './real-time.ts';

/** Notes what a link tells. */
class Ear {
  readonly heard: string[] = [];
  readonly messages: Uint8Array[] = [];

  constructor(link: Link, answer?: (message: Uint8Array) => void) {
    link.attach({
      onMessage: (message) => {
        this.messages.push(message);
        this.heard.push(`message ${message.join(' ')}`);
        answer?.(message);
      },
      onAlive: () => this.heard.push('alive'),
      onDrain: () => {},
      onClose: (code, reason) => this.heard.push(`closed ${code} ${reason}`),
    });
  }
}

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

test('messages arrive whole, in order, and not before the next turn', async () => {
  const [near, far] = memoryLinks();
  const ear = new Ear(far);
  near.send([bytes(1), bytes(2, 3)]);
  near.send([bytes(4)]);
  await Promise.resolve();
  expect(ear.heard).toEqual([]);
  await turn();
  expect(ear.heard).toEqual(['alive', 'message 1 2 3', 'alive', 'message 4']);
});

test('what arrives is a copy: whoever sent it may use its bytes again', async () => {
  const [near, far] = memoryLinks();
  const ear = new Ear(far);
  const sent = bytes(1, 2);
  near.send([sent]);
  sent.fill(9);
  await turn();
  expect(ear.messages).toEqual([bytes(1, 2)]);
  expect(ear.messages[0]?.buffer).not.toBe(sent.buffer);
});

test('what was sent before anybody attached is waiting', async () => {
  const [near, far] = memoryLinks();
  near.send([bytes(1)]);
  await turn();
  const ear = new Ear(far);
  await turn();
  expect(ear.heard).toEqual(['alive', 'message 1']);
});

test('a paused link keeps its messages and answers no ping until it resumes', async () => {
  const [near, far] = memoryLinks();
  const nearEar = new Ear(near);
  const farEar = new Ear(far);
  far.pause();
  near.send([bytes(1)]);
  near.ping?.();
  await turn();
  await turn();
  expect([nearEar.heard, farEar.heard]).toEqual([[], []]);
  far.resume();
  await turn();
  await turn();
  expect([nearEar.heard, farEar.heard]).toEqual([['alive'], ['alive', 'message 1', 'alive']]);
});

test('a goodbye comes behind everything sent before it, and to both', async () => {
  const [near, far] = memoryLinks();
  const nearEar = new Ear(near);
  const farEar = new Ear(far);
  near.send([bytes(1)]);
  near.close(1000, 'done');
  near.send([bytes(2)]);
  await turn();
  expect(farEar.heard).toEqual(['alive', 'message 1', 'closed 1000 done']);
  expect(nearEar.heard).toEqual(['closed 1000 done']);
});

test('two goodbyes that cross end the link once for each', async () => {
  const [near, far] = memoryLinks();
  const nearEar = new Ear(near);
  const farEar = new Ear(far);
  near.close(1000, 'done');
  near.close(1000, 'again');
  far.close(1001, 'shutdown');
  await turn();
  await turn();
  expect([nearEar.heard, farEar.heard]).toEqual([['closed 1000 done'], ['closed 1001 shutdown']]);
});

test('a break is noticed by both as 1006, also by one that does not read', async () => {
  const [near, far] = memoryLinks();
  const nearEar = new Ear(near);
  const farEar = new Ear(far);
  far.pause();
  near.terminate();
  await turn();
  expect([nearEar.heard, farEar.heard]).toEqual([['closed 1006 '], ['closed 1006 ']]);
});

test('two ends that answer each other for ever leave everybody else their turn', async () => {
  const [near, far] = memoryLinks();
  const nearEar = new Ear(near, (message) => near.send([message]));
  const farEar = new Ear(far, (message) => far.send([message]));
  near.send([bytes(1)]);
  for (let turns = 0; turns < 10; turns++) await turn();
  expect(Math.min(nearEar.messages.length, farEar.messages.length)).toBeGreaterThan(1);
  near.terminate();
});
