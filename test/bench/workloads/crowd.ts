/** Registrations that have nothing to do with what is sent: one half for other printers, the other for other types. */

import { connectListener, guid } from '../../../client/listener.ts';
import { PRINTER, TYPE } from '../peers/spoolpipe.ts';
import type { Hall } from '../workload.ts';

/** As many as one session may have. */
const PER_CONNECTION = 10_000;

export async function crowd(hall: Hall, count: number): Promise<void> {
  for (let first = 0; first < count; first += PER_CONNECTION) {
    const listener = await connectListener(hall.url);
    hall.atEnd(() => listener.close());
    await Promise.all(
      Array.from({ length: Math.min(PER_CONNECTION, count - first) }, (_, index) =>
        listener.registerForNotifications(unrelated(first + index), {
          onEventNotify: () => hall.fault('an unrelated listener was notified'),
        }),
      ),
    );
  }
}

function unrelated(index: number): { readonly name: string; readonly type: typeof TYPE } {
  if (index % 2 === 0) return { name: `${PRINTER} ${index}`, type: TYPE };
  return { name: PRINTER, type: guid(`5b1d0000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`) };
}
