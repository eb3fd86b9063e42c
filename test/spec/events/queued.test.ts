import { describe, expect, test } from 'vitest';
import { type Guid, hresultOf, SpoolError } from '../../../shared/index.ts';
import { MemoryStore } from '../../../spooler/index.ts';
import type { CallableObject } from '../../../spooler/objects/callable-object.ts';
import { type EventClient, EventStage, type EventStageOptions, FAILED, id, WEATHER } from './event-stage.ts';

const CLSID = id(800);
const EXCEPTION_CLASS = id(801);
const MINUTE = 60_000;

/** Classes in the test's own hands: what was created, called and released, and what they answer. */
class Workshop {
  readonly log: string[] = [];
  answer: (method: string) => number | SpoolError = () => 0;
  isServed = true;

  readonly classes = {
    activate: async (clsid: Guid): Promise<CallableObject> => {
      if (!this.isServed) throw new SpoolError('REGDB_E_CLASSNOTREG', { input: clsid });
      const name = clsid === CLSID ? '' : 'exception class: ';
      return {
        call: async (bytes) => {
          const { method } = JSON.parse(new TextDecoder().decode(bytes)) as { method: string };
          this.log.push(name + method);
          const answer = name === '' ? this.answer(method) : 0;
          if (typeof answer !== 'number') throw answer;
          return answer;
        },
        release: () => {},
        gone: new Promise(() => {}),
      };
    },
  };

  start(options: EventStageOptions = {}): Promise<EventStage> {
    return EventStage.start({ classes: this.classes, ...options });
  }
}

/** A queued, persistent subscription. */
async function subscribe(client: EventClient, more: object = {}): Promise<Guid> {
  const subscription = { name: 'queued', eventClass: WEATHER, subscriberClsid: CLSID, queued: true, ...more };
  return ((await client.call('subscribe', { subscription })) as { id: Guid }).id;
}

