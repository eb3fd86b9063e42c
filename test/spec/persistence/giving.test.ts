/** What a listener is given that is there, and when it is there again. All of it is our own decision (docs/decisions/0033). */

import { describe, expect, test } from 'vitest';
import { SpoolError } from '../../../shared/index.ts';
import { TokenTable } from '../../../spooler/index.ts';
import { firstOf } from '../../../spooler/persistence/stored-entries.ts';
import type { Change } from '../../../spooler/store/store.ts';
import { RawAttachment } from './raw-attachment.ts';
import { type HeldStore, RegistrationStage } from './registration-stage.ts';

const texts = (count: number, from = 1): string[] => Array.from({ length: count }, (_, index) => `${from + index}`);
const numbers = (count: number, from = 1): number[] => Array.from({ length: count }, (_, index) => from + index);

describe('giving', () => {
  test('has one heading for many', async () => {
    await using stage = await RegistrationStage.start();
    const first = await stage.client();
    await first.detach(await first.attach('desk'));
    await stage.send(...texts(1_000));
    const one = await first.attach('desk');
    expect(one.texts).toEqual(texts(1_000));
    expect(one.numbers).toEqual(numbers(1_000));
    expect(one.runs.length).toBeLessThan(10);
  });

  test('ends where too much is not acknowledged, and goes on once it is', async () => {
    await using stage = await RegistrationStage.start();
    const first = await stage.client();
    await first.detach(await first.attach('desk'));
    await stage.send(...texts(6_000));
    const one = await first.attach('desk');
    const given = one.numbers.length;
    expect(given).toBeGreaterThan(100);
    expect(given).toBeLessThan(4_000);
    await first.acknowledge(one, given - 10);
    await stage.rig.settle();
    expect(one.numbers.length).toBeGreaterThan(given);
    while (one.numbers.length < 6_000) {
      await first.acknowledge(one, one.numbers.length);
      await stage.rig.settle();
    }
    expect(one.numbers).toEqual(numbers(6_000));
  });

  test('reads what is not in memory a few blocks at a time', async () => {
    const store = await storeWith(400, 'x'.repeat(20_000));
    await using stage = await RegistrationStage.start({ store });
    // The registration and its numbers: no block.
    expect(store.read).toBe(2);
    const first = await stage.client();
    const one = await first.attach('desk');
    expect(one.attached).toEqual({ recovered: true, pending: 400, lost: 0, next: 1 });
    expect(store.read).toBeLessThan(200);
    while (one.numbers.length < 400) {
      await first.acknowledge(one, one.numbers.length);
      await stage.rig.settle();
    }
    expect(one.numbers).toEqual(numbers(400));
    expect(new Set(one.given.map(({ redelivered }) => redelivered))).toEqual(new Set([false]));
    await first.acknowledge(one, 400);
    expect(await store.keys('kept/')).toEqual([]);
    // Few are read twice: what was read and had no room.
    expect(store.read).toBeLessThan(450);
  });

  test('goes on with what comes while it reads what is old', async () => {
    const store = await storeWith(50, 'old');
    await using stage = await RegistrationStage.start({ store });
    const first = await stage.client();
    const attaching = first.attach('desk');
    const sending = stage.send(...texts(200));
    const one = await attaching;
    await sending;
    await stage.rig.settle();
    expect(one.numbers).toEqual(numbers(250));
    expect(one.texts).toEqual([...Array<string>(50).fill('old'), ...texts(200)]);
  });

  test('keeps to what may be unanswered on a channel, however little', async () => {
    await using stage = await RegistrationStage.start({
      limits: { waitingObjects: 1, waitingBytes: 1, registrationHeldObjects: 1, queueLength: 1 },
    });
    const first = await stage.client();
    const one = await first.attach('desk');
    for (const text of texts(20)) await stage.send(text);
    expect(first.isOpen).toBe(true);
    expect(one.texts).toEqual(texts(20));
  });

  test('names its channel for each run', async () => {
    await using stage = await RegistrationStage.start();
    const ann = await stage.client();
    const one = await ann.attach('desk', { name: null });
    const [lab, attic] = [await stage.channel('Lab'), await stage.channel('Attic')];
    await Promise.all(
      ['a', 'b', 'c'].map(async (text) => {
        await Promise.all([lab.sendNotification(`lab ${text}`), attic.sendNotification(`attic ${text}`)]);
      }),
    );
    await stage.rig.settle();
    for (const { name, text } of one.given) expect(name?.toLowerCase()).toContain(text?.split(' ')[0]);
    expect(one.texts).toHaveLength(6);
  });
});

