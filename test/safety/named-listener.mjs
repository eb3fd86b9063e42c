// A listener that names itself: `node named-listener.mjs URL HOLD`. Says `recovered PENDING` or `new`, then each notification
// with its number, and an asterisk for one that was redelivered. It is never done with number HOLD.
import { connectListener, notificationType } from '../../dist/client/listener.js';

const [url, hold] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${line}\n`);
const listener = await connectListener(url, { user: 'ann' });
await listener.registerForNotifications(
  { name: 'Lab', type: notificationType('SAMPLE_NOTIFICATION_UI'), persistent: 'label-desk' },
  {
    onEventNotify(_, data, { number, redelivered }) {
      const lease = data.acquireData();
      say(`${number}${redelivered ? '*' : ''} ${Buffer.from(lease.data).toString()}`);
      lease.releaseData();
      return number === Number(hold) ? new Promise(() => {}) : undefined;
    },
    recovered: ({ recovered, pending }) => say(recovered ? `recovered ${pending}` : 'new'),
  },
);

// Whoever started it is gone.
process.stdin.on('end', () => process.exit()).resume();
