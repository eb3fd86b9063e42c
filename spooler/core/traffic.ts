/** What has passed since the spooler started. Counted where it happens: an addition each. */

import type { Traffic } from '../../shared/index.ts';

export class TrafficCount implements Traffic {
  received = 0;
  receivedBytes = 0;
  delivered = 0;
  deliveredBytes = 0;
  lost = 0;

  countReceived(size: number): void {
    this.received++;
    this.receivedBytes += size;
  }

  countDelivered(size: number): void {
    this.delivered++;
    this.deliveredBytes += size;
  }

  get snapshot(): Traffic {
    const { received, receivedBytes, delivered, deliveredBytes, lost } = this;
    return { received, receivedBytes, delivered, deliveredBytes, lost };
  }
}
