// A sender in the middle of a dialogue: `node sender.mjs URL PRINTER`. Asks, and asks again at each answer, until it is
// killed. Says `talking` once the listener has answered three times.
import { connectSender, notificationType } from '../../dist/client/sender.js';

const [url, name] = process.argv.slice(2);
const sender = await connectSender(url, { user: 'ann' });
let answers = 0;
const channel = await sender.createNotificationChannel(
  { name, type: notificationType('SAMPLE_NOTIFICATION_UI'), style: 'kBiDirectional' },
  {
    async onEventNotify(channel) {
      if (++answers === 3) process.stdout.write('talking\n');
      await channel.sendNotification(`question ${answers}`);
    },
  },
);
await channel.sendNotification('question 0');

// Whoever started it is gone.
process.stdin.on('end', () => process.exit()).resume();
