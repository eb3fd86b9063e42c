/** The documents of jobs: written in pieces, read by others once they are valid (JOB-70 to JOB-79, JOB-MAP-12). */

import { hresultOf, SpoolError } from '../../shared/index.ts';
import { type Job, type JobFile, withFile } from './job.ts';
import { checkLives, commanded, type PrintJob } from './print-job.ts';
import type { SpoolFolder } from './spool-folder.ts';

const DOCUMENT_SIZE = 1024 * 1024 * 1024;
/** Ten of the largest: what one busy office leaves lying about, and not what fills a disk. */
const SPOOL_SIZE = 10 * DOCUMENT_SIZE;
const MOST_FILES = 1_000;

/** Of another job, whose document becomes one of this job, too. */
export interface Peer {
  readonly print: PrintJob;
  readonly file: number;
}

export interface DocumentsParts {
  readonly folder: SpoolFolder;
  /** Bytes of one document, and of all of them together. Defaults 1 GiB and 10 GiB. */
  readonly documentSize: number | undefined;
  readonly spoolSize: number | undefined;
  /** Removes documents that nobody needs any more; false where there are none. */
  readonly giveWay: () => Promise<boolean>;
}

export class Documents {
  readonly folder: SpoolFolder;
  readonly #documentSize: number;
  readonly #spoolSize: number;
  readonly #giveWay: () => Promise<boolean>;

  constructor({ folder, documentSize, spoolSize, giveWay }: DocumentsParts) {
    this.folder = folder;
    this.#documentSize = documentSize ?? DOCUMENT_SIZE;
    this.#spoolSize = spoolSize ?? SPOOL_SIZE;
    this.#giveWay = giveWay;
  }

  /**
   * Adds a document; gives its number. Without a peer it is empty, to be written. Rejects with `BG_E_INVALID_STATE`,
   * `E_OUTOFMEMORY`, `ERROR_DISK_FULL`, with `E_PENDING` where the peer's is withheld (JOB-79) and `BG_E_RECORD_DELETED`
   * where it is gone, or as the store does.
   */
  add(print: PrintJob, name: string, peer?: Peer): Promise<number> {
    return print.alone(async () => {
      checkLives(print.job);
      const at = print.job.files.length;
      if (at >= MOST_FILES) throw new SpoolError('E_OUTOFMEMORY', { input: `${MOST_FILES} files` });
      const size = peer && this.checkServed(peer.print.job, peer.file);
      if (peer && size !== undefined) {
        await this.#checkThere(peer.print.job, peer.file);
        await this.#makeRoom(size);
        // It may have given way itself.
        await this.#checkThere(peer.print.job, peer.file);
        await inFolder(this.folder.copy([peer.print.job.id, peer.file], [print.job.id, at]));
      }
      const file: JobFile = { name, size, valid: false, told: false, fromPeer: peer !== undefined };
      await print.changeNow((job) => ({ ...job, files: [...job.files, file] }));
      return at;
    });
  }

