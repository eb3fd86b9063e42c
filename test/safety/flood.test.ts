/** A client that asks more than anybody can answer at once (T7): the others have their turn all the same. */

import { expect, test } from 'vitest';
import { dial } from '../../client/dial.ts';
import { connectListener } from '../../client/listener.ts';
import { connectSender } from '../../client/sender.ts';
import { eachRecord, encodeRecord, notificationType, OPS } from '../../shared/index.ts';
import { serve } from '../../spooler/index.ts';
import { Recorder } from '../harness/index.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const QUESTIONS = 1_500;

test('thousands of questions in one message: a dialogue between others goes on before they are answered, and all are', async () => {
  // On the machine's clock: slices are of real time, and what counts here is who comes first.
  await using server = await serve({ port: 0 });
  await using listener = await connectListener(server.url, { user: 'ann' });
  const told = new Recorder();
  // Enough to make the answer to each question long.
  await Promise.all(
    Array.from({ length: 1_000 }, (_, number) =>
      listener.registerForNotifications({ name: `Printer ${number}`, type }, told),
    ),
  );
  await using sender = await connectSender(server.url, { user: 'ann' });
  const channel = await sender.createNotificationChannel({ name: 'Printer 7', type });

  const flood = await dial(server.url);
  let answered = 0;
  const done = new Promise<void>((resolve) => {
    flood.attach({
      onMessage: (message) =>
        eachRecord(message, ({ op }) => {
          if (op === OPS.result && ++answered === QUESTIONS) resolve();
        }),
      onAlive: () => {},
      onDrain: () => {},
      onClose: () => resolve(),
    });
  });
  flood.send(encodeRecord({ op: 'hello', user: 'mallory' }));
  const question = Buffer.concat(
    encodeRecord({
      op: 'explain',
      request: 1,
      side: 'channel',
      interest: { name: null, type, filter: 'kPerUser', style: 'kUniDirectional' },
    }),
  );
  flood.send([Buffer.concat(Array.from({ length: QUESTIONS }, () => question))]);

  for (let round = 0; round < 5; round++) {
    expect(await channel.sendNotification(`round ${round}`)).toMatchObject({ code: 'S_OK' });
    expect((await told.nextNotification()).text).toBe(`round ${round}`);
  }
  expect(answered).toBeLessThan(QUESTIONS);
  await done;
  expect(answered).toBe(QUESTIONS);
  flood.terminate();
});
