// What the spooler starts for the class: `node class-server.mjs [FILE]`, where it connects is in its environment. Says
// `started PID`, `served`, and for each object `called TRAY` and `released`. While there is a file FILE it does not serve.
import { existsSync } from 'node:fs';
import { connectSubscriber } from '../../dist/client/subscriber.js';
import { CLSID, HANG, PrinterEvents } from './printer-events.mjs';

const say = (line) => process.stdout.write(`${line}\n`);
say(`started ${process.pid}`);
const subscriber = await connectSubscriber(undefined, { onLost: () => process.exit() });
if (existsSync(process.argv[2])) await new Promise(() => {});
await subscriber.registerClass({ clsid: CLSID, eventClass: PrinterEvents }, () => ({
  onPaperJam({ tray }) {
    say(`called ${tray}`);
    return tray === HANG ? new Promise(() => {}) : undefined;
  },
  release: () => say('released'),
}));
say('served');
