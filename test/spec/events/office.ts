/** The library that the tests of the event system share: one event class with two interfaces, and another one. */

import { defineEventClass } from '../../../shared/events/define-event-class.ts';
import type { LibraryDocument } from '../../../shared/events/library.ts';

export const IPRINTER = '0d0a6f4e-52a7-4a0c-8a0b-0f3f6c1f2b9d';
export const ISUPPLY = '7b1f3c52-0a54-4b3e-8f8e-6f1c6a0a4c1d';
export const OFFICE = '5f3c1f0e-7a7c-4b52-9a3e-3d6a2f1f8c11';
export const COPIER = '9a0c6d8e-1b3d-4f7a-8a53-2f6f4e0d1c22';

/** As JSON, as an operator writes it. A fresh copy, to be spoilt. */
export function officeDocument(): LibraryDocument {
  return {
    library: 'Office',
    interfaces: [
      {
        name: 'IPrinterEvents',
        iid: `{${IPRINTER.toUpperCase()}}`,
        methods: [
          { name: 'onPaperJam', parameters: [{ name: 'tray', type: 'u8' }] },
          {
            name: 'onPrinted',
            parameters: [
              { name: 'printer', type: 'string' },
              { name: 'pages', type: 'u32' },
            ],
          },
          { name: 'onCleared' },
        ],
      },
      {
        name: 'ISupplyEvents',
        iid: ISUPPLY,
        methods: [{ name: 'onTonerLow', parameters: [{ name: 'percent', type: 'u8', direction: 'in' }] }],
      },
    ],
    eventClasses: [
      { name: 'Office.Printer', clsid: OFFICE, interfaces: ['IPrinterEvents', 'ISupplyEvents'] },
      { name: 'Office.Copier', clsid: COPIER, interfaces: ['IPrinterEvents'], fireInParallel: true },
    ],
  };
}

/** The first class of it in TypeScript. */
export const OfficePrinter = defineEventClass({
  name: 'Office.Printer',
  clsid: OFFICE,
  interfaces: {
    IPrinterEvents: {
      iid: IPRINTER,
      methods: { onPaperJam: { tray: 'u8' }, onPrinted: { printer: 'string', pages: 'u32' }, onCleared: {} },
    },
    ISupplyEvents: { iid: ISUPPLY, methods: { onTonerLow: { percent: 'u8' } } },
  },
});
