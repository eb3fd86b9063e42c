/** Giving back what was delivered: in order, at once or a little later (PROTOCOL.md section 5.9). */

import { describe, expect, test } from 'vitest';
import type { DataObject } from '../shared/index.ts';
import { ReceivingClient } from '../test/fuzz/receiving-client.ts';
import type { Slack } from './received.ts';

describe('where nothing may be kept back', () => {
  test.each<[string, Slack | undefined]>([
    ['as the spooler says', { objects: 0, bytes: 1_000 }],
    ['as long as it has said nothing', undefined],
  ])('everything is given back at once: %s', (_, slack) => {
    const client = new ReceivingClient(slack);
    const [first, second] = [client.take(7, 1), client.take(7, 2, 0)];
    expect(client.given()).toEqual([]);
    first.release();
    expect(client.given()).toEqual(['7: all to 1']);
    second.release();
    expect(client.given()).toEqual(['7: all to 2']);
    client.received.refuse(8, 1, 3);
    expect(client.given()).toEqual(['8: all to 1']);
    expect([client.clock.pending, client.ledger.live]).toEqual([0, 0]);
  });
});

describe('what may be kept back', () => {
  test('is, up to so many objects on all ends together, and then all of it is given back', () => {
    const client = new ReceivingClient({ objects: 3, bytes: 1_000 });
    for (const [end, sequence] of [
      [7, 1],
      [8, 1],
      [7, 2],
    ] as const)
      client.take(end, sequence).release();
    expect(client.given()).toEqual([]);
    client.received.refuse(8, 5, 1);
    expect(client.given()).toEqual(['7: all to 2', '8: all to 5']);
    // It begins anew.
    for (const sequence of [3, 4, 5]) client.take(7, sequence).release();
    expect(client.given()).toEqual([]);
    client.take(7, 6).release();
    expect(client.given()).toEqual(['7: all to 6']);
  });

  test('is, up to so many bytes on all ends together', () => {
    const client = new ReceivingClient({ objects: 100, bytes: 10 });
    client.take(7, 1, 6).release();
    client.take(8, 1, 4).release();
    client.take(8, 2, 0).release();
    expect(client.given()).toEqual([]);
    client.take(8, 3, 1).release();
    expect(client.given()).toEqual(['7: all to 1', '8: all to 3']);
    // It begins anew.
    client.take(7, 2, 10).release();
    expect(client.given()).toEqual([]);
    client.send();
    client.take(8, 4, 11).release();
    expect(client.given()).toEqual(['7: all to 2', '8: all to 4']);
  });

  test('goes with the next thing that is sent, before it', () => {
    const client = new ReceivingClient({ objects: 3, bytes: 1_000 });
    client.take(7, 1).release();
    client.take(8, 0).release();
    client.send();
    expect(client.given()).toEqual(['7: all to 1', '8: all to 0']);
    client.send();
    expect(client.given()).toEqual([]);
  });

  test('goes after half a second at the latest, with what has come to it since', () => {
    const client = new ReceivingClient({ objects: 3, bytes: 1_000 });
    client.take(7, 1).release();
    client.clock.advance(499);
    client.take(8, 1).release();
    expect(client.given()).toEqual([]);
    client.clock.advance(1);
    expect(client.given()).toEqual(['7: all to 1', '8: all to 1']);
    expect(client.clock.pending).toBe(0);
    client.take(7, 2).release();
    client.send();
    client.clock.advance(60);
    client.take(7, 3).release();
    client.clock.advance(500);
    expect(client.given()).toEqual(['7: all to 2', '7: all to 3']);
  });

  test('is forgotten with the connection, and so is what dies later', () => {
    const client = new ReceivingClient({ objects: 3, bytes: 1_000 });
    const [, second, third] = [client.take(7, 1), client.take(7, 2), client.take(8, 1)];
    client.take(9, 1).release();
    client.received.end();
    expect(client.clock.pending).toBe(0);
    for (const object of [second, third]) object.release();
    client.send();
    client.clock.advance(1_000);
    expect(client.given()).toEqual([]);
    expect(client.clock.pending).toBe(0);
  });
});

describe('where an older one is still in use', () => {
  test.each([0, 10])(
    'a younger one is given back alone and at once, whatever else is kept back: up to %i',
    (objects) => {
      const client = new ReceivingClient({ objects, bytes: 1_000 });
      const [first, second, third] = [1, 2, 3].map((sequence) => client.take(7, sequence));
      third?.release();
      expect(client.given()).toEqual(['7: only 3']);
      first?.release();
      second?.release();
      client.send();
      expect(client.given().at(-1)).toBe('7: all to 2');
    },
  );

  test('on another end nobody waits for it', () => {
    const client = new ReceivingClient({ objects: 0, bytes: 0 });
    client.take(7, 1);
    client.take(8, 2).release();
    expect(client.given()).toEqual(['8: all to 2']);
  });

  test('for thousands of others, all of them go, and what remains behind it in its order', () => {
    const client = new ReceivingClient({ objects: 0, bytes: 0 });
    const before = client.take(7, 0xfffffeff);
    const oldest = client.take(7, 0xffffff00);
    before.release();
    expect(client.given()).toEqual(['7: all to 4294967039']);
    const middle: DataObject[] = [];
    for (let number = 1; number <= 10_000; number++) {
      const object = client.take(7, (0xffffff00 + number) >>> 0);
      if (number % 2_000 === 0) middle.push(object);
      else object.release();
    }
    const given = client.releases();
    expect(given).toHaveLength(10_000 - middle.length);
    expect(given.every(({ only }) => only)).toBe(true);
    const rest = [oldest, ...middle].flatMap((object) => {
      object.release();
      return client.given();
    });
    expect(rest).toEqual([
      '7: all to 4294967040',
      ...[2_000, 4_000, 6_000, 8_000, 10_000].map((number) => `7: all to ${number - 256}`),
    ]);
  });
});
