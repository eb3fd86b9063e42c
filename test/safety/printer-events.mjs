// The event class of the scripts beside it. A jam in tray HANG is never dealt with.
import { defineEventClass } from '../../dist/client/publisher.js';

export const HANG = 200;
export const CLSID = '5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c01';
export const PrinterEvents = defineEventClass({
  name: 'Office.Printer',
  clsid: '5f3c1f0e-7a7c-4b52-9a3e-3d6a2f1f8c11',
  interfaces: {
    IPrinterEvents: { iid: '0d0a6f4e-52a7-4a0c-8a0b-0f3f6c1f2b9d', methods: { onPaperJam: { tray: 'u8' } } },
  },
});
