/**
 * One of the two files of the journal: a head, then blocks, the newest generation's first and one behind the other, then what
 * earlier generations have left. All of its room is written before it is used, so that a sync of a block changes nothing but the
 * block.
 *
 * | bytes | little endian |
 * |---|---|
 * | 0 to 7 | `SPOOLJNL` |
 * | 8 to 11 | the version of the format, now 1 |
 * | 12 to 15 | the salt: any number, so that nobody can write a value that looks like a block |
 * | 16 to 19 | CRC-32 of the bytes before |
 * | 4096 ... | blocks |
 */

import { randomInt } from 'node:crypto';
import { close, constants, fdatasync, fstatSync, ftruncate, openSync, readSync, write } from 'node:fs';
import { access, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { SpoolError } from '../../shared/index.ts';
import {
  BLOCK_HEAD,
  blockAt,
  blockEnd,
  type FoundBlock,
  type JournalBlock,
  SECTOR,
  sectorAfter,
} from './journal-block.ts';
import { sync } from './synced.ts';

const MAGIC = 'SPOOLJNL';
const VERSION = 1;
const HEAD = 20;
/** Where blocks begin: never on a page with something else. */
const FIRST = 4_096;
/** The smallest file that can hold a block. */
export const SMALLEST_FILE = FIRST + SECTOR;

/** Where it is known, a write that ends when its bytes are on the disk is one call instead of two. */
const SYNCED_WRITES = process.platform === 'linux' ? constants.O_DSYNC : 0;
/** So much at a time: what wants to be kept meanwhile waits for one of them at most. */
const ZEROS = Buffer.alloc(131_072);

export class JournalFile {
  readonly path: string;
  readonly #descriptor: number;
  readonly #salt: number;
  #size: number;
  #generation = 0;
  #end: number = FIRST;

  private constructor(path: string, descriptor: number, salt: number) {
    this.path = path;
    this.#descriptor = descriptor;
    this.#salt = salt;
    this.#size = fstatSync(descriptor).size;
  }

  /**
   * Makes it, in that size, where it is not there. Rejects with `STORE_CORRUPT`, `STORE_TOO_NEW`, or as the file system
   * does.
   */
  static async open(path: string, size: number): Promise<JournalFile> {
    if (!(await isThere(path))) await make(path, size);
    // A number and no FileHandle: after a failure it stays open, which nobody has to be told of.
    const descriptor = openSync(path, constants.O_RDWR | SYNCED_WRITES);
    try {
      return new JournalFile(path, descriptor, saltIn(descriptor, basename(path)));
    } catch (reason) {
      await closed(descriptor);
      throw reason;
    }
  }

  /** Of what was begun last. */
  get generation(): number {
    return this.#generation;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether the block has room behind the last one, or in a file that is begun anew. */
  hasRoom(block: JournalBlock, { anew = false }: { readonly anew?: boolean } = {}): boolean {
    return (anew ? FIRST : this.#end) + block.length <= this.#size;
  }

  /** What is in it counts no more. */
  begin(generation: number): void {
    this.#generation = generation;
    this.#end = FIRST;
  }

  /** Resolves with the block's checksum once it is on the disk. Rejects as the file system does; then it is not there. */
  async append(block: JournalBlock, previous: number): Promise<number> {
    const place = { salt: this.#salt, position: this.#end, generation: this.#generation, previous };
    const { bytes, checksum } = block.seal(place);
    await writeSynced(this.#descriptor, bytes, this.#end);
    this.#end = sectorAfter(this.#end + bytes.length);
    return checksum;
  }

  /**
   * The blocks of its generation, where that is a later one than `applied`; what comes next is put behind them. A block that is not
   * whole is the last: it was being written when everything ended. Rejects with `STORE_CORRUPT` where others follow it.
   */
  async replay(applied: number): Promise<readonly FoundBlock[]> {
    const first = this.#readFirst();
    if (first) this.begin(first.generation);
    // Mostly so, and then the rest need not be read.
    if (first && first.generation <= applied) return [];
    const content = await readFile(this.path);
    const blocks: FoundBlock[] = [];
    let block = blockAt(content, FIRST, this.#salt);
    for (; block?.generation === this.#generation; block = blockAt(content, this.#end, this.#salt)) {
      const before = blocks.at(-1);
      if (before && before.checksum !== block.previous) throw this.#corrupt(this.#end);
      blocks.push(block);
      this.#end = block.next;
    }
    for (let at = this.#end + SECTOR; at < content.length; at += SECTOR) {
      const later = blockAt(content, at, this.#salt);
      if (later && later.generation > applied) throw this.#corrupt(this.#end);
    }
    // A process that was killed may have written more than it has seen on the disk.
    if (blocks.length > 0) await sync(this.path);
    return blocks;
  }

  #readFirst(): FoundBlock | undefined {
    const end = blockEnd(this.#read(FIRST + BLOCK_HEAD), FIRST);
    return end > this.#size ? undefined : blockAt(this.#read(end), FIRST, this.#salt);
  }

  #read(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    readSync(this.#descriptor, bytes, 0, length, 0);
    return bytes;
  }

  #corrupt(position: number): SpoolError {
    return new SpoolError('STORE_CORRUPT', { input: `${basename(this.path)} at ${position}` });
  }

  /** Resolves once it has that size. Where that cannot be, it rejects as the file system does and is as it was. */
  async grow(size: number): Promise<void> {
    if (size <= this.#size) return;
    try {
      await writeZeros(this.#descriptor, this.#size, size);
      this.#size = size;
    } catch (reason) {
      await settled((done) => ftruncate(this.#descriptor, this.#size, done));
      throw reason;
    }
  }

  async close(): Promise<void> {
    await closed(this.#descriptor);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

/** Under another name until it is whole. */
async function make(path: string, size: number): Promise<void> {
  const unfinished = `${path}.new`;
  const head = Buffer.alloc(HEAD);
  head.write(MAGIC, 'latin1');
  head.writeUInt32LE(VERSION, 8);
  head.writeUInt32LE(randomInt(2 ** 32), 12);
  head.writeUInt32LE(crc32(head.subarray(0, 16)), 16);
  try {
    const descriptor = openSync(unfinished, 'w', 0o600);
    try {
      await writeZeros(descriptor, 0, size);
      await writeSynced(descriptor, head, 0);
    } finally {
      await closed(descriptor);
    }
    await sync(unfinished);
    await rename(unfinished, path);
    await sync(dirname(path));
  } catch (reason) {
    await rm(unfinished, { force: true });
    throw reason;
  }
}

function saltIn(descriptor: number, name: string): number {
  const head = Buffer.alloc(HEAD);
  const isWhole = readSync(descriptor, head, 0, HEAD, 0) === HEAD && head.toString('latin1', 0, 8) === MAGIC;
  if (!isWhole) throw new SpoolError('STORE_CORRUPT', { input: `${name} is no journal` });
  const version = head.readUInt32LE(8);
  if (version > VERSION) {
    throw new SpoolError('STORE_TOO_NEW', { input: `the format of ${name} is ${version}, this one knows ${VERSION}` });
  }
  if (crc32(head.subarray(0, 16)) !== head.readUInt32LE(16)) {
    throw new SpoolError('STORE_CORRUPT', { input: `${name} at 0` });
  }
  return head.readUInt32LE(12);
}

async function writeZeros(descriptor: number, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += ZEROS.length) {
    await writeSynced(descriptor, ZEROS.subarray(0, Math.min(ZEROS.length, to - at)), at);
  }
}

async function writeSynced(descriptor: number, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += await writeSome(descriptor, bytes.subarray(done), position + done);
  if (SYNCED_WRITES === 0) await settled((ended) => fdatasync(descriptor, ended));
}

function writeSome(descriptor: number, bytes: Buffer, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, 0, bytes.length, position, (reason, written) => {
      if (reason) reject(reason);
      else resolve(written);
    });
  });
}

function closed(descriptor: number): Promise<void> {
  return settled((ended) => close(descriptor, ended));
}

function settled(act: (ended: (reason: Error | null | undefined) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    act((reason) => {
      if (reason) reject(reason);
      else resolve();
    });
  });
}
