/** What leaves together, what by reference, and what may stand for what came before it. */

import { describe, expect, test } from 'vitest';
import { encodeRecord } from './encode-record.ts';
import type { Link } from './link.ts';
import type { WireRecord } from './ops.ts';
import { concat, joinSmall, Outbox } from './outbox.ts';

const KiB = 1024;

/** A link that remembers its messages as the parts they were given in. */
function recordingLink(): { readonly link: Link; readonly messages: (readonly Uint8Array[])[] } {
  const messages: (readonly Uint8Array[])[] = [];
  const link: Link = {
    attach: () => {},
    send: (parts) => messages.push(parts),
    buffered: 0,
    pause: () => {},
    resume: () => {},
    close: () => {},
    terminate: () => {},
  };
  return { link, messages };
}

function outbox(): { readonly outbox: Outbox; readonly messages: (readonly Uint8Array[])[] } {
  const { link, messages } = recordingLink();
  return { outbox: new Outbox(link), messages };
}

/** What has been written in this turn has left when this resolves. */
function turnEnd(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function notify(sequence: number, data: Uint8Array): readonly Uint8Array[] {
  return encodeRecord({ op: 'notify', end: 7, sequence, data, release: false });
}

function single(record: WireRecord): Uint8Array {
  return concat(encodeRecord(record));
}

function settled(sequence: number, { end = 7, hresult = 0 } = {}): Uint8Array {
  return single({ op: 'settled', end, sequence, hresult });
}

describe('messages', () => {
  test('what is written in one turn leaves in one message, without being asked', async () => {
    const { outbox: box, messages } = outbox();
    const records = [1, 2, 3].map((sequence) => notify(sequence, new Uint8Array([sequence])));
    for (const record of records) box.write(record);
    expect(messages).toEqual([]);
    await turnEnd();
    expect(messages.map(concat)).toEqual([concat(records.flat())]);
    box.write(notify(4, new Uint8Array(1)));
    await turnEnd();
    expect(messages).toHaveLength(2);
  });

  test('flush sends at once, and once', async () => {
    const { outbox: box, messages } = outbox();
    box.write(notify(1, new Uint8Array(1)));
    box.flush();
    expect(messages).toHaveLength(1);
    box.flush();
    await turnEnd();
    expect(messages).toHaveLength(1);
  });

  test('are filled up to 64 KiB, and no record spans two of them', () => {
    const { outbox: box, messages } = outbox();
    // Four of these are exactly 64 KiB.
    const record = notify(1, new Uint8Array(16 * KiB - 16));
    for (let i = 0; i < 9; i++) box.write(record);
    box.flush();
    expect(messages.map((parts) => concat(parts).length)).toEqual([64 * KiB, 64 * KiB, 16 * KiB]);
  });

  test('a record above 64 KiB is a message of its own', () => {
    const { outbox: box, messages } = outbox();
    box.write(notify(1, new Uint8Array(1)));
    box.write(notify(2, new Uint8Array(64 * KiB)));
    box.write(notify(3, new Uint8Array(1)));
    box.flush();
    expect(messages.map((parts) => concat(parts).length)).toEqual([17, 64 * KiB + 16, 17]);
  });
});

describe('bytes', () => {
  test('a payload from 16 KiB on travels by reference, a smaller one is joined to its head', () => {
    const { outbox: box, messages } = outbox();
    const large = new Uint8Array(16 * KiB);
    const small = new Uint8Array(16 * KiB - 1);
    box.write(notify(1, small));
    box.write(notify(2, large));
    box.write(notify(3, small));
    box.flush();
    const [parts = []] = messages;
    expect(parts.map(({ length }) => length)).toEqual([16 + small.length + 16, large.length, 16 + small.length]);
    expect(parts[1]).toBe(large);
  });

  test('a lone record of one small part is not copied either', () => {
    const parts = [new Uint8Array([1])];
    expect(joinSmall(parts)).toBe(parts);
    expect(concat(parts)).toBe(parts[0]);
  });

  test('nothing joins to nothing', () => {
    expect(joinSmall([])).toEqual([]);
    expect(concat([])).toHaveLength(0);
  });
});

describe('cumulative records', () => {
  function written(write: (box: Outbox) => void): Uint8Array {
    const { outbox: box, messages } = outbox();
    write(box);
    box.flush();
    return concat(messages.map(concat));
  }

  test('one that differs in the sequence only takes the place of the one before it', () => {
    const bytes = written((box) => {
      for (const sequence of [1, 2, 3]) box.writeCumulative(settled(sequence));
    });
    expect(bytes).toEqual(settled(3));
  });

  test('the last of a run counts even where its number is the smaller one: numbers wrap', () => {
    const bytes = written((box) => {
      box.writeCumulative(settled(0xffffffff));
      box.writeCumulative(settled(0));
    });
    expect(bytes).toEqual(settled(0));
  });

  test.each([
    ['another end', settled(1), settled(2, { end: 8 })],
    ['another code', settled(1, { hresult: 0x00040007 }), settled(2, { hresult: 0x00040005 })],
    ['a code after none', settled(1), settled(2, { hresult: 0x00040007 })],
    ['another op', settled(1), single({ op: 'release', end: 7, sequence: 2, only: false })],
    [
      'another flag',
      single({ op: 'release', end: 7, sequence: 1, only: true }),
      single({ op: 'release', end: 7, sequence: 2, only: false }),
    ],
  ])('%s: both are sent', (_, first, second) => {
    const bytes = written((box) => {
      box.writeCumulative(first);
      box.writeCumulative(second);
    });
    expect(bytes).toEqual(concat([first, second]));
  });

  test('what came between keeps its place: order is part of what is said', () => {
    const between = notify(1, new Uint8Array([1]));
    const bytes = written((box) => {
      box.writeCumulative(settled(1));
      box.write(between);
      box.writeCumulative(settled(2));
    });
    expect(bytes).toEqual(concat([settled(1), ...between, settled(2)]));
  });

  test('a payload that looks like one is never replaced', () => {
    const lookalike = settled(1);
    const record = notify(1, lookalike);
    const bytes = written((box) => {
      box.write(record);
      box.writeCumulative(settled(2));
    });
    expect(bytes).toEqual(concat([...record, settled(2)]));
  });

  test('one that has left is not taken back', async () => {
    const { outbox: box, messages } = outbox();
    box.writeCumulative(settled(1));
    await turnEnd();
    box.writeCumulative(settled(2));
    await turnEnd();
    expect(messages.map(concat)).toEqual([settled(1), settled(2)]);
  });
});
