/** What became of it: was there no room, does the disk not work, or is the file damaged? */

import { open, rm, stat } from 'node:fs/promises';
import { constants } from 'node:os';
import { SpoolError } from '../../shared/index.ts';

const { ENOSPC, EDQUOT, EFBIG, EIO } = constants.errno;
const NO_ROOM: readonly unknown[] = [ENOSPC, EDQUOT, EFBIG, 'ENOSPC', 'EDQUOT', 'EFBIG'];
/** MDB_PAGE_NOTFOUND, MDB_CORRUPTED, MDB_VERSION_MISMATCH, MDB_INVALID. */
const DAMAGED: readonly unknown[] = [-30_797, -30_796, -30_794, -30_793];
/** Room that lmdb wants beside the values, in bytes. */
const MARGIN = 65_536;

/**
 * `STORE_FULL`, `STORE_CORRUPT` or `STORE_FAILED`, for what lmdb or the file system has thrown at so many bytes. lmdb says EIO of a write that ended early too, as the last one before a disk is full does:
 * then the disk is asked whether it has room for as many bytes behind the end of the file.
 */
export async function storeFailure(reason: unknown, path: string, bytes: number): Promise<SpoolError> {
  const cause = await causeOf(reason);
  const number: unknown = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const isFull = NO_ROOM.includes(number) || (number === EIO && !(await hasRoom(path, bytes)));
  if (isFull) return new SpoolError('STORE_FULL', { cause });
  if (DAMAGED.includes(number)) return new SpoolError('STORE_CORRUPT', { cause, input: `error ${String(number)}` });
  // Not its text: that may name places on the disk, and this goes to whoever asked.
  return new SpoolError('STORE_FAILED', { cause, input: `error ${String(number)}` });
}

async function causeOf(reason: unknown): Promise<unknown> {
  if (!(reason instanceof Error) || !('commitError' in reason)) return reason;
  try {
    await reason.commitError;
    return reason;
  } catch (cause) {
    return cause;
  }
}

async function hasRoom(path: string, bytes: number): Promise<boolean> {
  const probe = `${path}.room`;
  try {
    const { size } = await stat(path);
    const file = await open(probe, 'w');
    try {
      await file.write(Buffer.alloc(bytes + MARGIN), 0, bytes + MARGIN, size);
      await file.datasync();
    } finally {
      await file.close();
    }
    return true;
  } catch (reason) {
    return !(reason instanceof Error && 'code' in reason && NO_ROOM.includes(reason.code));
  } finally {
    await rm(probe, { force: true });
  }
}
