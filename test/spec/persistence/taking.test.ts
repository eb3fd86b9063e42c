/** What is kept, and what its sender is told. All of it is our own decision (docs/decisions/0033). */

import { describe, expect, test } from 'vitest';
import { hresultOf, SpoolError } from '../../../shared/index.ts';
import { BlockReader } from '../../../spooler/persistence/block.ts';
import { RawClient } from '../raw-client.ts';
import { LAB, TYPE } from './raw-attachment.ts';
import { RegistrationStage } from './registration-stage.ts';

const S_OK = hresultOf('S_OK');

describe('a persistent registration', () => {
  test('gets what was sent while its listener was away, in order, and says that it was recovered', async () => {
    await using stage = await RegistrationStage.start();
    const first = await stage.client();
    const one = await first.attach('desk');
    expect(one.attached).toEqual({ recovered: false, pending: 0, lost: 0, next: 1 });
    expect(await stage.send('a', 'b')).toEqual(['S_OK', 'S_OK']);
    expect(one.texts).toEqual(['a', 'b']);
    await first.acknowledge(one, 1);
    await first.die();
    expect(await stage.send('c', 'd')).toEqual(['S_OK', 'S_OK']);
    const second = await stage.client();
    const two = await second.attach('desk');
    expect(two.attached).toEqual({ recovered: true, pending: 3, lost: 0, next: 2 });
    expect(two.early).toBe(false);
    expect(two.given).toMatchObject([
      { number: 2, text: 'b', redelivered: true },
      { number: 3, text: 'c', redelivered: false },
      { number: 4, text: 'd', redelivered: false },
    ]);
  });

  test('is found by the rules of any other: PAN-67, PAN-68, PAN-69, GAP-3, GAP-4', async () => {
    await using stage = await RegistrationStage.start();
    const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
    const desk = await ann.attach('desk');
    const all = await ann.attach('all', { name: null });
    const others = await bob.attach('desk');
    const everybody = await bob.attach('everybody', { filter: 'kAllUsers', name: 'LAB' });
    await (await stage.channel('Lab', 'ann')).sendNotification('to ann');
    await (await stage.channel('Attic', 'ann')).sendNotification('to ann in the attic');
    await (await stage.channel(null, 'ann')).sendNotification('to ann from the server');
    await (await stage.channel('Lab', 'bob')).sendNotification('to bob');
    await stage.rig.settle();
    expect(desk.texts).toEqual(['to ann']);
    expect(all.texts).toEqual(['to ann', 'to ann in the attic', 'to ann from the server']);
    expect(all.given.map(({ name }) => name)).toEqual([LAB, String.raw`\\localhost\Attic`, null]);
    expect(others.texts).toEqual(['to bob']);
    expect(everybody.texts).toEqual(['to ann', 'to bob']);
  });

  test('is told apart from those of other users by nothing but the user', async () => {
    await using stage = await RegistrationStage.start();
    const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
    await ann.attach('desk');
    expect(await bob.list()).toEqual([]);
    await expect(bob.call('remove', { id: 'desk' })).rejects.toMatchObject({ code: 'NOT_REGISTERED' });
    expect(await ann.list()).toHaveLength(1);
  });

  test('does not receive on the channels of others that are attached, nor does a live one', async () => {
    await using stage = await RegistrationStage.start();
    const ann = await stage.client('ann');
    const everything = await ann.attach('everything', { name: null });
    const desk = await ann.attach('desk');
    await using live = await RawClient.connect(stage.rig);
    await live.register(1, { name: null, type: TYPE, filter: 'kPerUser', style: 'kUniDirectional' });
    await stage.send('a');
    expect([everything.texts, desk.texts, live.texts]).toEqual([['a'], ['a'], ['a']]);
  });

  test('PAN-10: travels as it was sent, null, empty and large', async () => {
    await using stage = await RegistrationStage.start();
    const ann = await stage.client();
    const one = await ann.attach('desk');
    await using sender = await RawClient.connect(stage.rig);
    const { id } = await sender.open({ name: LAB, type: TYPE, filter: 'kPerUser', style: 'kUniDirectional' });
    const large = 'x'.repeat(stage.rig.spooler.limits.payload);
    for (const data of [null, '', large, 'after']) expect(await sender.notify(id, data)).toBe(S_OK);
    await stage.rig.settle();
    expect(one.texts.map((text) => text?.length)).toEqual([undefined, 0, large.length]);
    expect(one.texts[2]).toBe(large);
    // So much is not acknowledged: what follows waits.
    await ann.acknowledge(one, 3);
    await stage.rig.settle();
    expect(one.texts.slice(3)).toEqual(['after']);
  });

  test('says when each was kept', async () => {
    const wall = { time: 1_000 };
    await using stage = await RegistrationStage.start({ wallClock: () => wall.time });
    const one = await (await stage.client()).attach('desk');
    await stage.send('a');
    wall.time = 2_000;
    await stage.send('b');
    expect(one.given.map(({ at }) => at)).toEqual([1_000, 2_000]);
  });
});