describe('a queued subscription', () => {
  test('EVC-121, EVC-122, EVC-OPEN-13, decided: the publisher comes back with success before the subscriber is called', async () => {
    const workshop = new Workshop();
    await using stage = await workshop.start();
    const ann = await stage.client();
    await subscribe(ann);
    workshop.answer = () => FAILED;
    expect(await ann.fire('onCalm')).toBe('S_OK');
    await stage.settle();
    expect(workshop.log).toEqual(['onCalm']);
  });

  test('EVC-123: gets what one publisher fired in order, also over a failure', async () => {
    const workshop = new Workshop();
    await using stage = await workshop.start();
    const ann = await stage.client();
    await subscribe(ann);
    workshop.answer = () => FAILED;
    await ann.fire('onCalm');
    await stage.settle();
    workshop.answer = () => 0;
    await ann.fire('onStorm', { Force: 9 }, { interface: id(902) });
    await stage.settle();
    expect(workshop.log).toEqual(['onCalm']);
    await stage.rig.advance(MINUTE);
    expect(workshop.log).toEqual(['onCalm', 'onCalm', 'onStorm']);
  });

  test('EVC-126, EVC-129: is retried for 93 minutes, then its event is a dead letter that can be read, replayed, purged', async () => {
    const workshop = new Workshop();
    await using stage = await workshop.start();
    const ann = await stage.client();
    const subscription = await subscribe(ann);
    workshop.answer = () => FAILED;
    await ann.fire('onCalm');
    await stage.rig.advance(93 * MINUTE);
    expect(workshop.log).toHaveLength(16);
    const letter = { subscription, name: 'queued', publisher: { user: 'ann' }, failures: 16, hresult: FAILED };
    const { letters } = (await ann.call('deadLetters')) as { letters: { id: number }[] };
    expect(letters).toMatchObject([{ ...letter, calls: [{ method: 'onCalm' }] }]);
    expect(stage.log.at(-1)).toMatchObject({ kind: 'deadLetter', letter: letters[0]?.id, name: 'queued' });

    workshop.answer = () => 0;
    expect(await ann.call('replay', { ids: [letters[0]?.id] })).toEqual({ count: 1 });
    await stage.settle();
    expect(workshop.log).toHaveLength(17);
    expect(await ann.call('deadLetters')).toEqual({ letters: [] });
    expect(await ann.call('purge')).toEqual({ count: 0 });
  });

  test('EVC-127: before that its exception class is told of the last try and gets the event', async () => {
    const workshop = new Workshop();
    await using stage = await workshop.start({ queue: { rungs: 0 } });
    const ann = await stage.client();
    await subscribe(ann, { exceptionClsid: EXCEPTION_CLASS });
    workshop.answer = () => FAILED;
    await ann.fire('onCalm');
    await stage.settle();
    expect(workshop.log).toEqual(['onCalm', 'exception class: FinalServerRetry', 'exception class: onCalm']);
    expect(await ann.call('deadLetters')).toEqual({ letters: [] });
  });

  test('EVC-129, CP-D-13: offline, gets all three that were fired meanwhile, once somebody serves its class', async () => {
    const workshop = new Workshop();
    await using stage = await workshop.start();
    const ann = await stage.client();
    await subscribe(ann);
    workshop.isServed = false;
    for (let event = 0; event < 3; event++) expect(await ann.fire('onCalm')).toBe('S_OK');
    await stage.rig.advance(200 * MINUTE);
    expect(workshop.log).toEqual([]);
    workshop.isServed = true;
    stage.system().wake();
    await stage.settle();
    expect(workshop.log).toEqual(['onCalm', 'onCalm', 'onCalm']);
  });

  test('EVC-102: disabled, keeps what was recorded for it', async () => {
    const workshop = new Workshop();
    await using stage = await workshop.start();
    const ann = await stage.client();
    const subscription = await subscribe(ann);
    workshop.answer = () => FAILED;
    await ann.fire('onCalm');
    await stage.settle();
    workshop.answer = () => 0;
    await ann.call('modify', { id: subscription, changes: { enabled: false } });
    await stage.rig.advance(5 * MINUTE);
    expect(workshop.log).toEqual(['onCalm']);
    await ann.call('modify', { id: subscription, changes: { enabled: true } });
    await stage.settle();
    expect(workshop.log).toEqual(['onCalm', 'onCalm']);
  });

  test('EVC-OPEN-12, decided: ended, forgets it', async () => {
    const workshop = new Workshop();
    await using stage = await workshop.start();
    const ann = await stage.client();
    const subscription = await subscribe(ann);
    workshop.answer = () => FAILED;
    await ann.fire('onCalm');
    await ann.call('unsubscribe', { id: subscription });
    await stage.rig.advance(100 * MINUTE);
    expect(workshop.log).toEqual(['onCalm']);
    expect(await ann.call('deadLetters')).toEqual({ letters: [] });
  });

  test('EVC-OPEN-12, decided: is not offered for a live object', async () => {
    await using stage = await new Workshop().start();
    const ann = await stage.client();
    await expect(ann.subscribe({ queued: true })).rejects.toMatchObject({ code: 'E_INVALIDARG' });
  });

  test('EVC-86, EVC-129: and what waits for it survive the spooler on the same store', async () => {
    const store = new MemoryStore();
    const workshop = new Workshop();
    workshop.answer = () => FAILED;
    {
      await using stage = await workshop.start({ store });
      const ann = await stage.client();
      await subscribe(ann);
      await ann.fire('onCalm');
      await stage.settle();
    }
    workshop.answer = () => 0;
    await using stage = await workshop.start({ store });
    await stage.rig.advance(MINUTE);
    expect(workshop.log).toEqual(['onCalm', 'onCalm']);
    expect(await (await stage.client()).fire('onCalm')).toBe('S_OK');
  });

  test('EVC-126: is not charged for a call that the end of the spooler broke off', async () => {
    const store = new MemoryStore();
    const workshop = new Workshop();
    workshop.answer = () => new SpoolError('CONNECTION_LOST', { input: 'shutdown' });
    {
      await using stage = await workshop.start({ store, queue: { rungs: 0 } });
      const ann = await stage.client();
      await subscribe(ann);
      await ann.fire('onCalm');
      await stage.settle();
    }
    workshop.answer = () => 0;
    await using stage = await workshop.start({ store });
    await stage.settle();
    expect(workshop.log).toEqual(['onCalm', 'onCalm']);
  });

  test('EVC-11, EVC-129: to the event system’s own events survives with what waits for it', async () => {
    const store = new MemoryStore();
    const workshop = new Workshop();
    workshop.answer = () => FAILED;
    {
      await using stage = await workshop.start({ store });
      const { eventObjectChangeEventClassId: eventClass } = stage.system().catalogue;
      await subscribe(await stage.client(), { eventClass, method: 'ChangedSubscription' });
      await stage.settle();
    }
    workshop.answer = () => 0;
    await using stage = await workshop.start({ store });
    await stage.rig.advance(MINUTE);
    expect(stage.log).toEqual([]);
    expect(workshop.log).toEqual(['ChangedSubscription', 'ChangedSubscription']);
  });

  test('EVC-126: that is full has failed, with its code in the log', async () => {
    const workshop = new Workshop();
    await using stage = await workshop.start({ queue: { messages: 1 } });
    const ann = await stage.client();
    await subscribe(ann);
    workshop.answer = () => FAILED;
    expect(await ann.fire('onCalm')).toBe('S_OK');
    expect(await ann.fire('onCalm')).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
    const hresult = hresultOf('INTERNAL_NOTIFICATION_QUEUE_IS_FULL');
    expect(stage.log).toContainEqual(expect.objectContaining({ kind: 'methodFailed', hresult }));
  });
});

