// A sender under load: `node load.mjs URL WORD`. Sends `WORD 0`, `WORD 1` and so on to the Lab, 64 in flight; says each number
// that was acknowledged, in order, until the spooler is gone.
import { connectSender, notificationType } from '../../dist/client/sender.js';

const [url, word] = process.argv.slice(2);
const sender = await connectSender(url, { user: 'ann', onLost: () => {} });
const type = notificationType('SAMPLE_NOTIFICATION_UI');
const channel = await sender.createNotificationChannel({ name: 'Lab', type, overflow: 'wait' });
let next = 0;
let isOver = false;

async function sendOn() {
  while (!isOver) {
    const number = next++;
    try {
      const { code } = await channel.sendNotification(`${word} ${number}`);
      process.stdout.write(code === 'S_OK' ? `${number}\n` : `${code}\n`);
    } catch {
      isOver = true;
    }
  }
}
process.stdin.on('end', () => process.exit()).resume();
await Promise.all(Array.from({ length: 64 }, sendOn));
process.exit();
