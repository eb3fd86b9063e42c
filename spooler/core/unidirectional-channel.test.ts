/** What a fan-out gives to many: the same parts for all of them, in every turn, and to each what is his. */

import { expect, test } from 'vitest';
import {
  type ClientRecord,
  decodeRecord,
  eachRecord,
  encodeRecord,
  type Interest,
  type Limits,
  notificationType,
} from '../../shared/index.ts';
import { concat } from '../../shared/join.ts';
import { RecordingLink, turnEnd } from '../../test/fuzz/recording-link.ts';
import { ManualClock } from '../../test/harness/index.ts';
import { Spooler } from './spooler.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const lab: Interest = { name: String.raw`\\localhost\Lab`, type, filter: 'kPerUser', style: 'kUniDirectional' };

/** Somebody who has joined a spooler. */
class Client {
  readonly link = new RecordingLink();

  static async join(spooler: Spooler, ...records: readonly ClientRecord[]): Promise<Client> {
    const client = new Client();
    spooler.accept(client.link);
    await client.send({ op: 'hello', user: 'ann' }, ...records);
    return client;
  }

  static listener(spooler: Spooler): Promise<Client> {
    return Client.join(spooler, { op: 'register', registration: 1, request: 1, interest: lab });
  }

  /** Sends records in one message, and lets happen what they cause. */
  async send(...records: readonly ClientRecord[]): Promise<void> {
    this.link.receive(records.flatMap(encodeRecord));
    await turnEnd();
  }

  /** The last message to it, in the parts it was given in. */
  get last(): readonly Uint8Array[] {
    return this.link.messages.at(-1) ?? [];
  }

  /** The notifications it was given: end, number and first byte. */
  get given(): readonly string[] {
    const given: string[] = [];
    eachRecord(this.link.bytes, (raw) => {
      const record = decodeRecord(raw, 'spooler');
      if (record.op === 'notify') given.push(`${record.end}: ${record.sequence} ${record.data?.[0]}`);
    });
    return given;
  }
}

function newSpooler(limits: Partial<Limits> = {}): Spooler {
  return new Spooler({ clock: new ManualClock(), limits });
}

/** A source whose channel is the first of its spooler. */
function source(spooler: Spooler): Promise<Client> {
  return Client.join(spooler, { op: 'open', end: 0, request: 1, interest: lab });
}

function notify(sequence: number): ClientRecord {
  return { op: 'notify', end: 1, sequence, data: Uint8Array.of(sequence), release: false };
}

test('listeners are given the very same array, also after a turn in which each was offered its end', async () => {
  const spooler = newSpooler();
  const first = await Client.listener(spooler);
  const others = [await Client.listener(spooler), await Client.listener(spooler)];
  const sender = await source(spooler);
  await sender.send(notify(1));
  for (const sequence of [2, 4]) {
    const records = [notify(sequence), notify(sequence + 1)];
    await sender.send(...records);
    expect(concat(first.last)).toEqual(concat(records.flatMap(encodeRecord)));
    expect(Object.isFrozen(first.last)).toBe(true);
    for (const other of others) expect(other.last === first.last).toBe(true);
  }
  expect(others.map(({ given }) => given)).toEqual([first.given, first.given]);
});

test('a listener with two registrations is given each under its own number, the others what all are given', async () => {
  const spooler = newSpooler();
  const one = await Client.listener(spooler);
  const two = await Client.listener(spooler);
  await two.send({ op: 'register', registration: 2, request: 2, interest: lab });
  const other = await Client.listener(spooler);
  const sender = await source(spooler);
  for (const sequence of [1, 2]) await sender.send(notify(sequence));
  await sender.send(notify(3), notify(4));
  expect(one.given).toEqual(['1: 1 1', '1: 2 2', '1: 3 3', '1: 4 4']);
  expect(other.last === one.last).toBe(true);
  const [, own] = new Set(two.given.map((given) => given.split(':')[0]));
  expect(two.given).toEqual(one.given.flatMap((given) => [given, given.replace('1:', `${own}:`)]));
});

test('who is at his bound is given later what the others were given at once', async () => {
  const spooler = newSpooler({ registrationHeldObjects: 1 });
  const quick = await Client.listener(spooler);
  const slow = await Client.listener(spooler);
  const sender = await source(spooler);
  for (const sequence of [1, 2, 3]) {
    await sender.send(notify(sequence), { op: 'ping', sequence });
    await quick.send({ op: 'release', end: 1, sequence, only: false });
  }
  expect(quick.given).toEqual(['1: 1 1', '1: 2 2', '1: 3 3']);
  expect(slow.given).toEqual(['1: 1 1']);
  for (const sequence of [1, 2]) await slow.send({ op: 'release', end: 1, sequence, only: false });
  expect(slow.given).toEqual(quick.given);
});
