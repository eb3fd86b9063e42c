import { describe, expect, test } from 'vitest';
import { SpoiltMemory } from '../../test/fuzz/spoilt-memory.ts';
import { BELIEVED, Rooms } from './rooms.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
/** A room of one's own where nothing larger has come. */
const OWN = 64 * KiB + 64;

/** Takes rooms until there are none, or so many. */
function takeAll(rooms: Rooms, frame: number, most = 1_000): Uint8Array[] {
  const taken: Uint8Array[] = [];
  while (taken.length < most) {
    const room = rooms.take(frame);
    if (room === undefined) break;
    taken.push(room);
  }
  return taken;
}

describe('a room of its own', () => {
  test.each<[frame: number, length: number]>([
    [0, OWN],
    [OWN, OWN],
    [OWN + 1, OWN + 1],
    [BELIEVED, BELIEVED],
    [BELIEVED + 1, OWN],
    [10 * MiB, OWN],
  ])('after a frame of %i bytes has %i', (frame, length) => {
    expect(new Rooms(new SpoiltMemory()).take(frame)).toHaveLength(length);
  });

  test('is memory that the rules give, another one for each', () => {
    const memory = new SpoiltMemory();
    const rooms = new Rooms(memory);
    const taken = takeAll(rooms, 0, 3);
    expect(new Set(taken.map(({ buffer }) => buffer)).size).toBe(3);
    expect(memory.allocated).toEqual([OWN, OWN, OWN]);
    expect(taken.some(({ buffer }) => buffer === rooms.common.buffer)).toBe(false);
  });
});

describe('all of them', () => {
  test('have 32 MiB together, whatever their sizes; then nobody gets one, and nothing is asked for', () => {
    const memory = new SpoiltMemory();
    const rooms = new Rooms(memory);
    const large = takeAll(rooms, MiB);
    expect(large).toHaveLength(32);
    expect(memory.allocated).toHaveLength(32);
    const [first] = large;
    if (first) rooms.leave(first);
    const small = takeAll(rooms, 0);
    expect(small).toHaveLength(Math.floor(MiB / OWN));
    for (const room of [...large.slice(1), ...small]) rooms.leave(room);
    expect(takeAll(rooms, MiB)).toHaveLength(32);
  });

  test('lose nothing to memory that could not be had', () => {
    let fails = true;
    const rooms = new Rooms({
      allocate: (length) => {
        if (fails) throw new RangeError('no memory');
        return new Uint8Array(length);
      },
    });
    for (let count = 0; count < 40; count++) expect(() => rooms.take(MiB)).toThrow(RangeError);
    fails = false;
    expect(takeAll(rooms, MiB)).toHaveLength(32);
  });
});
