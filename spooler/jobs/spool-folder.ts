/** Where the documents of jobs lie: one folder for each job, one file for each document. */

import { randomUUID } from 'node:crypto';
import { copyFile, type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Guid } from '../../shared/index.ts';

/** Everything rejects as the file system does. */
export class SpoolFolder {
  readonly #path: string;
  readonly #isTemporary: boolean;
  readonly #underWay = new Set<Promise<unknown>>();
  /** Bytes of each file of each job. */
  readonly #sizes = new Map<string, Map<number, number>>();
  #taken = 0;

  /** The caller's folder, made where it is not there. Without one, a new one of the system's temporary folder. */
  constructor(path?: string) {
    this.#path = path ?? join(tmpdir(), `spoolpipe-${randomUUID()}`);
    this.#isTemporary = path === undefined;
  }

  /** Bytes of all files together, also of those that are being written. */
  get taken(): number {
    return this.#taken;
  }

  /** Writes bytes at an offset; at 0 the file begins anew. */
  write(job: Guid, file: number, offset: number, bytes: Uint8Array): Promise<void> {
    const before = offset === 0 ? 0 : (this.#sizes.get(job)?.get(file) ?? 0);
    this.#setSize(job, file, Math.max(before, offset + bytes.length));
    const path = this.#pathOf(job, file);
    return this.#work(async () => {
      await mkdir(dirname(path), { recursive: true });
      await using handle = await opened(path, offset === 0 ? 'w' : 'r+');
      for (let at = 0; at < bytes.length; )
        at += (await handle.file.write(bytes, at, bytes.length - at, offset + at)).bytesWritten;
    });
  }

  /** Everything that was written to the file is on disk when it resolves. */
  sync(job: Guid, file: number): Promise<void> {
    return this.#work(async () => {
      await using handle = await opened(this.#pathOf(job, file), 'r+');
      await handle.file.sync();
    });
  }

  /** Fewer bytes than asked for where the file ends. */
  read(job: Guid, file: number, offset: number, length: number): Promise<Uint8Array> {
    return this.#work(async () => {
      await using handle = await opened(this.#pathOf(job, file), 'r');
      const buffer = new Uint8Array(length);
      const { bytesRead } = await handle.file.read(buffer, 0, length, offset);
      return buffer.subarray(0, bytesRead);
    });
  }

  /** Bytes; undefined where there is no such file. */
  size(job: Guid, file: number): Promise<number | undefined> {
    return this.#work(async () => {
      try {
        return (await stat(this.#pathOf(job, file))).size;
      } catch {
        return undefined;
      }
    });
  }

  /** The other file is on disk when it resolves. */
  async copy(from: readonly [job: Guid, file: number], to: readonly [job: Guid, file: number]): Promise<void> {
    this.#setSize(...to, this.#sizes.get(from[0])?.get(from[1]) ?? 0);
    await this.#work(async () => {
      await mkdir(dirname(this.#pathOf(...to)), { recursive: true });
      await copyFile(this.#pathOf(...from), this.#pathOf(...to));
    });
    await this.sync(...to);
  }

  /** One file, or all of the job's. Removing what is not there is no error. */
  remove(job: Guid, file?: number): Promise<void> {
    const path = file === undefined ? join(this.#path, job) : this.#pathOf(job, file);
    return this.#work(async () => {
      await rm(path, { recursive: true, force: true });
      for (const one of file === undefined ? [...(this.#sizes.get(job)?.keys() ?? [])] : [file])
        this.#setSize(job, one, undefined);
    });
  }

  /**
   * Looks at what is there. What nobody keeps is removed: of no job that is there, or not wholly spooled, of which nobody
   * knows how much has reached the disk.
   */
  async open(isKept: (job: string, file: number) => boolean): Promise<void> {
    const names = await readdir(this.#path).catch(() => []);
    const jobs = names.filter((name) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name));
    await Promise.all(jobs.map((job) => this.#openJob(job, isKept)));
  }

  async #openJob(job: string, isKept: (job: string, file: number) => boolean): Promise<void> {
    const path = join(this.#path, job);
    const names = await readdir(path).catch(() => []);
    const kept = names.filter((name) => /^\d{1,9}$/.test(name) && isKept(job, Number(name)));
    if (kept.length === 0) return rm(path, { recursive: true, force: true });
    for (const name of names)
      if (kept.includes(name)) this.#setSize(job, Number(name), (await stat(join(path, name))).size);
      else await rm(join(path, name), { recursive: true, force: true });
  }

  #setSize(job: string, file: number, size: number | undefined): void {
    const files = this.#sizes.get(job) ?? new Map<number, number>();
    this.#taken += (size ?? 0) - (files.get(file) ?? 0);
    if (size === undefined) files.delete(file);
    else files.set(file, size);
    if (files.size > 0) this.#sizes.set(job, files);
    else this.#sizes.delete(job);
  }

  /** Resolves, never rejects, when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  /** Waits for what is under way; then a temporary folder goes. */
  async close(): Promise<void> {
    await this.idle();
    if (this.#isTemporary) await rm(this.#path, { recursive: true, force: true });
  }

  #pathOf(job: Guid, file: number): string {
    return join(this.#path, job, String(file));
  }

  async #work<Value>(begin: () => Promise<Value>): Promise<Value> {
    const work = begin();
    this.#underWay.add(work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(work);
    }
  }
}

async function opened(path: string, flags: string): Promise<AsyncDisposable & { readonly file: FileHandle }> {
  const file = await open(path, flags);
  return { file, [Symbol.asyncDispose]: () => file.close() };
}
