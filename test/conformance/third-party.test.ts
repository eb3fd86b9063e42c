/**
 * PROTOCOL.md is enough to write a client: one that knows nothing else talks with our libraries, on either side, and with
 * itself.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { guid } from '../../shared/index.ts';
import { startRig } from '../harness/index.ts';
import { ThirdPartyClient } from './third-party-client.ts';

const TYPE = '0b20806a328a4e1c931c0250308574c7';
const LAB = '\\\\localhost\\Lab';
const ONE_WAY = { name: LAB, type: TYPE };
const DIALOGUE = { ...ONE_WAY, answers: true };
/** The same for our libraries. */
const type = guid('0b20806a-328a-4e1c-931c-0250308574c7');

const S_OK = 0;
const CHANNEL_ACQUIRED = 0x80040010;
const CHANNEL_ACQUIRED_AS_SUCCESS = 0x00040010;
const WAITING_FOR_CLIENT = 0x8004000a;

test('the client of these tests uses nothing of this project', () => {
  const source = readFileSync(new URL('third-party-client.ts', import.meta.url), 'utf8');
  const imports = [...source.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, name]) => name);
  expect(imports).toEqual(['@msgpack/msgpack', 'ws']);
});

describe('with our sender', () => {
  test('it hears notifications and gives them back (PAN-115)', async () => {
    await using rig = await startRig({ transport: 'websocket' });
    const stranger = await ThirdPartyClient.connect(rig.url, 'ann');
    expect(stranger.server).toBe('localhost');
    expect(await stranger.register(1, ONE_WAY)).toBe(S_OK);
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    const large = 'x'.repeat(1_000_000);
    for (const text of ['paper jam', '', large]) await channel.sendNotification(text);
    await channel.sendNotification(null);
    const offer = await stranger.next();
    expect(offer).toMatchObject({ kind: 'offer', registration: 1, name: LAB });
    const heard = [await stranger.next(), await stranger.next(), await stranger.next(), await stranger.next()];
    expect(heard).toEqual(
      ['paper jam', '', large, null].map((text, index) => ({
        kind: 'notify',
        end: offer.end,
        sequence: index + 1,
        text,
      })),
    );
    expect(rig.spooler.stats().heldObjects).toBe(4);
    stranger.release(offer.end, 3, true);
    stranger.release(offer.end, 4);
    await stranger.ping();
    expect(rig.spooler.stats().heldObjects).toBe(0);
    await channel.closeChannel();
    expect(await stranger.next()).toMatchObject({ kind: 'close', end: offer.end, cause: 'closed', text: undefined });
    expect(await stranger.unregister(1)).toBe(S_OK);
    expect(await stranger.leave()).toBe(1000);
  });

  test('it answers, acquires and closes with a last word (PAN-148, PAN-156, PAN-158)', async () => {
    await using rig = await startRig({ transport: 'websocket' });
    const stranger = await ThirdPartyClient.connect(rig.url, 'ann');
    await stranger.register(1, { ...DIALOGUE, name: null });
    const answers = rig.senderRecorder();
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type, style: 'kBiDirectional' }, answers);
    const { end } = await stranger.next();
    for (const turn of [1, 2, 3]) {
      await channel.sendNotification(`q${turn}`);
      expect(await stranger.next()).toEqual({ kind: 'notify', end, sequence: turn, text: `q${turn}` });
      expect(await stranger.notify(end, `a${turn}`)).toBe(S_OK);
      expect((await answers.nextNotification()).text).toBe(`a${turn}`);
    }
    expect(await stranger.close(end, 'bye')).toBe(S_OK);
    expect(await answers.nextClose()).toMatchObject({ text: 'bye', cause: 'closed' });
    stranger.release(end, 3);
    await stranger.leave();
  });

  test('its death is told to our sender, with the release triple (PAN-170)', async () => {
    await using rig = await startRig({ transport: 'websocket' });
    const stranger = await ThirdPartyClient.connect(rig.url, 'ann');
    await stranger.register(1, DIALOGUE);
    const answers = rig.senderRecorder();
    const sender = await rig.sender();
    const channel = await sender.createNotificationChannel({ name: 'Lab', type, style: 'kBiDirectional' }, answers);
    const { end } = await stranger.next();
    await channel.sendNotification('q');
    await stranger.notify(end, 'a');
    await stranger.die();
    expect(await answers.nextClose()).toMatchObject({ data: null, size: 0, cause: 'died' });
  });
});

