import { expect, test } from 'vitest';
import type { Link } from '../../shared/index.ts';
import { turn } from '../../test/harness/real-time.ts';
import { inProcessLinks } from './in-process-link.ts';

function hear(link: Link): string[] {
  const heard: string[] = [];
  link.attach({
    onMessage: (message) => heard.push(`message ${message.join(' ')}`),
    onAlive: () => heard.push('alive'),
    onDrain: () => {},
    onClose: (code, reason) => heard.push(`closed ${code} ${reason}`),
  });
  return heard;
}

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

test('messages arrive whole, in order, never inside the call that sends them', async () => {
  const [near, far] = inProcessLinks();
  const heard = hear(far);
  near.send([bytes(1), bytes(2, 3)]);
  near.send([bytes(4)]);
  expect(heard).toEqual([]);
  await turn();
  expect(heard).toEqual(['alive', 'message 1 2 3', 'alive', 'message 4']);
});

test('what arrives is a copy: whoever sent it may use its bytes again', async () => {
  const [near, far] = inProcessLinks();
  const heard = hear(far);
  const sent = bytes(1, 2);
  near.send([sent]);
  sent.fill(9);
  await turn();
  expect(heard).toContain('message 1 2');
});

test('what was sent before anybody attached is waiting', async () => {
  const [near, far] = inProcessLinks();
  near.send([bytes(1)]);
  await turn();
  const heard = hear(far);
  await turn();
  expect(heard).toEqual(['alive', 'message 1']);
});

test('a paused link keeps its messages until it resumes', async () => {
  const [near, far] = inProcessLinks();
  const heard = hear(far);
  far.pause();
  near.send([bytes(1)]);
  await turn();
  expect(heard).toEqual([]);
  far.resume();
  await turn();
  expect(heard).toEqual(['alive', 'message 1']);
});

test('a goodbye comes after what was sent before it, once to either side, also to one that does not read', async () => {
  const [near, far] = inProcessLinks();
  const [nearHeard, farHeard] = [hear(near), hear(far)];
  far.pause();
  far.send([bytes(8)]);
  near.send([bytes(1)]);
  near.close(1000, 'done');
  near.close(1001, 'again');
  far.terminate();
  near.send([bytes(2)]);
  far.send([bytes(9)]);
  await turn();
  expect(farHeard).toEqual(['alive', 'message 1', 'closed 1000 done']);
  expect(nearHeard).toEqual(['closed 1000 done']);
});

test('a link that is dropped is closed with 1006 at both ends', async () => {
  const [near, far] = inProcessLinks();
  const [nearHeard, farHeard] = [hear(near), hear(far)];
  far.terminate();
  await turn();
  expect([nearHeard, farHeard]).toEqual([['closed 1006 '], ['closed 1006 ']]);
});
