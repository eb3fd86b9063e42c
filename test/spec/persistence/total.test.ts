/** What all persistent registrations keep together has a bound. Our own decision (docs/decisions/0033). */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SpoolError } from '../../../shared/index.ts';
import { RawClient } from '../raw-client.ts';
import { LAB, TYPE } from './raw-attachment.ts';
import { HeldStore, RegistrationStage } from './registration-stage.ts';

/** What a notification counts beside its data. */
const OF_EACH = 64;
/** One of a single byte. */
const ONE = OF_EACH + 1;
const REFUSED = 'ASYNC_NOTIFICATION_FAILURE';

describe('where all registrations together keep as much as may be', () => {
  test('PAN-116: whoever sends to any of them is told, and what is kept stays', async () => {
    await using stage = await RegistrationStage.start({ keptSize: 2 * ONE });
    const ann = await stage.client();
    const desk = await ann.attach('desk');
    const attic = await ann.attach('attic', { name: 'Attic' });
    expect(await stage.send('a', 'b', 'c')).toEqual(['S_OK', 'S_OK', REFUSED]);
    const upstairs = await stage.channel('Attic');
    await expect(upstairs.sendNotification('d')).rejects.toMatchObject({ code: REFUSED });
    expect([desk.texts, attic.texts]).toEqual([['a', 'b'], []]);
    expect(stage.rig.spooler.stats()).toMatchObject({ registrations: 2 });
  });

  test('PAN-116: a listener that is there gets it all the same', async () => {
    await using stage = await RegistrationStage.start({ keptSize: ONE });
    await (await stage.client()).attach('desk');
    await stage.send('a');
    await using live = await RawClient.connect(stage.rig);
    await live.register(1, { name: LAB, type: TYPE, filter: 'kPerUser', style: 'kUniDirectional' });
    expect(await stage.send('b')).toEqual(['UNIRECTIONAL_NOTIFICATION_LOST']);
    expect(live.texts).toEqual(['b']);
  });

  test('one more may go beyond, however large it is', async () => {
    await using stage = await RegistrationStage.start({ keptSize: ONE + 1 });
    await (await stage.client()).attach('desk');
    expect(await stage.send('a', 'b'.repeat(10_000), '')).toEqual(['S_OK', 'S_OK', REFUSED]);
  });

  test('empty ones count too', async () => {
    await using stage = await RegistrationStage.start({ keptSize: 2 * OF_EACH });
    await (await stage.client()).attach('desk');
    expect(await stage.send('', '', '')).toEqual(['S_OK', 'S_OK', REFUSED]);
  });

  test.each<[string, (stage: RegistrationStage) => Promise<unknown>]>([
    ['something is acknowledged', async (stage) => acknowledgeAttic(stage)],
    ['a registration is removed', async (stage) => (await stage.client()).call('remove', { id: 'attic' })],
  ])('a sender that would rather wait waits until %s', async (_, makeRoom) => {
    await using stage = await RegistrationStage.start({ keptSize: 2 * ONE });
    const ann = await stage.client();
    const desk = await ann.attach('desk');
    await ann.detach(await ann.attach('attic', { name: 'Attic' }));
    await (await stage.channel('Attic')).sendNotification('a');
    await stage.send('b');
    const channel = await stage.channel('Lab', 'ann', 'wait');
    let answered = false;
    const sending = channel.sendNotification('c').finally(() => {
      answered = true;
    });
    await stage.rig.settle();
    expect([answered, desk.texts]).toEqual([false, ['b']]);
    await makeRoom(stage);
    expect(await sending).toMatchObject({ code: 'S_OK' });
    await stage.rig.settle();
    expect(desk.texts).toEqual(['b', 'c']);
  });

  test('what the store refused does not count', async () => {
    await using stage = await RegistrationStage.start({ keptSize: 2 * ONE });
    const desk = await (await stage.client()).attach('desk');
    stage.store.refusal = new SpoolError('STORE_FULL');
    expect(await stage.send('a', 'b', 'c')).toEqual(['STORE_FULL', 'STORE_FULL', REFUSED]);
    stage.store.refusal = undefined;
    expect(await stage.send('d')).toEqual(['S_OK']);
    expect(desk.texts).toEqual(['d']);
  });

  test('what the next spooler finds counts, and stays where that may keep less', async () => {
    const store = new HeldStore();
    {
      await using stage = await RegistrationStage.start({ store });
      const ann = await stage.client();
      await ann.detach(await ann.attach('desk'));
      expect(await stage.send('a', 'b', 'c')).toEqual(['S_OK', 'S_OK', 'S_OK']);
    }
    await using stage = await RegistrationStage.start({ store, keptSize: 2 * ONE });
    expect(await stage.send('d')).toEqual([REFUSED]);
    const ann = await stage.client();
    const desk = await ann.attach('desk');
    expect(desk.texts).toEqual(['a', 'b', 'c']);
    await ann.acknowledge(desk, 2);
    await ann.detach(desk);
    // Its block is there as long as one of it is.
    expect(await stage.send('e')).toEqual(['S_OK']);
  });

  test('what was missing in the store does not count for ever', async () => {
    const store = new HeldStore();
    {
      await using stage = await RegistrationStage.start({ store });
      const ann = await stage.client();
      await ann.detach(await ann.attach('desk'));
      await stage.send('x'.repeat(1_000));
      await stage.send('y');
    }
    const [first = ''] = await store.keys('kept/');
    await store.write([{ remove: first }]);
    await using stage = await RegistrationStage.start({ store, keptSize: 1_000 });
    const ann = await stage.client();
    const desk = await ann.attach('desk');
    expect([desk.texts, desk.lost]).toEqual([['y'], 1]);
    await ann.acknowledge(desk, 2);
    expect(await stage.send('z')).toEqual(['S_OK']);
    expect(await ann.list()).toMatchObject([{ pending: 1, bytes: 1 }]);
    expect(await stage.send('z')).toEqual(['S_OK']);
  });
});