describe('a sender', () => {
  test('is answered once it is stored, and not before', async () => {
    await using stage = await RegistrationStage.start();
    await (await stage.client()).attach('desk');
    stage.store.hold();
    const channel = await stage.channel();
    let answered = false;
    const sending = channel.sendNotification('a').then(() => {
      answered = true;
    });
    await stage.rig.settle();
    expect(answered).toBe(false);
    stage.store.letGo();
    await sending;
    const keys = await stage.store.keys('kept/');
    expect(keys.map((key) => key.replace(/[0-9a-f-]{36}/, 'guid'))).toEqual(['kept/guid/0000000000000001']);
  });

  test('that has much under way has it stored in few writes', async () => {
    await using stage = await RegistrationStage.start();
    const ann = await stage.client();
    await ann.attach('desk');
    await ann.attach('all', { name: null });
    stage.store.writes.length = 0;
    const texts = Array.from({ length: 200 }, (_, index) => `${index}`);
    expect(new Set(await stage.send(...texts))).toEqual(new Set(['S_OK']));
    expect(stage.store.writes.length).toBeLessThan(5);
    const counts = stage.store.writes.flat().flatMap((change) => {
      return 'put' in change && change.put[0].startsWith('kept/') ? [new BlockReader(change.put[1]).count] : [];
    });
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(400);
  });

  test('STORE_FULL: is told, nobody is given it, and its number is given to the next', async () => {
    await using stage = await RegistrationStage.start();
    const one = await (await stage.client()).attach('desk');
    await stage.send('a');
    stage.store.refusal = new SpoolError('STORE_FULL');
    expect(await stage.send('lost', 'lost too')).toEqual(['STORE_FULL', 'STORE_FULL']);
    stage.store.refusal = undefined;
    expect(await stage.send('b')).toEqual(['S_OK']);
    expect(one.given.map(({ number, text }) => [number, text])).toEqual([
      [1, 'a'],
      [2, 'b'],
    ]);
  });

  test('that somebody live hears is answered all the same once it is stored', async () => {
    await using stage = await RegistrationStage.start();
    await (await stage.client()).attach('desk');
    await using live = await RawClient.connect(stage.rig);
    await live.register(1, { name: LAB, type: TYPE, filter: 'kPerUser', style: 'kUniDirectional' });
    stage.store.hold();
    const channel = await stage.channel();
    const sending = channel.sendNotification('a');
    await stage.rig.settle();
    expect(live.texts).toEqual(['a']);
    stage.store.letGo();
    expect(await sending).toMatchObject({ code: 'S_OK' });
  });
});

