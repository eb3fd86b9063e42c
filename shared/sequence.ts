/** Numbers on an end: 32 bits that rise and wrap (PROTOCOL.md section 4). */

export function nextSequence(value: number): number {
  return (value + 1) >>> 0;
}

/** Whether `value` is `limit` or came before it, within half the circle. */
export function isUpTo(value: number, limit: number): boolean {
  return ((limit - value) | 0) >= 0;
}
