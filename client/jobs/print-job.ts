/** One print job of the spooler, with the methods of the documents (JOB-10 to JOB-48). */

import { fromBase64 } from '../../shared/events/base64.ts';
import { type Guid, SpoolError } from '../../shared/index.ts';
import type { JobState } from '../../shared/jobs/vocabulary.ts';
import { concat } from '../../shared/join.ts';
import { CallbackObject } from './callback-object.ts';
import { type JobCallback, sinkOf } from './job-callback.ts';
import type { JobDescription, JobError, JobProgress } from './job-description.ts';
import type { JobHost } from './job-host.ts';
import { type Content, encodePiece, mostInAnswer, piecesOf } from './pieces.ts';

/** What is read of a document where nobody says how much. */
const READ_LENGTH = 1024 * 1024;

/** What `setProperty` takes (JOB-58, JOB-90). */
export interface JobProperties {
  /** The class that an object is created of to be told where no object is set; `GUID_NULL` for none (JOB-95). */
  readonly NotificationClsid: string;
  /** Milliseconds between two notifications that may be lost. */
  readonly MinimumNotificationInterval: number;
}

/**
 * Every method rejects with `CONNECTION_LOST` while there is no spooler, with `BG_E_NOT_FOUND` when the job is forgotten,
 * with `E_ACCESSDENIED` for another's, and with `E_INVALIDARG`.
 */
export class PrintJob {
  readonly id: Guid;
  readonly #host: JobHost;
  #description: JobDescription;

  /** For `Jobs`. */
  constructor(host: JobHost, description: JobDescription) {
    this.#host = host;
    this.id = description.id;
    this.#description = description;
  }

  /** As the spooler has told last; in a callback, as the job was then. */
  get description(): JobDescription {
    return this.#description;
  }

  // ------------------------------------------------------------------------------------------ documents

  /**
   * Adds a document and spools its content. Resolves with its number, once it is on the spooler's disk. Rejects with
   * `BG_E_INVALID_STATE` where the job is over, `E_OUTOFMEMORY`, and with what `content` throws; the document is in the job
   * then, and can be written again.
   */
  async addFile(name: string, content: Content): Promise<number> {
    const { file } = await this.#ask<{ file: number }>('addFile', { name });
    await this.writeFile(file, content);
    return file;
  }

  /** Adds a copy of a document of another job. Rejects with `E_PENDING` while that is withheld (JOB-79). */
  async addFileFrom(name: string, from: { readonly job: string; readonly file: number }): Promise<number> {
    return (await this.#ask<{ file: number }>('addFile', { name, from })).file;
  }

  /**
   * Spools the content of a document that is not whole: one whose spooling was broken off, or that was found invalid
   * (JOB-73). `offset` is where the content begins; `received` says how far the spooler has got. Rejects with
   * `BG_E_INVALID_STATE` for one that is whole.
   */
  async writeFile(file: number, content: Content, offset = 0): Promise<void> {
    const { payload } = this.#host.renewals.listener.connection.limits;
    let at = offset;
    for await (const bytes of piecesOf(content, payload)) {
      await this.#write(file, at, bytes, false);
      at += bytes.length;
    }
    await this.#write(file, at, new Uint8Array(0), true);
  }

  async #write(file: number, offset: number, bytes: Uint8Array, last: boolean): Promise<void> {
    await this.#host.ask('write', encodePiece({ job: this.id, file, offset, last }, bytes));
  }