describe('retention', () => {
  test('discardOldest: so many notifications are kept, and whoever comes back is told how many are lost', async () => {
    await using stage = await RegistrationStage.start();
    const first = await stage.client();
    await first.attach('desk', { retention: { notifications: 3 } });
    await first.die();
    expect(await stage.send('a', 'b', 'c', 'd', 'e')).toEqual(Array(5).fill('S_OK'));
    await stage.send('f');
    const second = await stage.client();
    expect(await second.list()).toMatchObject([{ pending: 3, lost: 3, attached: false }]);
    const two = await second.attach('desk');
    expect(two.attached).toEqual({ recovered: true, pending: 3, lost: 3, next: 4 });
    expect(two.texts).toEqual(['d', 'e', 'f']);
    expect(await second.list()).toMatchObject([{ pending: 3, lost: 3, attached: true }]);
    await second.acknowledge(two, 6);
    expect(await second.list()).toMatchObject([{ pending: 0, bytes: 0, lost: 0 }]);
    expect(await stage.store.keys('kept/')).toEqual([]);
  });

  test('discardOldest: so many bytes are kept, whole blocks at a time, and the newest in any case', async () => {
    await using stage = await RegistrationStage.start();
    const first = await stage.client();
    await first.attach('desk', { retention: { bytes: 30 } });
    await first.die();
    for (const text of ['a', 'b', 'c', 'd', 'e']) await stage.send(text.repeat(10));
    const second = await stage.client();
    expect(await second.list()).toMatchObject([{ pending: 3, bytes: 30, lost: 2 }]);
    await stage.send('f'.repeat(1000));
    expect(await second.list()).toMatchObject([{ pending: 1, bytes: 1000, lost: 5 }]);
    expect((await second.attach('desk')).texts).toEqual(['f'.repeat(1000)]);
  });

  test('discardOldest: what is discarded while its listener is there, and was not given yet, is told in its place', async () => {
    await using stage = await RegistrationStage.start({
      limits: { registrationHeldObjects: 4, queueLength: 1, waitingObjects: 2 },
    });
    const ann = await stage.client();
    ann.releases = false;
    const one = await ann.attach('desk', { retention: { notifications: 2 } });
    for (const text of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) await stage.send(text);
    const given = one.texts.length;
    ann.releaseAll();
    await stage.rig.settle();
    expect(one.texts.slice(-2)).toEqual(['g', 'h']);
    expect(one.remarks).toEqual([{ lost: 8 - one.texts.length }]);
    expect(given).toBeLessThan(one.texts.length);
    expect(one.numbers.at(-1)).toBe(8);
  });

  test('PAN-116, refuse: the sender is told, what is there stays', async () => {
    await using stage = await RegistrationStage.start();
    const first = await stage.client();
    const one = await first.attach('desk', { retention: { notifications: 2, overflow: 'refuse' } });
    expect(await stage.send('a', 'b', 'c')).toEqual(['S_OK', 'S_OK', 'ASYNC_NOTIFICATION_FAILURE']);
    await first.acknowledge(one, 1);
    expect(await stage.send('d', 'e')).toEqual(['S_OK', 'ASYNC_NOTIFICATION_FAILURE']);
    await first.attach('other');
    expect(await stage.send('f')).toEqual(['UNIRECTIONAL_NOTIFICATION_LOST']);
    expect(one.texts).toEqual(['a', 'b', 'd']);
  });

  test('refuse: a sender that would rather wait waits for an acknowledgement', async () => {
    await using stage = await RegistrationStage.start();
    const first = await stage.client();
    const one = await first.attach('desk', { retention: { bytes: 1, overflow: 'refuse' } });
    const channel = await stage.channel('Lab', 'ann', 'wait');
    const sent = ['a', 'b'].map((text) => channel.sendNotification(text));
    await stage.rig.settle();
    expect(one.texts).toEqual(['a']);
    await first.acknowledge(one, 1);
    await Promise.all(sent);
    await stage.rig.settle();
    expect(one.texts).toEqual(['a', 'b']);
  });

  test('can be changed by whoever attaches, and is in force from the next notification on', async () => {
    await using stage = await RegistrationStage.start();
    const first = await stage.client();
    await first.attach('desk');
    await first.die();
    await stage.send('a', 'b', 'c');
    const second = await stage.client();
    const two = await second.attach('desk', { retention: { notifications: 2 } });
    await second.detach(two);
    await stage.send('d');
    expect((await second.attach('desk')).texts).toEqual(['c', 'd']);
  });
});
