// A publisher in a thread of its own. It connects and fires; nothing in it is about threads.
import { workerData } from 'node:worker_threads';
import { connectPublisher, defineEventClass } from '../../../dist/client/publisher.js';

const PrinterEvents = defineEventClass({
  name: 'Printer',
  clsid: '5e2f0ba4-4b0a-4f0c-8d5c-0a5f3ff0a5d0',
  interfaces: {
    IPaperEvents: { iid: '5e2f0ba4-4b0a-4f0c-8d5c-0a5f3ff0a5c1', methods: { onPaperJam: { tray: 'u8' } } },
  },
});

const publisher = await connectPublisher(workerData, { user: 'ann' });
await publisher.events(PrinterEvents).onPaperJam({ tray: 2 });
await publisher.close();