describe('with our listener', () => {
  test('it sends, to one who listens and to nobody (PAN-114)', async () => {
    await using rig = await startRig({ transport: 'websocket' });
    const stranger = await ThirdPartyClient.connect(rig.url, 'ann');
    const end = await stranger.open(ONE_WAY);
    expect(await stranger.notify(end, 'unheard')).toBe(0x00040007);
    const seen = rig.recorder();
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: 'Lab', type }, seen);
    const codes = await Promise.all(['one', '', 'three'].map((text) => stranger.notify(end, text)));
    expect([...codes, await stranger.notify(end, null)]).toEqual([S_OK, S_OK, S_OK, S_OK]);
    await rig.settle();
    expect(seen.notifications.map(({ data, text }) => (data === null ? null : text))).toEqual([
      'one',
      '',
      'three',
      null,
    ]);
    expect(await stranger.close(end)).toBe(S_OK);
    await stranger.leave();
  });

  test('it holds a dialogue, and closes it (PAN-155, PAN-160)', async () => {
    await using rig = await startRig({ transport: 'websocket' });
    const seen = rig.recorder();
    const listener = await rig.listener();
    await listener.registerForNotifications({ name: null, type, style: 'kBiDirectional' }, seen);
    const stranger = await ThirdPartyClient.connect(rig.url, 'ann');
    const end = await stranger.open(DIALOGUE);
    expect(await stranger.notify(end, 'q1')).toBe(S_OK);
    expect(await stranger.notify(end, 'too early')).toBe(WAITING_FOR_CLIENT);
    const { channel, text } = await seen.nextNotification();
    expect(text).toBe('q1');
    await channel?.sendNotification('a1');
    expect(await stranger.next()).toEqual({ kind: 'notify', end, sequence: 1, text: 'a1' });
    stranger.release(end, 1);
    expect(await stranger.close(end, 'thanks')).toBe(S_OK);
    expect(await seen.nextClose()).toMatchObject({ text: 'thanks', cause: 'closed' });
    await stranger.leave();
  });
});

describe('with itself', () => {
  test('three of it: one asks, two answer, one of them acquires (PAN-152, PAN-153)', async () => {
    await using rig = await startRig({ transport: 'websocket' });
    const [asker, winner, loser] = await Promise.all(
      ['ann', 'ann', 'ann'].map((user) => ThirdPartyClient.connect(rig.url, user)),
    );
    if (!asker || !winner || !loser) throw new Error('not connected');
    for (const listener of [winner, loser]) await listener.register(1, DIALOGUE);
    const end = await asker.open(DIALOGUE);
    await asker.notify(end, 'who?');
    for (const listener of [winner, loser]) {
      expect(await listener.next()).toMatchObject({ kind: 'offer', end });
      expect(await listener.next()).toMatchObject({ kind: 'notify', end, text: 'who?' });
    }
    expect(await winner.notify(end, 'me')).toBe(S_OK);
    expect(await asker.next()).toMatchObject({ kind: 'notify', end, text: 'me' });
    expect(await loser.next()).toEqual({ kind: 'close', end, sequence: 0, text: undefined, cause: 'acquired' });
    expect(await loser.notify(end, 'me too')).toBe(CHANNEL_ACQUIRED);
    expect(await loser.close(end, 'me too')).toBe(CHANNEL_ACQUIRED_AS_SUCCESS);
    expect(await asker.leave()).toBe(1000);
    expect(await winner.next()).toMatchObject({ kind: 'close', end, cause: 'left', text: undefined });
    for (const listener of [winner, loser]) await listener.leave();
  });

  test('one of it, asking and answering itself on two numbers', async () => {
    await using rig = await startRig({ transport: 'websocket' });
    const stranger = await ThirdPartyClient.connect(rig.url, 'ann');
    await stranger.register(1, DIALOGUE);
    const end = await stranger.open(DIALOGUE);
    const { end: other } = await stranger.next();
    expect(other).not.toBe(end);
    expect(await stranger.notify(end, 'q')).toBe(S_OK);
    expect(await stranger.next()).toMatchObject({ kind: 'notify', end: other, text: 'q' });
    expect(await stranger.notify(other, 'a')).toBe(S_OK);
    expect(await stranger.next()).toMatchObject({ kind: 'notify', end, text: 'a' });
    stranger.release(other, 1);
    stranger.release(end, 1);
    expect(await stranger.close(other)).toBe(S_OK);
    expect(await stranger.next()).toMatchObject({ kind: 'close', end, cause: 'closed' });
    await stranger.leave();
  });
});
