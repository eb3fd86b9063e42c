/** What one more listener costs the broker while nothing happens. */

import type { Hall, Workload } from '../workload.ts';
import { connectAll } from './connect-all.ts';

export const idle: Pick<Workload, 'listen'> = {
  async listen(hall: Hall) {
    const connect = (): Promise<void> => hall.connect(() => hall.fault('something was delivered'));
    const { idleListeners } = hall.settings;
    // What the first ones cost is not counted: it is mostly what the engine takes to have room for garbage.
    const first = idleListeners >> 1;
    const more = idleListeners - first;
    await connectAll(first, connect);
    const before = await hall.brokerMemory();
    await connectAll(more, connect);
    const after = await hall.brokerMemory();
    return () => {
      if (before === undefined || after === undefined) throw new Error('memory cannot be seen on this system');
      return { memory: (after - before) / more / 1_000 };
    };
  },
};
