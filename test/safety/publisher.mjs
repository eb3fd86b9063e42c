// A publisher: `node publisher.mjs URL`. Says `ready`; then does what each line tells it: `fire TRAY` says the code;
// `transaction TRAY…` says `open`, waits for a line `commit` and says `committed`; `record TRAY…` says `recorded`, waits for
// a line `release` and says `posted`.
import { createInterface } from 'node:readline';
import { connectPublisher } from '../../dist/client/publisher.js';
import { PrinterEvents } from './printer-events.mjs';

const say = (line) => process.stdout.write(`${line}\n`);
const publisher = await connectPublisher(process.argv[2], { user: 'ann', onProblem: () => {} });
const lines = createInterface(process.stdin)[Symbol.asyncIterator]();
const jamAll = (events, trays) => {
  for (const tray of trays) events.onPaperJam({ tray: Number(tray) });
};
say('ready');
for (;;) {
  const { value, done } = await lines.next();
  // Whoever started it is gone.
  if (done) process.exit();
  const [what, ...trays] = value.split(' ');
  if (what === 'fire') {
    const fired = publisher.events(PrinterEvents).onPaperJam({ tray: Number(trays[0]) });
    fired.then(
      ({ code }) => say(code),
      ({ code }) => say(code),
    );
  }
  if (what === 'transaction') {
    await publisher.transaction(async (transaction) => {
      jamAll(transaction.events(PrinterEvents), trays);
      say('open');
      await lines.next();
    });
    say('committed');
  }
  if (what === 'record') {
    const recorder = publisher.recorder();
    jamAll(recorder.events(PrinterEvents), trays);
    say('recorded');
    await lines.next();
    await recorder.release();
    say('posted');
  }
}
