/** Channels that are opened, used once and closed, several at a time, while others stay open. */

import { connectSender, type Sender } from '../../../client/sender.ts';
import { Inspection, type PayloadShape, Payloads } from '../payloads.ts';
import { PRINTER, TYPE } from '../peers/spoolpipe.ts';
import { scaled } from '../settings.ts';
import { Stopwatch } from '../stopwatch.ts';
import { Tally } from '../tally.ts';
import type { Desk, Finish, Hall, Sent, Workload } from '../workload.ts';
import { connectAll } from './connect-all.ts';

const SHAPE: PayloadShape = { size: 64, window: 1, pipes: 32 };
const CHANNEL = { name: PRINTER, type: TYPE };
/** Deliveries from one mark to the next. */
const STEP = 64;

export function openClose(others: number): Pick<Workload, 'listen' | 'send' | 'spoolpipe'> {
  return {
    spoolpipe: { limits: { channels: 2 * others + 10_000 } },
    listen,
    send: (desk) => send(desk, others),
  };
}

async function listen(hall: Hall): Promise<Finish> {
  const tally = new Tally(hall);
  const stopwatch = new Stopwatch(hall);
  const inspection = new Inspection(SHAPE, 0, (fault) => hall.fault(`listener: ${fault}`));
  await hall.connect((bytes) => {
    inspection.see(bytes);
    if (++tally.count % STEP === 0) stopwatch.mark(tally.count);
  });
  return async (sent) => {
    await tally.reached(sent);
    return stopwatch.figures();
  };
}

async function send(desk: Desk, others: number): Promise<Sent> {
  const holder = await connected(desk);
  await connectAll(scaled(others, desk.settings), () => holder.createNotificationChannel(CHANNEL));
  const sender = await connected(desk);
  const payloads = new Payloads(SHAPE);
  let sent = 0;
  const use = async (lane: number): Promise<void> => {
    for (let sequence = 0; !desk.enough; sequence++) {
      const channel = await sender.createNotificationChannel(CHANNEL);
      const { code } = await channel.sendNotification(payloads.payload(lane, sequence));
      if (code !== 'S_OK') throw new Error(code);
      sent++;
      await channel.closeChannel();
    }
  };
  await Promise.all(Array.from({ length: SHAPE.pipes }, (_, lane) => use(lane)));
  return { sent };
}

async function connected(desk: Desk): Promise<Sender> {
  const sender = await connectSender(desk.url);
  desk.atEnd(() => sender.close());
  return sender;
}