type Op =
  | { readonly kind: 'send'; readonly name: 'Lab' | 'Attic'; readonly size: number; readonly count: number }
  | { readonly kind: 'acknowledge' | 'attach' | 'detach' | 'remove' | 'fail' | 'work' | 'restart'; readonly id: Id };
type Id = 'Lab' | 'Attic';

const id = fc.constantFrom<Id>('Lab', 'Attic');
const size = fc.nat(30);
const count = fc.integer({ min: 1, max: 4 });
const kinds = ['acknowledge', 'attach', 'detach', 'remove', 'fail', 'work', 'restart'] as const;
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('send' as const), name: id, size, count }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom(...kinds), id }) },
);

/** As much as nobody reaches in a story. */
const SIZE = 8_000;

/** After the story, what all keep as they say, and how many of one byte can be kept yet. */
async function played(story: readonly Op[]): Promise<{ kept: number; room: number }> {
  const store = new HeldStore();
  let stage = await RegistrationStage.start({ store, keptSize: SIZE });
  try {
    for (const one of story) {
      if (one.kind === 'restart') {
        await stage[Symbol.asyncDispose]();
        store.refusal = undefined;
        stage = await RegistrationStage.start({ store, keptSize: SIZE });
      } else await enact(stage, one);
      await stage.rig.settle();
    }
    store.refusal = undefined;
    const ann = await stage.client();
    for (const name of ['Lab', 'Attic'] as const) {
      await ann.detach(await ann.attach(name, { name, retention: { notifications: 1_000, bytes: SIZE } }));
      // What the store refused to remove is removed with the next.
      await (await stage.channel(name)).sendNotification('');
    }
    const listed = await ann.list();
    const kept = listed.reduce((sum, { pending, bytes }) => sum + OF_EACH * pending + bytes, 0);
    const codes = await stage.send(...Array<string>(Math.ceil(SIZE / ONE) + 1).fill('x'));
    return { kept, room: codes.filter((code) => code === 'S_OK').length };
  } finally {
    await stage[Symbol.asyncDispose]();
  }
}

async function enact(stage: RegistrationStage, one: Op): Promise<void> {
  if (one.kind === 'send') {
    const channel = await stage.channel(one.name);
    const sent = Array.from({ length: one.count }, () => channel.sendNotification('x'.repeat(one.size)));
    await Promise.allSettled(sent);
    return;
  }
  if (one.kind === 'fail' || one.kind === 'work') {
    stage.store.refusal = one.kind === 'fail' ? new SpoolError('STORE_FULL') : undefined;
    return;
  }
  const ann = await stage.client();
  try {
    if (one.kind === 'remove') await ann.call('remove', { id: one.id });
    else {
      const retention = { notifications: 5, bytes: 100 };
      const attachment = await ann.attach(one.id, { name: one.id, retention });
      const middle = attachment.numbers.at(attachment.numbers.length >> 1);
      if (one.kind === 'acknowledge' && middle !== undefined) await ann.acknowledge(attachment, middle);
      if (one.kind === 'detach') await ann.detach(attachment);
    }
  } catch (reason) {
    // The store refuses, or there is nothing to remove.
    expect(reason).toBeInstanceOf(SpoolError);
  }
}

test('whatever happens, what counts is what is there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(op, { maxLength: 12 }), async (story) => {
      const { kept, room } = await played(story);
      expect(room).toBe(Math.ceil((SIZE - kept) / ONE));
    }),
    { numRuns: 60 },
  );
});

async function acknowledgeAttic(stage: RegistrationStage): Promise<void> {
  const ann = await stage.client();
  await ann.acknowledge(await ann.attach('attic', { name: 'Attic' }), 1);
}
