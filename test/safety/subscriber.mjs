// A transient subscriber: `node subscriber.mjs URL`. Says `subscribed`, then `called TRAY` for each event.
import { connectSubscriber } from '../../dist/client/subscriber.js';
import { HANG, PrinterEvents } from './printer-events.mjs';

const say = (line) => process.stdout.write(`${line}\n`);
const subscriber = await connectSubscriber(process.argv[2], { user: 'ann', onGap: () => say('subscribed again') });
await subscriber.subscribe(
  { eventClass: PrinterEvents },
  {
    onPaperJam({ tray }) {
      say(`called ${tray}`);
      return tray === HANG ? new Promise(() => {}) : undefined;
    },
  },
);
say('subscribed');

// Whoever started it is gone.
process.stdin.on('end', () => process.exit()).resume();
