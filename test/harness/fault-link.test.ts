import { expect, test } from 'vitest';
import { FaultLink, memoryLinks } from './index.ts';
import { turn } from './real-time.ts';

/** Two joined links, the near one with faults, and what each was told. */
class Pair {
  readonly near: FaultLink;
  readonly far: FaultLink;
  readonly atNear: string[] = [];
  readonly atFar: string[] = [];

  constructor() {
    const [near, far] = memoryLinks();
    this.near = new FaultLink(near);
    this.far = new FaultLink(far);
    for (const [link, heard] of [[this.near, this.atNear] as const, [this.far, this.atFar] as const]) {
      link.attach({
        onMessage: (message) => heard.push(String(message[0])),
        onAlive: () => {},
        onDrain: () => {},
        onClose: (code) => heard.push(`closed ${code}`),
      });
    }
  }

  /** Sends from both ends. */
  async exchange(...values: number[]): Promise<void> {
    for (const value of values) {
      this.near.send([new Uint8Array([value])]);
      this.far.send([new Uint8Array([value])]);
    }
    await rest();
  }
}

async function rest(): Promise<void> {
  for (let turns = 0; turns < 4; turns++) await turn();
}

test('without a fault everything passes, and is counted', async () => {
  const pair = new Pair();
  await pair.exchange(1, 2);
  expect([pair.atNear, pair.atFar]).toEqual([
    ['1', '2'],
    ['1', '2'],
  ]);
  expect([pair.near.sentBytes, pair.near.receivedBytes]).toEqual([2, 2]);
});

test('a cut is noticed by both, without a goodbye and once', async () => {
  const pair = new Pair();
  pair.near.cut();
  await rest();
  pair.near.cut();
  await pair.exchange(1);
  expect([pair.atNear, pair.atFar]).toEqual([['closed 1006'], ['closed 1006']]);
  expect([pair.near.closed, pair.far.closed]).toEqual([true, true]);
});

test('a silent link carries nothing in either direction, not even an answer to a ping', async () => {
  const pair = new Pair();
  pair.near.goSilent();
  await pair.exchange(1);
  pair.far.ping?.();
  await rest();
  expect([pair.atNear, pair.atFar]).toEqual([[], []]);
  expect(pair.far.isWaiting).toBe(true);
});

test('who gives up a silent link is alone with that: the other end has to find out by itself', async () => {
  const pair = new Pair();
  pair.near.goSilent();
  pair.near.close(1000, 'done');
  await rest();
  expect([pair.atNear, pair.atFar]).toEqual([['closed 1006'], []]);
  pair.far.terminate();
  await rest();
  expect([pair.atNear, pair.atFar]).toEqual([['closed 1006'], ['closed 1006']]);
});

test('a silent end does not notice that the other one closes', async () => {
  const pair = new Pair();
  pair.near.goSilent();
  pair.far.close(4407, 'no sign of life');
  await rest();
  expect([pair.atNear, pair.atFar]).toEqual([[], ['closed 4407']]);
});

test('an end that goes silent while it closes still hears that it is closed', async () => {
  const pair = new Pair();
  pair.near.terminate();
  pair.near.goSilent();
  await rest();
  expect([pair.atNear, pair.atFar]).toEqual([['closed 1006'], ['closed 1006']]);
});

test('a cut tells a silent end what it did not notice', async () => {
  const pair = new Pair();
  pair.near.goSilent();
  pair.far.close(4407, 'no sign of life');
  await rest();
  pair.near.cut();
  await rest();
  expect([pair.atNear, pair.atFar]).toEqual([['closed 1006'], ['closed 4407']]);
});

test('a cut ends silence too', async () => {
  const pair = new Pair();
  pair.near.goSilent();
  pair.near.cut();
  await rest();
  expect([pair.atNear, pair.atFar]).toEqual([['closed 1006'], ['closed 1006']]);
});

test.each([
  ['incoming', [], ['1', '2']],
  ['outgoing', ['1', '2'], []],
  ['both', [], []],
] as const)('holding %s keeps those messages back until they are let go, in order', async (direction, near, far) => {
  const pair = new Pair();
  pair.near.hold(direction);
  await pair.exchange(1, 2);
  expect([pair.atNear, pair.atFar]).toEqual([near, far]);
  expect(pair.near.isHolding).toBe(true);
  pair.near.letGo();
  await pair.exchange(3);
  expect([pair.atNear, pair.atFar]).toEqual([
    ['1', '2', '3'],
    ['1', '2', '3'],
  ]);
  expect(pair.near.isHolding).toBe(false);
});

test('holding one direction after the other holds both: nothing overtakes what was held first', async () => {
  const pair = new Pair();
  pair.near.hold('outgoing');
  await pair.exchange(1);
  pair.near.hold('incoming');
  await pair.exchange(2);
  expect([pair.atNear, pair.atFar]).toEqual([['1'], []]);
  pair.near.letGo();
  await rest();
  expect([pair.atNear, pair.atFar]).toEqual([
    ['1', '2'],
    ['1', '2'],
  ]);
});

test('signs of life pass while messages are held', async () => {
  const pair = new Pair();
  pair.near.hold('both');
  pair.far.ping?.();
  expect(pair.far.isWaiting).toBe(true);
  await rest();
  expect(pair.far.isWaiting).toBe(false);
});

test('nothing comes after the close, also not what was held before it', async () => {
  const pair = new Pair();
  pair.near.hold('incoming');
  await pair.exchange(1);
  pair.far.close(1001, '');
  await rest();
  pair.near.letGo();
  await rest();
  expect(pair.atNear).toEqual(['closed 1001']);
});

test('what came before anybody was attached is told in order once somebody is', async () => {
  const [nearLink, far] = memoryLinks();
  const near = new FaultLink(nearLink);
  far.send([new Uint8Array([1])]);
  far.send([new Uint8Array([2])]);
  far.close(1001, '');
  await rest();
  expect(near.closed).toBe(true);
  const heard: string[] = [];
  near.attach({
    onMessage: (message) => heard.push(String(message[0])),
    onAlive: () => {},
    onDrain: () => {},
    onClose: (code) => heard.push(`closed ${code}`),
  });
  expect(heard).toEqual([]);
  await rest();
  expect(heard).toEqual(['1', '2', 'closed 1001']);
});

test('a goodbye lets what was held back leave first', async () => {
  const pair = new Pair();
  pair.near.hold('outgoing');
  await pair.exchange(1);
  pair.near.close(1000, 'done');
  await rest();
  expect(pair.atFar).toEqual(['1', 'closed 1000']);
});