describe('acknowledging', () => {
  test('is cumulative, answered once it is stored, and harmless twice', async () => {
    await using stage = await RegistrationStage.start();
    const ann = await stage.client();
    const one = await ann.attach('desk');
    await stage.send('a', 'b', 'c');
    await ann.acknowledge(one, 2);
    await ann.acknowledge(one, 1);
    expect(await ann.list()).toMatchObject([{ pending: 1 }]);
    stage.store.hold();
    let answered = false;
    const acknowledging = ann.acknowledge(one, 3).then(() => {
      answered = true;
    });
    await stage.rig.settle();
    expect(answered).toBe(false);
    stage.store.letGo();
    await acknowledging;
    expect(await stage.store.keys('kept/')).toEqual([]);
  });

  test('what was not given, or to somebody else, is refused', async () => {
    await using stage = await RegistrationStage.start();
    const [ann, other] = [await stage.client(), await stage.client()];
    const one = await ann.attach('desk');
    await stage.send('a');
    await expect(ann.acknowledge(one, 2)).rejects.toMatchObject({ code: 'E_INVALIDARG' });
    await expect(other.acknowledge(one, 1)).rejects.toMatchObject({ code: 'NOT_REGISTERED' });
    await expect(ann.acknowledge(new RawAttachment(), 1)).rejects.toMatchObject({ code: 'NOT_REGISTERED' });
    expect(await ann.list()).toMatchObject([{ pending: 1 }]);
  });

  test('what the store refuses is given again', async () => {
    await using stage = await RegistrationStage.start();
    const ann = await stage.client();
    const one = await ann.attach('desk');
    await stage.send('a');
    const before = await stage.store.copy();
    stage.store.refusal = new Error('no');
    await expect(ann.acknowledge(one, 1)).rejects.toMatchObject({ code: 'STORE_FAILED' });
    stage.store.refusal = undefined;
    await using again = await RegistrationStage.start({ store: before });
    const two = await (await again.client()).attach('desk');
    expect(two.given).toMatchObject([{ number: 1, redelivered: true }]);
  });

  test('a block goes once all of it is', async () => {
    await using stage = await RegistrationStage.start();
    const ann = await stage.client();
    const one = await ann.attach('desk');
    await stage.send('a', 'b', 'c');
    await stage.send('d');
    await ann.acknowledge(one, 2);
    expect((await stage.store.keys('kept/')).map(firstOf)).toEqual([1, 4]);
    await ann.acknowledge(one, 3);
    expect((await stage.store.keys('kept/')).map(firstOf)).toEqual([4]);
  });
});

describe('redelivered', () => {
  test('is what was given before, exactly, over a clean end of the spooler', async () => {
    const store = await (async () => {
      await using stage = await RegistrationStage.start();
      const ann = await stage.client();
      await ann.attach('desk');
      await stage.send('a', 'b');
      await ann.die();
      await stage.send('c');
      return stage.store;
    })();
    await using stage = await RegistrationStage.start({ store });
    await stage.send('d');
    const one = await (await stage.client()).attach('desk');
    expect(one.given.map(({ text, redelivered }) => [text, redelivered])).toEqual([
      ['a', true],
      ['b', true],
      ['c', false],
      ['d', false],
    ]);
  });

  test('also where the spooler ends while its listener is there', async () => {
    const stage = await RegistrationStage.start();
    await (await stage.client()).attach('desk');
    await stage.send('a');
    await stage[Symbol.asyncDispose]();
    const { store } = stage;
    await using again = await RegistrationStage.start({ store });
    await again.send('b');
    const one = await (await again.client()).attach('desk');
    expect(one.given.map(({ redelivered }) => redelivered)).toEqual([true, false]);
  });

  test('is everything that waits after a crash, where somebody was attached', async () => {
    await using stage = await RegistrationStage.start();
    const ann = await stage.client();
    await ann.attach('desk');
    await ann.detach(await ann.attach('away'));
    await stage.send('a');
    await using again = await RegistrationStage.start({ store: await stage.store.copy() });
    await again.send('b');
    const other = await again.client();
    const flags = async (id: string): Promise<unknown> =>
      (await other.attach(id)).given.map(({ redelivered }) => redelivered);
    expect(await flags('desk')).toEqual([true, false]);
    expect(await flags('away')).toEqual([false, false]);
  });
});

