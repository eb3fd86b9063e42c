// A listener: `node listener.mjs URL PRINTER STYLE`. Answers every question on a bidirectional channel; takes what comes on
// a unidirectional one. Says `listening`, then `told N` for each notification it was told of.
import { connectListener, notificationType } from '../../dist/client/listener.js';

const [url, name, style] = process.argv.slice(2);
const listener = await connectListener(url, { user: 'ann' });
let told = 0;
await listener.registerForNotifications(
  { name, type: notificationType('SAMPLE_NOTIFICATION_UI'), style },
  {
    async onEventNotify(channel) {
      process.stdout.write(`told ${++told}\n`);
      await channel?.sendNotification('answer');
    },
  },
);
process.stdout.write('listening\n');

// Whoever started it is gone.
process.stdin.on('end', () => process.exit()).resume();
