/** Persistent registrations by raw calls. All of it is our own decision (docs/decisions/0033). */

import { describe, expect, test } from 'vitest';
import {
  createPersistentRegistrations,
  MemoryStore,
  type PersistentRegistrationsOptions,
} from '../../../spooler/index.ts';
import { type Rig, startRig } from '../../harness/index.ts';
import { RawPersistentClient, TYPE } from './raw-attachment.ts';

const start = (options: PersistentRegistrationsOptions = {}): Promise<Rig> =>
  startRig({ services: createPersistentRegistrations(options).services });

async function send(rig: Rig, ...texts: readonly string[]): Promise<string[]> {
  const sender = await rig.sender();
  const channel = await sender.createNotificationChannel({ name: 'Lab', type: TYPE });
  const outcomes = await Promise.all(texts.map((text) => channel.sendNotification(text)));
  await sender.close();
  return outcomes.map(({ code }) => code);
}

describe('first', () => {
  test('it gets what it missed', async () => {
    await using rig = await start({ store: new MemoryStore() });
    const first = await RawPersistentClient.connect(rig);
    const one = await first.attach('desk');
    expect(one.attached).toEqual({ recovered: false, pending: 0, lost: 0, next: 1 });
    expect(await send(rig, 'a', 'b')).toEqual(['S_OK', 'S_OK']);
    expect(one.texts).toEqual(['a', 'b']);
    await first.acknowledge(one, 1);
    await first.die();
    expect(await send(rig, 'c', 'd')).toEqual(['S_OK', 'S_OK']);
    const second = await RawPersistentClient.connect(rig);
    const two = await second.attach('desk');
    await rig.settle();
    expect(two.attached).toEqual({ recovered: true, pending: 3, lost: 0, next: 2 });
    expect(two.early).toBe(false);
    expect(two.given.map(({ number, text, redelivered }) => [number, text, redelivered])).toEqual([
      [2, 'b', true],
      [3, 'c', false],
      [4, 'd', false],
    ]);
    await second[Symbol.asyncDispose]();
  });
});