describe('a second attachment', () => {
  test('takes over, and the first is told', async () => {
    await using stage = await RegistrationStage.start();
    const [ann, other] = [await stage.client(), await stage.client()];
    const one = await ann.attach('desk');
    await stage.send('a');
    const two = await other.attach('desk');
    await stage.send('b');
    expect(one.texts).toEqual(['a']);
    expect(one.remarks).toEqual([{ over: 'taken' }]);
    expect(two.given).toMatchObject([
      { text: 'a', redelivered: true },
      { text: 'b', redelivered: false },
    ]);
    await expect(ann.acknowledge(one, 1)).rejects.toMatchObject({ code: 'NOT_REGISTERED' });
    await ann.die();
    await stage.send('c');
    expect(two.texts).toEqual(['a', 'b', 'c']);
  });

  test('takes over from one that is frozen', async () => {
    await using stage = await RegistrationStage.start({ limits: { registrationHeldObjects: 1, queueLength: 1 } });
    const [ann, other] = [await stage.client(), await stage.client()];
    ann.releases = false;
    await ann.attach('desk');
    await stage.send('a', 'b', 'c', 'd');
    const two = await other.attach('desk');
    expect(two.texts).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('an attachment that does not come about', () => {
  test('leaves the one that is there', async () => {
    await using stage = await RegistrationStage.start();
    const [ann, other] = [await stage.client(), await stage.client()];
    const one = await ann.attach('desk');
    stage.store.refusal = new SpoolError('STORE_FULL');
    await expect(other.attach('desk')).rejects.toMatchObject({ code: 'STORE_FULL' });
    await expect(other.attach('new')).rejects.toMatchObject({ code: 'STORE_FULL' });
    stage.store.refusal = undefined;
    await stage.send('a');
    expect(one.texts).toEqual(['a']);
    expect(await ann.list()).toMatchObject([{ id: 'desk', attached: true }]);
  });

  test('because there are too many channels leaves a registration that nobody is attached to', async () => {
    await using stage = await RegistrationStage.start({ limits: { channels: 1 } });
    const ann = await stage.client();
    await ann.attach('desk');
    await expect(ann.attach('other')).rejects.toMatchObject({ code: 'MAX_CHANNEL_COUNT_EXCEEDED' });
    expect(await ann.list()).toMatchObject([
      { id: 'desk', attached: true },
      { id: 'other', attached: false },
    ]);
  });

  test('because its GUID is in use', async () => {
    await using stage = await RegistrationStage.start();
    const ann = await stage.client();
    const { id: attachment } = await ann.attach('desk');
    const asked = { id: 'other', attachment, name: 'Lab', type: attachment, filter: 'kPerUser' };
    await expect(ann.call('attach', asked)).rejects.toMatchObject({ code: 'E_INVALIDARG' });
    expect(await ann.list()).toMatchObject([{ id: 'desk', attached: true }]);
  });
});

describe('an attachment ends', () => {
  test.each<[string, (stage: RegistrationStage) => Promise<unknown>]>([
    ['with its session', async (stage) => (await attached(stage)).client.die()],
    [
      'when it is detached',
      async (stage) => {
        const { client, attachment } = await attached(stage);
        return client.detach(attachment);
      },
    ],
    [
      'when what it has registered is unregistered, at the next notification',
      async (stage) => {
        const { client } = await attached(stage);
        await client.unregister(1);
        await stage.send('lost to nobody');
      },
    ],
  ])('%s: what is kept stays', async (_, end) => {
    await using stage = await RegistrationStage.start();
    await end(stage);
    await stage.rig.settle();
    const other = await stage.client();
    const [seen] = await other.list();
    expect(seen).toMatchObject({ attached: false });
    expect((await other.attach('desk')).texts.length).toBe(seen?.pending);
    expect(stage.rig.spooler.stats().channels).toBe(2);
  });

  test('where nobody registered for it', async () => {
    await using stage = await RegistrationStage.start();
    const ann = await stage.client();
    await ann.attach('desk', { registers: false });
    await stage.send('a');
    expect(await ann.list()).toMatchObject([{ attached: false, pending: 1 }]);
  });

  async function attached(stage: RegistrationStage) {
    const client = await stage.client();
    const attachment = await client.attach('desk');
    await stage.send('a');
    return { client, attachment };
  }
});

describe('removing', () => {
  test('is for good: the listener is told, nothing is left, and the name is new again', async () => {
    await using stage = await RegistrationStage.start();
    const ann = await stage.client();
    const one = await ann.attach('desk');
    for (const text of texts(150)) await stage.send(text);
    await ann.call('remove', { id: 'desk' });
    await stage.rig.settle();
    expect(one.remarks).toEqual([{ over: 'removed' }]);
    expect(await stage.store.keys()).toEqual([]);
    expect(await stage.send('nobody')).toEqual(['NO_LISTENERS']);
    expect((await ann.attach('desk')).attached).toEqual({ recovered: false, pending: 0, lost: 0, next: 1 });
    await expect(ann.call('remove', { id: 'other' })).rejects.toMatchObject({ code: 'NOT_REGISTERED' });
  });

  test('that the store refuses has not happened', async () => {
    await using stage = await RegistrationStage.start();
    const ann = await stage.client();
    const one = await ann.attach('desk');
    stage.store.refusal = new SpoolError('STORE_FULL');
    await expect(ann.call('remove', { id: 'desk' })).rejects.toMatchObject({ code: 'STORE_FULL' });
    stage.store.refusal = undefined;
    expect(await stage.send('a')).toEqual(['S_OK']);
    expect(one.texts).toEqual(['a']);
  });

  test('is not held up by what others are sent, nor undone by a listener that leaves meanwhile', async () => {
    await using stage = await RegistrationStage.start();
    const [ann, bob] = [await stage.client(), await stage.client('bob')];
    await ann.attach('desk');
    await bob.attach('all', { filter: 'kAllUsers' });
    const sending = stage.send(...texts(100));
    stage.store.hold();
    const removing = ann.call('remove', { id: 'desk' });
    removing.catch(() => {});
    await ann.die();
    stage.store.letGo();
    await sending;
    await stage.rig.settle();
    expect(await stage.store.keys('registration/')).toHaveLength(1);
    expect(await stage.store.keys('removed/')).toEqual([]);
  });

  test('is finished by the next spooler where this one dies in the middle', async () => {
    const store = await storeWith(200, 'x');
    const [removed] = await store.keys('registration/');
    const key = removed?.split('/')[1] ?? '';
    await store.write([{ remove: `registration/${key}` }, { put: [`removed/${key}`, new Uint8Array(0)] }]);
    await using stage = await RegistrationStage.start({ store });
    await stage.rig.settle();
    expect(await store.keys()).toEqual([]);
  });

  test('one that nobody attached to for so long is removed, and one that somebody did is not', async () => {
    const day = 24 * 3_600_000;
    await using stage = await RegistrationStage.start({ unattendedTime: day });
    const ann = await stage.client();
    await ann.detach(await ann.attach('old'));
    await ann.attach('desk');
    await stage.rig.advance(day / 2);
    await ann.detach(await ann.attach('newer'));
    await stage.rig.advance(day / 2 + 3_600_000);
    expect((await ann.list()).map(({ id }) => id)).toEqual(['desk', 'newer']);
  });

  test('one that is to be removed while the store refuses is removed once it does not', async () => {
    const day = 24 * 3_600_000;
    await using stage = await RegistrationStage.start({ unattendedTime: day });
    const ann = await stage.client();
    await ann.detach(await ann.attach('old'));
    stage.store.refusal = new SpoolError('STORE_FULL');
    await stage.rig.advance(2 * day);
    expect(await ann.list()).toHaveLength(1);
    stage.store.refusal = undefined;
    await stage.rig.advance(day);
    expect(await ann.list()).toEqual([]);
  });
});

describe('what is damaged', () => {
  test('in a block ends the attachment, and the operator hears of it', async () => {
    const store = await storeWith(3, 'x');
    const [key = ''] = (await store.keys('kept/')).slice(1);
    await store.write([{ put: [key, Uint8Array.of(1, 2, 3)] }]);
    await using stage = await RegistrationStage.start({ store });
    const ann = await stage.client();
    const one = await ann.attach('desk');
    expect(one.remarks).toEqual([{ over: 'failed' }]);
    expect(stage.rig.events.some(({ kind }) => kind === 'fault')).toBe(true);
    stage.rig.events.length = 0;
    // Others are not concerned, and what is sent is kept.
    const other = await ann.attach('other');
    expect(await stage.send('a')).toEqual(['S_OK']);
    expect(other.texts).toEqual(['a']);
  });

  test('because blocks are missing counts as lost', async () => {
    const store = await storeWith(5, 'x');
    const keys = await store.keys('kept/');
    await store.write([keys[1], keys[2], keys[4]].map((remove = ''): Change => ({ remove })));
    await using stage = await RegistrationStage.start({ store });
    const one = await (await stage.client()).attach('desk');
    await stage.send('new');
    expect(one.numbers).toEqual([1, 4, 6]);
    expect(one.remarks).toEqual([{ lost: 2 }, { lost: 1 }]);
  });

  test('in a registration leaves the others as they are', async () => {
    const store = await storeWith(1, 'x');
    await store.write([{ put: ['registration/5f3c1f0e-7a7c-4b52-9a3e-3d6a2f1f8c11', Uint8Array.of(1)] }]);
    await using stage = await RegistrationStage.start({ store });
    expect(stage.rig.events).toMatchObject([{ kind: 'fault', reason: { code: 'STORE_CORRUPT' } }]);
    stage.rig.events.length = 0;
    expect((await (await stage.client()).attach('desk')).texts).toEqual(['x']);
  });
});

describe('the service refuses', () => {
  test.each<[string, string, unknown]>([
    ['E_NOTIMPL', 'shout', {}],
    ['E_NOTIMPL', 'toString', {}],
    ['E_INVALIDARG', 'attach', {}],
    ['E_INVALIDARG', 'attach', asked({ id: '' })],
    ['E_INVALIDARG', 'attach', asked({ id: 'a/b' })],
    ['E_INVALIDARG', 'attach', asked({ id: 'x'.repeat(65) })],
    ['E_INVALIDARG', 'attach', asked({ attachment: 'mine' })],
    ['E_INVALIDARG', 'attach', asked({ colour: 'red' })],
    ['E_INVALIDARG', 'attach', asked({ filter: 'kNobody' })],
    ['E_INVALIDARG', 'attach', asked({ type: 'ba9a5027-a70e-4ae7-9b7d-eb3e06ad4157' })],
    ['E_INVALIDARG', 'attach', asked({ type: '30a35626-fcff-4034-a692-4a7e15762ef4' })],
    ['E_INVALIDARG', 'attach', asked({ retention: { notifications: 0 } })],
    ['E_INVALIDARG', 'attach', asked({ retention: { bytes: 1.5 } })],
    ['E_INVALIDARG', 'attach', asked({ retention: { overflow: 'sometimes' } })],
    ['ERROR_INVALID_NAME', 'attach', asked({ name: 'a\\b' })],
    ['E_INVALIDARG', 'acknowledge', { attachment: '5f3c1f0e-7a7c-4b52-9a3e-3d6a2f1f8c11', number: 0 }],
    ['NOT_REGISTERED', 'acknowledge', { attachment: '5f3c1f0e-7a7c-4b52-9a3e-3d6a2f1f8c11', number: 1 }],
    ['NOT_REGISTERED', 'detach', { attachment: '5f3c1f0e-7a7c-4b52-9a3e-3d6a2f1f8c11' }],
    ['E_INVALIDARG', 'remove', { id: 7 }],
    ['E_INVALIDARG', 'list', { all: true }],
  ])('with %s: %s %j', async (code, method, json) => {
    await using stage = await RegistrationStage.start();
    const ann = await stage.client();
    await expect(ann.call(method, json)).rejects.toMatchObject({ code });
    const noJson = code === 'E_NOTIMPL' ? code : 'E_INVALIDARG';
    await expect(ann.call(method, {}, Uint8Array.of(0xff))).rejects.toMatchObject({ code: noJson });
    expect(await ann.list()).toEqual([]);
    expect(await stage.store.keys()).toEqual([]);
  });

  test('another interest under the same name, and says which it has', async () => {
    await using stage = await RegistrationStage.start();
    const ann = await stage.client();
    const one = await ann.attach('desk');
    for (const other of [{ name: 'Attic' }, { name: null }, { filter: 'kAllUsers' as const }]) {
      await expect(ann.attach('desk', other)).rejects.toMatchObject({
        code: 'E_INVALIDARG',
        input: expect.stringContaining(String.raw`\\localhost\Lab`) as string,
      });
    }
    await stage.send('a');
    expect(one.texts).toEqual(['a']);
    expect((await ann.attach('desk', { name: String.raw`\\LOCALHOST\lab` })).attached).toMatchObject({
      recovered: true,
    });
  });

  test('more than a user may have, and more than all may', async () => {
    await using stage = await RegistrationStage.start({ perUser: 2, registrations: 3 });
    const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
    await ann.attach('one');
    await ann.attach('two');
    await expect(ann.attach('three')).rejects.toMatchObject({ code: 'MAX_REGISTRATION_COUNT_EXCEEDED' });
    await bob.attach('one');
    await expect(bob.attach('two')).rejects.toMatchObject({ code: 'MAX_REGISTRATION_COUNT_EXCEEDED' });
    await ann.call('remove', { id: 'one' });
    await bob.attach('two');
  });

  test('PAN-74, PAN-76: without the right', async () => {
    const tokens = TokenTable.parse(
      JSON.stringify({
        tokens: [
          { token: 'listener-token-0001', user: 'ann', rights: ['listen'] },
          { token: 'sender-token-000001', user: 'ann', rights: ['send'] },
        ],
      }),
    );
    await using stage = await RegistrationStage.start({ tokens });
    const ann = await stage.client('ann', 'listener-token-0001');
    await ann.attach('desk');
    await expect(ann.attach('all', { filter: 'kAllUsers' })).rejects.toMatchObject({ code: 'E_ACCESSDENIED' });
    const sender = await stage.client('ann', 'sender-token-000001');
    await expect(sender.attach('other', { registers: false })).rejects.toMatchObject({ code: 'E_ACCESSDENIED' });
  });

  function asked(other: object): object {
    const attachment = '5f3c1f0e-7a7c-4b52-9a3e-3d6a2f1f8c11';
    return { id: 'desk', attachment, name: 'Lab', type: attachment, filter: 'kPerUser', ...other };
  }
});

/** With a registration `desk` that so many notifications are kept for, each in a block of its own. */
async function storeWith(count: number, text: string): Promise<HeldStore> {
  const stage = await RegistrationStage.start();
  const ann = await stage.client();
  await ann.detach(await ann.attach('desk'));
  for (let sent = 0; sent < count; sent++) await stage.send(text);
  await stage[Symbol.asyncDispose]();
  stage.store.read = 0;
  return stage.store;
}
