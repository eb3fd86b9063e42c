/**
 * One way, kept on the disk for a listener that is away: only so many objects are not acknowledged at once. Afterwards the
 * listener comes and gets all of it.
 */

import { Inspection, type PayloadShape, Payloads } from '../payloads.ts';
import type { BenchPipe } from '../peer.ts';
import type { Settings } from '../settings.ts';
import { Stopwatch } from '../stopwatch.ts';
import { Tally } from '../tally.ts';
import type { Desk, Finish, Hall, Sent, Workload } from '../workload.ts';

const SHAPE: PayloadShape = { size: 1_024, window: 512, pipes: 1 };

export function durable(inFlight: number): Pick<Workload, 'listen' | 'send'> {
  return { listen, send: (desk) => send(desk, inFlight) };
}

async function listen(hall: Hall): Promise<Finish> {
  await hall.register();
  return async (sent) => {
    const tally = new Tally(hall);
    const inspection = new Inspection(SHAPE, 0, (fault) => hall.fault(`listener: ${fault}`));
    await hall.connect((bytes) => {
      inspection.see(bytes);
      tally.count++;
    });
    await tally.reached(sent);
    return {};
  };
}

async function send(desk: Desk, inFlight: number): Promise<Sent> {
  const sender = await desk.connect(() => desk.fault('nobody is there to answer'));
  return keepSending(desk, await sender.openPipe(), SHAPE, inFlight);
}

/** One after the other, it takes longer until everything was run often enough to be compiled. */
function paced(settings: Settings, inFlight: number): Settings {
  return inFlight > 1 ? settings : { ...settings, warmUp: 3 * settings.warmUp, duration: 2 * settings.duration };
}

/** Until enough was measured; all of it is acknowledged then. */
export async function keepSending(desk: Desk, pipe: BenchPipe, shape: PayloadShape, inFlight: number): Promise<Sent> {
  const payloads = new Payloads(shape);
  const stopwatch = new Stopwatch({
    settings: paced(desk.settings, inFlight),
    measuring: () => desk.measuring(),
    measured: () => desk.measured(),
  });
  /** Acknowledgements from one mark to the next. */
  const step = Math.max(1, inFlight >> 3);
  let sent = 0;
  let acknowledged = 0;
  const writer = async (): Promise<void> => {
    while (!desk.enough) {
      await pipe.send(payloads.payload(0, sent++));
      if (++acknowledged % step === 0) stopwatch.mark(acknowledged);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, writer));
  return { sent, figures: stopwatch.figures() };
}