describe('a transaction', () => {
  const call = (method: string, given: object = {}): object => {
    return { eventClass: WEATHER, interface: id(901), method, arguments: given };
  };

  test('EVC-180, EVC-124: its events leave with the commit, in their order', async () => {
    await using stage = await new Workshop().start();
    const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
    await ann.subscribe({ name: 's' });
    await bob.call('commit', { calls: [call('onReading', { Temperature: 1, Pressure: 2 }), call('onCalm')] });
    await stage.settle();
    expect(ann.got).toEqual(['s onReading 1 2', 's onCalm']);
  });

  test('EVC-180: all of them or none', async () => {
    await using stage = await new Workshop().start();
    const ann = await stage.client();
    await ann.subscribe();
    const committing = ann.call('commit', { calls: [call('onCalm'), call('onReading', { Temperature: 1 })] });
    await expect(committing).rejects.toMatchObject({ code: 'E_INVALIDARG', details: { index: 1 } });
    await stage.settle();
    expect(ann.got).toEqual([]);
  });

  test('EVC-177: of nothing is no event', async () => {
    await using stage = await new Workshop().start();
    await expect((await stage.client()).call('commit', { calls: [] })).resolves.toBeUndefined();
  });

  test('EVC-OPEN-27, decided: what every subscriber failed is retried, what some of them got is not', async () => {
    const workshop = new Workshop();
    await using stage = await workshop.start();
    const ann = await stage.client();
    await subscribe(ann, { queued: false });
    workshop.answer = () => FAILED;
    await ann.call('commit', { calls: [call('onCalm')] });
    await stage.settle();
    await ann.subscribe({ name: 'good' });
    await stage.rig.advance(10 * MINUTE);
    expect(workshop.log).toEqual(['onCalm', 'onCalm']);
    expect(ann.got).toEqual(['good onCalm']);
  });

  test('EVC-123: its events come to a queued subscription in their order, too', async () => {
    const workshop = new Workshop();
    await using stage = await workshop.start();
    const ann = await stage.client();
    await subscribe(ann);
    let isFirst = true;
    workshop.answer = () => {
      const answer = isFirst ? FAILED : 0;
      isFirst = false;
      return answer;
    };
    await ann.call('commit', { calls: [call('onCalm'), call('onReading', { Temperature: 1, Pressure: 2 })] });
    await stage.settle();
    expect(workshop.log).toEqual(['onCalm']);
    await stage.rig.advance(MINUTE);
    expect(workshop.log).toEqual(['onCalm', 'onCalm', 'onReading']);
  });

  test('EVC-125: is played as whoever committed it, whoever is there by then', async () => {
    await using stage = await new Workshop().start();
    const [ann, bob] = [await stage.client('ann'), await stage.client('bob')];
    await bob.subscribe({ name: 'for ann', acceptFrom: ['ann'] });
    await bob.subscribe({ name: 'for bob', acceptFrom: ['bob'] });
    await ann.call('commit', { calls: [call('onCalm')] });
    await ann.listener.close();
    await stage.settle();
    expect(bob.got).toEqual(['for ann onCalm']);
  });

  test('EVC-120, EVC-129: that was accepted survives the spooler', async () => {
    const store = new MemoryStore();
    const workshop = new Workshop();
    workshop.answer = () => FAILED;
    {
      await using stage = await workshop.start({ store });
      const ann = await stage.client();
      await subscribe(ann, { queued: false });
      await ann.call('commit', { calls: [call('onCalm')] });
      await stage.settle();
    }
    workshop.answer = () => 0;
    await using stage = await workshop.start({ store });
    await stage.rig.advance(MINUTE);
    expect(workshop.log).toEqual(['onCalm', 'onCalm']);
  });
});
