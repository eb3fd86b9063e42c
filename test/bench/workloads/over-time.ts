/** What it costs that much is kept for somebody who is away: beside it, before it, and at each start. */

import { connectListener } from '../../../client/listener.ts';
import { connectSender } from '../../../client/sender.ts';
import { comeBack, openKeptPipe, registerAbsent } from '../durable-peers/spoolpipe-serve.ts';
import { Inspection, type PayloadShape, Payloads } from '../payloads.ts';
import { PRINTER } from '../peers/spoolpipe.ts';
import { scaled } from '../settings.ts';
import { Tally } from '../tally.ts';
import type { BrokerEnd, Desk, Figures, Finish, Hall, Sent, Workload } from '../workload.ts';
import { keepSending } from './durable.ts';

const SHAPE: PayloadShape = { size: 256, window: 1_024, pipes: 1 };
/** Notifications that delivering is measured with. */
const FIRST = 50_000;
/** Whose printer is not `PRINTER`. */
const BESIDE = 'Office';
const IN_FLIGHT = 256;

export function overTime(kept: number): Pick<Workload, 'listen' | 'send'> {
  return { listen: (hall) => listen(hall, scaled(kept, hall.settings)), send };
}

async function listen(hall: Hall, kept: number): Promise<Finish> {
  for (const printer of [PRINTER, BESIDE]) await registerAbsent(hall.url, printer);
  await fill(hall.url, kept);
  const killed = await restart(hall, 'killed');
  const stopped = await restart(hall, 'stopped');
  const memory = await hall.brokerMemory();
  return async (sent) => {
    const first = scaled(FIRST, hall.settings);
    if (kept === 0) await fill(stopped.url, first);
    const { url } = await restart(hall, 'stopped');
    const delivered = await deliver(hall, url, { printer: PRINTER, count: kept || first, first });
    await deliver(hall, url, { printer: BESIDE, count: sent, first });
    return {
      ...delivered,
      startKilled: killed.took,
      startStopped: stopped.took,
      ...(memory !== undefined && { memory: memory / 1e6 }),
    };
  };
}

async function fill(url: string, count: number): Promise<void> {
  const sender = await connectSender(url);
  const pipe = await openKeptPipe(sender, PRINTER);
  const payloads = new Payloads(SHAPE);
  let sent = 0;
  const writer = async (): Promise<void> => {
    while (sent < count) await pipe.send(payloads.payload(0, sent++));
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, writer));
  await sender.close();
}

/** Until a connection has been answered. */
async function restart(hall: Hall, end: BrokerEnd): Promise<{ readonly url: string; readonly took: number }> {
  const { url, took } = await hall.restartBroker(end);
  const start = performance.now();
  const anybody = await connectListener(url);
  await anybody.roundTrip();
  const connected = performance.now() - start;
  await anybody.close();
  return { url, took: took + connected };
}

/** All of it; the first so many are measured. */
async function deliver(
  hall: Hall,
  url: string,
  { printer, count, first }: { readonly printer: string; readonly count: number; readonly first: number },
): Promise<Figures> {
  const tally = new Tally(hall);
  const inspection = new Inspection(SHAPE, 0, (fault) => hall.fault(`listener: ${fault}`));
  let took = 0;
  let memoryThen: ReturnType<Hall['brokerMemoryNow']> | undefined;
  const start = performance.now();
  const listener = await comeBack(url, printer, (bytes) => {
    inspection.see(bytes);
    if (++tally.count !== first) return;
    took = performance.now() - start;
    memoryThen = hall.brokerMemoryNow();
  });
  hall.atEnd(() => listener.close());
  await tally.reached(count);
  const [then, now] = [await memoryThen, await hall.brokerMemoryNow()];
  return {
    delivering: (took * 1_000) / first,
    ...(then && { memoryDelivering: then.resident / 1e6 }),
    ...(now && { memoryDelivered: now.resident / 1e6, ownDelivered: now.own / 1e6 }),
  };
}

async function send(desk: Desk): Promise<Sent> {
  const sender = await connectSender(desk.url);
  desk.atEnd(() => sender.close());
  const { sent, figures } = await keepSending(desk, await openKeptPipe(sender, BESIDE), SHAPE, IN_FLIGHT);
  return { sent, figures: figures?.cost === undefined ? {} : { sending: figures.cost } };
}
