/**
 * The answer to a conversation's message may wait a moment for something to travel with (PROTOCOL.md section 5.8,
 * decision 18). A rig answers at once unless told otherwise.
 */

import { describe, expect, test } from 'vitest';
import { notificationType } from '../../shared/index.ts';
import { type Rig, startRig } from '../harness/index.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const DIALOGUE = { name: 'Lab', type, style: 'kBiDirectional' } as const;
const limits = { answerTime: 4 };

/** A conversation of which nothing was said yet. */
async function conversation(rig: Rig) {
  const [seen, answers] = [rig.recorder(), rig.senderRecorder()];
  await (await rig.listener()).registerForNotifications(DIALOGUE, seen);
  const sender = await rig.sender();
  const source = await sender.createNotificationChannel(DIALOGUE, answers);
  return { seen, answers, sender, source };
}

/** Whether a promise has settled by now. */
function watch(promise: Promise<unknown>): { readonly settled: boolean } {
  const state = { settled: false };
  const settled = (): void => {
    state.settled = true;
  };
  promise.then(settled, settled);
  return state;
}

describe('what a conversation is answered', () => {
  test('waits for nothing but its time where nobody says anything, and the message itself does not', async () => {
    await using rig = await startRig({ limits });
    const { seen, source } = await conversation(rig);
    const idle = rig.clock.pending;
    const sent = watch(source.sendNotification('q'));
    await rig.settle();
    expect([seen.texts, sent.settled]).toEqual([['q'], false]);
    await rig.advance(3);
    expect(sent.settled).toBe(false);
    await rig.advance(1);
    expect(sent.settled).toBe(true);
    expect(rig.clock.pending).toBe(idle);
  });

  test('travels with what the other party says', async () => {
    await using rig = await startRig({ limits });
    const { seen, answers, source } = await conversation(rig);
    const sent = watch(source.sendNotification('q'));
    const { channel } = await seen.nextNotification();
    const responded = watch(Promise.resolve(channel?.sendNotification('a')));
    expect((await answers.nextNotification()).text).toBe('a');
    await rig.settle();
    expect([sent.settled, responded.settled]).toEqual([true, false]);
    watch(source.sendNotification('q2'));
    await rig.settle();
    expect(responded.settled).toBe(true);
  });

  test('travels with whatever else there is to say, and comes before it', async () => {
    await using rig = await startRig({ limits });
    const { sender, source } = await conversation(rig);
    const sent = watch(source.sendNotification('q'));
    await sender.roundTrip();
    expect(sent.settled).toBe(true);
  });

  test('comes at once where it is a refusal, and on a channel that goes one way', async () => {
    await using rig = await startRig({ limits });
    const { sender, source } = await conversation(rig);
    const first = source.sendNotification('q');
    const refused = await source.sendNotification('too early').catch(({ code }: { code: string }) => code);
    expect(refused).toBe('CHANNEL_WAITING_FOR_CLIENT_NOTIFICATION');
    expect(await first).toMatchObject({ code: 'S_OK' });
    const oneWay = await sender.createNotificationChannel({ name: 'Lab', type });
    expect(await oneWay.sendNotification('n')).toMatchObject({ code: 'NO_LISTENERS' });
  });

  test('is lost with the connection, as every answer is', async () => {
    await using rig = await startRig({ limits });
    const { sender, source } = await conversation(rig);
    const sent = source.sendNotification('q').catch(({ code }: { code: string }) => code);
    await rig.settle();
    rig.cut(sender);
    expect(await sent).toBe('CONNECTION_LOST');
  });

  test('leaves no timer behind where its session ends first', async () => {
    await using rig = await startRig({ limits });
    const { sender, source } = await conversation(rig);
    source.sendNotification('q').catch(() => {});
    await rig.settle();
    expect(rig.clock.timers().length).toBeGreaterThan(0);
    await sender.close();
    await rig.settle();
    expect(rig.spooler.stats().sessions).toBe(1);
  });
});
