/** Chance that can be had again: the same numbers for the same seed. */

/** Numbers from 0 to below `limit` (mulberry32). */
export type Random = (limit: number) => number;

export function numbersFrom(seed: number): Random {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** The bytes, spoilt in one or two places: a bit or a byte changed, cut short, lengthened, said twice. */
export function spoilt(bytes: Uint8Array, random: Random): Uint8Array {
  let message = Buffer.from(bytes);
  for (let count = 1 + random(2); count > 0; count--) {
    const at = random(message.length);
    switch (random(8)) {
      case 0:
        message = message.subarray(0, at + 1);
        break;
      case 1:
        message = Buffer.concat([message.subarray(0, at), Buffer.from([random(256)]), message.subarray(at)]);
        break;
      case 2:
        message = Buffer.concat([message, message]);
        break;
      case 3:
        message.writeUInt8(random(256), at);
        break;
      default:
        message.writeUInt8(message.readUInt8(at) ^ (1 << random(8)), at);
    }
  }
  return message;
}
