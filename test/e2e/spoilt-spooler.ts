/** What tests of the spooler's memory share: it is spoilt where it is free, and what arrives is compared in short. */

import { createHash } from 'node:crypto';
import { expect, vi } from 'vitest';
import { connectListener, notificationType } from '../../client/listener.ts';
import { MessageMemory } from '../../spooler/message-memory.ts';

export function digest(bytes: Uint8Array | null): string {
  return createHash('sha256')
    .update(bytes ?? new Uint8Array(0))
    .digest('hex');
}

/** Memory that could be used again is spoilt at once, and never used again: whoever still needs it shows. */
export function spoilWhatIsFree(): ReadonlySet<ArrayBufferLike> {
  const spoilt = new Set<ArrayBufferLike>();
  // oxlint-disable-next-line typescript/unbound-method -- called as what it belongs to, below
  const { recycle, allocate } = MessageMemory.prototype;
  vi.spyOn(MessageMemory.prototype, 'recycle').mockImplementation(function recycled(this: MessageMemory, bytes) {
    recycle.call(this, bytes);
    const { buffer } = allocate.call(this, bytes.buffer.byteLength);
    if (buffer !== bytes.buffer) return;
    new Uint8Array(buffer).fill(0xee);
    spoilt.add(buffer);
  });
  return spoilt;
}

/** Of the channel `Lab` of all who are heard here. */
export const type = notificationType('SAMPLE_NOTIFICATION_UI');

/** A listener, and in short what it was given so far. */
export interface Ear {
  readonly listener: Awaited<ReturnType<typeof connectListener>>;
  readonly digests: string[];
}

/** Notes what comes; `answer` is asked with each, and says how long it keeps the next waiting. */
export async function hear(url: string, answer: (ear: Ear) => Promise<void> | undefined): Promise<Ear> {
  const ear: Ear = { listener: await connectListener(url, { user: 'ann' }), digests: [] };
  await ear.listener.registerForNotifications(
    { name: 'Lab', type },
    {
      onEventNotify(_, data) {
        const lease = data.acquireData();
        ear.digests.push(digest(lease.data));
        lease.releaseData();
        return answer(ear);
      },
    },
  );
  return ear;
}

/** In order, each as it was sent; some may lack. */
export function expectInOrder({ digests }: Ear, sent: readonly string[]): void {
  let from = 0;
  for (const one of digests) {
    const at = sent.indexOf(one, from);
    expect(at).toBeGreaterThanOrEqual(from);
    from = at + 1;
  }
}
