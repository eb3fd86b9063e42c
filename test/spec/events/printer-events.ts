/** The event class of the client libraries' tests, and a rig with an event system that has it. */

import { defineEventClass } from '../../../shared/index.ts';
import { createEventSystem, type EmbeddedEventSystemOptions } from '../../../spooler/index.ts';
import { type Rig, type RigOptions, startRig } from '../../harness/index.ts';

export const PrinterEvents = defineEventClass({
  name: 'Office.Printer',
  clsid: '5f3c1f0e-7a7c-4b52-9a3e-3d6a2f1f8c11',
  publisherId: 'Office',
  interfaces: {
    IPrinterEvents: {
      iid: '0d0a6f4e-52a7-4a0c-8a0b-0f3f6c1f2b9d',
      methods: { onPaperJam: { tray: 'u8' }, onCleared: {} },
    },
    IJobEvents: {
      iid: '1d0a6f4e-52a7-4a0c-8a0b-0f3f6c1f2b9d',
      methods: { onJob: { id: 'u64', ticket: 'bytes' } },
    },
  },
});

/** A sink of everything, that remembers what it was called with. */
export function recordingSink() {
  const seen: unknown[] = [];
  let released = 0;
  return {
    seen,
    get released() {
      return released;
    },
    onPaperJam: (given: { readonly tray: number }): void => void seen.push(['onPaperJam', given]),
    onCleared: (): void => void seen.push(['onCleared']),
    onJob: (given: { readonly id: bigint; readonly ticket: Uint8Array }): void => void seen.push(['onJob', given]),
    release: (): void => void released++,
  };
}

/** The spooler's wall clock is the rig's. */
export async function startOffice(
  options: RigOptions & { readonly events?: EmbeddedEventSystemOptions } = {},
): Promise<Rig> {
  const { events, ...more } = options;
  const rig: Rig = await startRig({
    services: createEventSystem(events).services,
    wallClock: () => rig.clock.now(),
    ...more,
  });
  const operator = await rig.publisher();
  await operator.catalogue.install(PrinterEvents);
  await operator.close();
  return rig;
}
