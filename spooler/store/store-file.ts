/**
 * Whether a file is what lmdb has written, looked at before lmdb maps it into memory: a file that is none, or is shorter
 * than it says, would end the process.
 */

import { type FileHandle, open } from 'node:fs/promises';
import { SpoolError } from '../../shared/index.ts';

/** Of the file's first and second page: a page's head of 24 bytes, then lmdb's. */
const MAGIC = { at: 24, value: 0xbeefc0de };
const VERSION = { at: 28, value: 2 };
const PAGE_SIZE = 48;
const LAST_PAGE = 144;
const TRANSACTION = 152;
const HEAD = 160;

/** Rejects with `STORE_CORRUPT`, or as the file system does. A file that is not there or is empty is fine: it is new. */
export async function checkStoreFile(path: string): Promise<void> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (reason) {
    if (reason instanceof Error && 'code' in reason && reason.code === 'ENOENT') return;
    throw reason;
  }
  try {
    const { size } = await file.stat();
    if (size > 0) await checkPages(file, size);
  } finally {
    await file.close();
  }
}

async function checkPages(file: FileHandle, size: number): Promise<void> {
  const first = await headAt(file, 0);
  const pageSize = first.readUInt32LE(PAGE_SIZE);
  if (pageSize < 512 || pageSize > 65_536) corrupt('the size of its pages makes no sense');
  const second = await headAt(file, pageSize);
  const newest = first.readBigUInt64LE(TRANSACTION) > second.readBigUInt64LE(TRANSACTION) ? first : second;
  const needed = (newest.readBigUInt64LE(LAST_PAGE) + 1n) * BigInt(pageSize);
  if (BigInt(size) < needed) corrupt(`it has ${size} bytes and should have ${needed}`);
}

async function headAt(file: FileHandle, position: number): Promise<Buffer> {
  const head = Buffer.alloc(HEAD);
  const { bytesRead } = await file.read(head, 0, HEAD, position);
  if (bytesRead < HEAD || head.readUInt32LE(MAGIC.at) !== MAGIC.value) corrupt('lmdb has not written this file');
  if (head.readUInt32LE(VERSION.at) !== VERSION.value) corrupt('another version of lmdb has written this file');
  return head;
}

function corrupt(input: string): never {
  throw new SpoolError('STORE_CORRUPT', { input });
}
