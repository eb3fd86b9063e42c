/** What tests of the spooler's memory share: it is spoilt where it is free, and what arrives is compared in short. */

import { createHash } from 'node:crypto';
import { vi } from 'vitest';
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
