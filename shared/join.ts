/** Bytes that lie in several pieces, put together where somebody needs them in one. */

/** Pieces from here on stay as they are; copying a smaller one is cheaper than handing over another piece. */
export const REFERENCE_FROM = 16 * 1024;

/** One piece; not a copy where there is only one. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first) return first;
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Runs of small parts become one; large ones stay as they are. */
export function joinSmall(parts: readonly Uint8Array[]): readonly Uint8Array[] {
  if (parts.length === 1) return parts;
  const joined: Uint8Array[] = [];
  let run: Uint8Array[] = [];
  const endRun = (): void => {
    if (run.length > 0) joined.push(concat(run));
    run = [];
  };
  for (const part of parts) {
    if (part.length < REFERENCE_FROM) {
      run.push(part);
    } else {
      endRun();
      joined.push(part);
    }
  }
  endRun();
  return joined;
}
