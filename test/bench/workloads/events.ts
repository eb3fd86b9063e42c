/** One event after the other, fired at many live subscribers, each its own connection, with parameter filters or without. */

import { connectListener, guid, type Listener } from '../../../client/listener.ts';
import { scaled } from '../settings.ts';
import { Stopwatch } from '../stopwatch.ts';
import { Tally } from '../tally.ts';
import type { Desk, Finish, Hall, Sent, Workload } from '../workload.ts';
import { connectAll } from './connect-all.ts';

const CLASS = guid('e7e00000-0000-4000-8000-000000000001');
const INTERFACE = guid('e7e00000-0000-4000-8000-000000000002');
const LIBRARY = {
  library: 'Bench',
  interfaces: [
    {
      name: 'IPrinterEvents',
      iid: INTERFACE,
      methods: [{ name: 'onJam', parameters: [{ name: 'tray', type: 'u8' }] }],
    },
  ],
  eventClasses: [{ name: 'Bench.Printer', clsid: CLASS, interfaces: ['IPrinterEvents'] }],
};
/** With filters, each event is for those of one tray. */
const TRAYS = 10;
const SUCCESS = '{"hresult":0}';

export function events(subscribers: number, filtered: boolean): Pick<Workload, 'listen' | 'send'> {
  return { listen: (hall) => listen(hall, scaled(subscribers, hall.settings), filtered), send };
}

async function listen(hall: Hall, subscribers: number, filtered: boolean): Promise<Finish> {
  const tally = new Tally(hall);
  const administrator = await connected(hall);
  await administrator.connection.call('events', 'install', { library: LIBRARY });
  await connectAll(subscribers, async (index) => {
    const subscriber = await connected(hall);
    const id = guid(`e7e00000-0000-4000-9000-${index.toString(16).padStart(12, '0')}`);
    const tray = index % TRAYS;
    await subscriber.registerForNotifications(
      { name: id, type: CLASS, style: 'kBiDirectional' },
      {
        onEventNotify(channel, data) {
          const lease = data.acquireData();
          const { arguments: given } = JSON.parse(new TextDecoder().decode(lease.data ?? undefined)) as Jam;
          lease.releaseData();
          if (filtered && given.tray !== tray) hall.fault(`tray ${given.tray} for the subscriber of tray ${tray}`);
          tally.count++;
          void channel?.sendNotification(SUCCESS);
        },
      },
    );
    const subscription = {
      id,
      name: `tray ${tray}`,
      eventClass: CLASS,
      ...(filtered && { filterCriteria: `tray = ${tray}` }),
    };
    await subscriber.connection.call('events', 'subscribe', { subscription });
  });
  return async (sent) => {
    await tally.reached((sent * subscribers) / (filtered ? TRAYS : 1));
    return {};
  };
}

interface Jam {
  readonly arguments: { readonly tray: number };
}

async function send(desk: Desk): Promise<Sent> {
  const publisher = await connected(desk);
  const stopwatch = new Stopwatch(desk);
  let sent = 0;
  // As many for each tray, so that everybody's share is whole.
  while (!desk.enough || sent % TRAYS !== 0) {
    const call = { eventClass: CLASS, interface: INTERFACE, method: 'onJam', arguments: { tray: sent % TRAYS } };
    const { code } = (await publisher.connection.call('events', 'fire', call)).outcome;
    if (code !== 'S_OK') throw new Error(code);
    stopwatch.mark(++sent);
  }
  return { sent, figures: stopwatch.figures() };
}

async function connected(place: Hall | Desk): Promise<Listener> {
  const listener = await connectListener(place.url);
  place.atEnd(async () => {
    // What is still to be answered is no loss.
    await listener.roundTrip();
    await listener.close();
  });
  return listener;
}