  /** Bytes of the document that the spooler has. */
  async received(file: number): Promise<number> {
    return (await this.#ask<{ received: number }>('received', { file })).received;
  }

  /**
   * So many bytes of a document, 1 MiB by default; fewer where it ends. Rejects with `E_PENDING` while it is withheld,
   * because nobody has found it valid and the job is not completed (JOB-70, JOB-79); `temporary` is for whoever validates
   * it (JOB-71).
   */
  async readFile(
    file: number,
    options: { readonly offset?: number; readonly length?: number; readonly temporary?: boolean } = {},
  ): Promise<Uint8Array> {
    const { offset = 0, length = READ_LENGTH, temporary = false } = options;
    const most = mostInAnswer(this.#host.renewals.listener.connection.limits.payload);
    // Also where it is no number at all: what is wrong with it the spooler says.
    if (!(length > most)) return this.#read(file, offset, length, temporary);
    const pieces: Uint8Array[] = [];
    for (let at = 0, isMore = true; isMore && at < length; at += most) {
      const asked = Math.min(most, length - at);
      const piece = await this.#read(file, offset + at, asked, temporary);
      pieces.push(piece);
      isMore = piece.length === asked;
    }
    return concat(pieces);
  }

  async #read(file: number, offset: number, length: number, temporary: boolean): Promise<Uint8Array> {
    const { bytes } = await this.#ask<{ bytes: string }>('read', { file, offset, length, temporary });
    return fromBase64(bytes) ?? violated();
  }

  /**
   * Says whether a document is valid (JOB-71 to JOB-74). One that is not puts the job into its error, and is to be written
   * again. Rejects with `E_PENDING` before it is spooled, `BG_E_RECORD_DELETED`, `BG_E_INVALID_STATE`.
   */
  async setValidationState(file: number, valid: boolean): Promise<void> {
    await this.#ask('setValidationState', { file, valid });
  }

  // ------------------------------------------------------------------------------------------ what becomes of it

  /** Lets it print, also after an error. Rejects with `BG_E_EMPTY` without a document (JOB-12), `BG_E_INVALID_STATE`. */
  resume(): Promise<void> {
    return this.#command('resume');
  }

  /** Holds it, until it is resumed. Rejects with `BG_E_INVALID_STATE` where it is over (JOB-24, JOB-27). */
  suspend(): Promise<void> {
    return this.#command('suspend');
  }

  /** Ends it, and removes its documents. Rejects with `BG_E_INVALID_STATE` where it is over (JOB-23, JOB-27). */
  cancel(): Promise<void> {
    return this.#command('cancel');
  }

  /** Acknowledges that it is printed; it leaves the queue. Else rejects with `BG_E_INVALID_STATE` (JOB-21, JOB-26). */
  complete(): Promise<void> {
    return this.#command('complete');
  }

  /** Prints it again from the first page. Rejects with `BG_E_INVALID_STATE` where nothing was printed (JOB-187). */
  restart(): Promise<void> {
    return this.#command('restart');
  }

  /** 1 to 99 (JOB-188). */
  setPriority(priority: number): Promise<void> {
    return this.#command('setPriority', { priority });
  }

  /** Seconds; fewer than 5 are 5 (JOB-33). */
  setMinimumRetryDelay(seconds: number): Promise<void> {
    return this.#command('setMinimumRetryDelay', { seconds });
  }

  /** Seconds; with 0 every error is for good (JOB-34). */
  setNoProgressTimeout(seconds: number): Promise<void> {
    return this.#command('setNoProgressTimeout', { seconds });
  }

  /** Takes the right to administer the printer. Its command line is removed (JOB-112, JOB-145). */
  takeOwnership(): Promise<void> {
    return this.#command('takeOwnership');
  }

  // ------------------------------------------------------------------------------------------ polling

  /** Asks for everything there is to know (JOB-121); `jobModification` is told again after some were discarded. */
  async refresh(): Promise<JobDescription> {
    await this.#command('refresh');
    return this.#description;
  }

  async getState(): Promise<JobState> {
    await this.#command('job');
    return this.#description.state;
  }

  async getProgress(): Promise<JobProgress> {
    await this.#command('job');
    const { bytesTotal, bytesTransferred, files, filesTransferred, totalPages, pagesPrinted } = this.#description;
    return { bytesTotal, bytesTransferred, filesTotal: files.length, filesTransferred, totalPages, pagesPrinted };
  }

  /** Rejects with `BG_E_ERROR_INFORMATION_UNAVAILABLE` where it is in none (JOB-122). */
  async getError(): Promise<JobError> {
    return (await this.#ask<{ error: JobError }>('getError')).error;
  }

  // ------------------------------------------------------------------------------------------ notifications

  /**
   * Sets who is told, in the place of anybody's object before (JOB-93), which is let go; null clears it (JOB-95). The object
   * is kept until it is let go: cleared, replaced, the job over, or this client gone. It is told what was told before, too
   * (JOB-110, JOB-111). When the spooler was lost it is set again. Rejects with `BG_E_INVALID_STATE` where the job is over
   * (JOB-92), `MAX_REGISTRATION_COUNT_EXCEEDED`; then whoever was told before still is.
   */
  async setNotifyInterface(callback: JobCallback | null): Promise<void> {
    const { renewals, objects } = this.#host;
    const before = objects.get(this.id);
    if (!callback) {
      before?.close();
      await this.#ask('setNotifyInterface', { object: null });
      return;
    }
    const sink = sinkOf(callback, (description) => new PrintJob(this.#host, description));
    const object = new CallbackObject(renewals, this.id, sink, () => {
      if (objects.get(this.id) === object) objects.delete(this.id);
    });
    await renewals.make(object);
    before?.close();
    if (object.isSet) objects.set(this.id, object);
  }

  /** A sum of `NOTIFY`. Rejects with `E_NOTIMPL` for another number, `BG_E_INVALID_STATE` where it is over (JOB-47). */
  async setNotifyFlags(flags: number): Promise<void> {
    await this.#ask('setNotifyFlags', { flags });
  }

  /**
   * Sets one property. Rejects with `BG_E_INVALID_STATE` where the job is over, and with `REGDB_E_CLASSNOTREG` for a class
   * that nobody serves and the spooler cannot start (JOB-91).
   */
  async setProperty<Name extends keyof JobProperties>(property: Name, value: JobProperties[Name]): Promise<void> {
    await this.#ask('setProperty', { property, value });
  }

  /**
   * A program of the spooler's machine that runs where nobody else could be told (JOB-103, JOB-140); `parameters` begin with
   * the program again (JOB-141). Null for none. Rejects with `E_ACCESSDENIED` for one that the operator does not allow,
   * `BG_E_STRING_TOO_LONG`, `BG_E_INVALID_STATE`.
   */
  async setNotifyCmdLine(program: string | null, parameters: readonly string[] = []): Promise<void> {
    await this.#ask('setNotifyCmdLine', { program, parameters });
  }

  // ------------------------------------------------------------------------------------------ asking

  #ask<Answer>(method: string, more: object = {}): Promise<Answer> {
    return this.#host.ask(method, { job: this.id, ...more });
  }

  /** What is answered with the job. */
  async #command(method: string, more: object = {}): Promise<void> {
    this.#description = (await this.#ask<{ job: JobDescription }>(method, more)).job;
  }
}

function violated(): never {
  throw new SpoolError('PROTOCOL_VIOLATED', { input: 'bytes that are no base64' });
}