  /**
   * Writes bytes of a document at an offset that was reached before; with `last` it is whole, and on disk when the promise
   * resolves. Gives how many bytes there are. Rejects with `BG_E_INVALID_STATE` (the job is over, or the document whole),
   * `E_INVALIDARG` (no such document, a gap, too long), `ERROR_DISK_FULL`, or as the store does.
   */
  write(print: PrintJob, file: number, offset: number, bytes: Uint8Array, last: boolean): Promise<number> {
    return print.alone(async () => {
      const { job } = print;
      checkLives(job);
      const document = this.#document(job, file);
      if (document.size !== undefined)
        throw new SpoolError('BG_E_INVALID_STATE', { input: `file ${file} is spooled already` });
      const before = (await this.folder.size(job.id, file)) ?? 0;
      const end = offset + bytes.length;
      if (offset > before) throw new SpoolError('E_INVALIDARG', { input: `offset: ${before} at most` });
      if (end > this.#documentSize)
        throw new SpoolError('E_INVALIDARG', { input: `at most ${this.#documentSize} bytes` });
      await this.#makeRoom(end - before);
      await inFolder(this.folder.write(job.id, file, offset, bytes));
      if (!last) return Math.max(before, end);
      await inFolder(this.folder.sync(job.id, file));
      await print.changeNow((now) => withFile(now, file, { size: end }));
      return end;
    });
  }

  /** How many bytes of it there are. Throws `E_INVALIDARG`. */
  async received(job: Job, file: number): Promise<number> {
    return this.#document(job, file).size ?? (await this.folder.size(job.id, file)) ?? 0;
  }

  /** Bytes of a document that is served, or to its own validator of one that is whole. Rejects as `checkServed` does. */
  async read(job: Job, file: number, offset: number, length: number, temporary: boolean): Promise<Uint8Array> {
    const size = temporary ? this.#whole(job, file) : this.checkServed(job, file);
    await this.#checkThere(job, file);
    return inFolder(this.folder.read(job.id, file, offset, Math.max(0, Math.min(length, size - offset))));
  }

  /**
   * The size of a document that others may have: one that was found valid, or whose job was completed (JOB-76, JOB-79).
   * Throws `E_PENDING` for another, `E_INVALIDARG` where there is none.
   */
  checkServed(job: Job, file: number): number {
    const { valid } = this.#document(job, file);
    const size = this.#whole(job, file);
    if (!valid && job.state !== 'ACKNOWLEDGED')
      throw new SpoolError('E_PENDING', { input: `file ${file}: not validated` });
    return size;
  }

  /**
   * Says whether a document is valid (JOB-71 to JOB-74). One that is not is removed, and can be written again: that of a
   * client puts the job into its error, that of a peer does not. Rejects with `E_PENDING` (not whole yet),
   * `BG_E_RECORD_DELETED`, `BG_E_INVALID_STATE`, `E_INVALIDARG`, or as the store does.
   */
  validate(print: PrintJob, file: number, valid: boolean): Promise<void> {
    return print.alone(async () => {
      checkLives(print.job);
      this.#whole(print.job, file);
      await this.#checkThere(print.job, file);
      if (valid) return void (await print.changeNow((job) => withFile(job, file, { valid })));
      await print.changeNow((job) => {
        const fromPeer = this.#document(job, file).fromPeer;
        print.printed[file] = 0;
        const gone = withFile(job, file, { size: undefined, valid, told: false, fromPeer: false });
        if (!fromPeer)
          return commanded(gone, 'rejected', { hresult: hresultOf('BG_E_VALIDATION_FAILED'), reason: 'file', file });
        return job.state === 'TRANSFERRED' ? commanded(gone, 'resume') : gone;
      });
      await inFolder(this.folder.remove(print.job.id, file));
    });
  }

  /** Whether the document lies where it was spooled, whole. */
  async isWhole({ id, files }: Job, file: number): Promise<boolean> {
    const size = files[file]?.size;
    return size !== undefined && ((await this.folder.size(id, file)) ?? -1) >= size;
  }

  /** Throws `ERROR_DISK_FULL` where all documents together would take more than is allowed. */
  async #makeRoom(bytes: number): Promise<void> {
    if (bytes <= 0) return;
    while (this.folder.taken + bytes > this.#spoolSize)
      if (!(await inFolder(this.#giveWay())))
        throw new SpoolError('ERROR_DISK_FULL', { input: `all documents: at most ${this.#spoolSize} bytes` });
  }

  async #checkThere(job: Job, file: number): Promise<void> {
    if (!(await this.isWhole(job, file))) throw new SpoolError('BG_E_RECORD_DELETED', { input: `file ${file}` });
  }

  #document({ files }: Job, file: number): JobFile {
    const document = files[file];
    if (!document) throw new SpoolError('E_INVALIDARG', { input: `the job has no file ${file}` });
    return document;
  }

  #whole(job: Job, file: number): number {
    const { size } = this.#document(job, file);
    if (size === undefined) throw new SpoolError('E_PENDING', { input: `file ${file}: not spooled` });
    return size;
  }
}

/** What the file system says of its own is for the operator: a client hears the name of the error at most. */
async function inFolder<Value>(work: Promise<Value>): Promise<Value> {
  try {
    return await work;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'the spool folder';
    throw new SpoolError(code === 'ENOSPC' || code === 'EDQUOT' ? 'STORE_FULL' : 'E_FAIL', { input: code, cause });
  }
}
