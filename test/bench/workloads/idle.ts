/** What one more listener costs the broker while nothing happens. */

import { scaled } from '../settings.ts';
import type { Hall, Workload } from '../workload.ts';
import { connectAll } from './connect-all.ts';

/**
 * Those before whom memory is taken for the first time: what only the first ones cost, compiled code and room for
 * garbage, is not counted.
 */
const FEW = 1_000;

export const idle: Pick<Workload, 'listen'> = {
  async listen(hall: Hall) {
    const connect = (): Promise<void> => hall.connect(() => hall.fault('something was delivered'));
    const few = scaled(FEW, hall.settings);
    const more = hall.settings.idleListeners - few;
    await connectAll(few, connect);
    const before = await hall.brokerMemory();
    await connectAll(more, connect);
    const after = await hall.brokerMemory();
    return () => {
      if (before === undefined || after === undefined) throw new Error('memory cannot be seen on this system');
      return { memory: (after - before) / more / 1_000 };
    };
  },
};
