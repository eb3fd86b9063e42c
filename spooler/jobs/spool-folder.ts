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

  /** The caller's folder, made where it is not there. Without one, a new one of the system's temporary folder. */
  constructor(path?: string) {
    this.#path = path ?? join(tmpdir(), `spoolpipe-${randomUUID()}`);
    this.#isTemporary = path === undefined;
  }

  /** Writes bytes at an offset; at 0 the file begins anew. */
  write(job: Guid, file: number, offset: number, bytes: Uint8Array): Promise<void> {
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
    await this.#work(async () => {
      await mkdir(dirname(this.#pathOf(...to)), { recursive: true });
      await copyFile(this.#pathOf(...from), this.#pathOf(...to));
    });
    await this.sync(...to);
  }

  /** One file, or all of the job's. Removing what is not there is no error. */
  remove(job: Guid, file?: number): Promise<void> {
    const path = file === undefined ? join(this.#path, job) : this.#pathOf(job, file);
    return this.#work(() => rm(path, { recursive: true, force: true }));
  }

  /** Removes what belongs to no job that is there. */
  async sweep(isThere: (job: string) => boolean): Promise<void> {
    const names = await readdir(this.#path).catch(() => []);
    const isJobs = (name: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name);
    const orphans = names.filter((name) => isJobs(name) && !isThere(name));
    await Promise.all(orphans.map((name) => rm(join(this.#path, name), { recursive: true, force: true })));
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
