/** What clients ask of the documents of jobs (docs/jobs.md). */

import { toBase64 } from '../../shared/events/base64.ts';
import { parse } from '../../shared/events/schema.ts';
import type { Answer, Caller } from '../core/service.ts';
import { type Handlers, ok } from './handler.ts';
import type { JobAccess } from './job-access.ts';
import type { JobSystem } from './job-system.ts';
import * as requests from './requests.ts';

export class DocumentCalls {
  readonly handlers: Handlers = [
    ['addFile', (caller, json) => this.#add(caller, json)],
    ['write', (caller, json, bytes) => this.#write(caller, json, bytes)],
    ['received', (caller, json) => this.#received(caller, json)],
    ['read', (caller, json) => this.#read(caller, json)],
    ['setValidationState', (caller, json) => this.#setValidationState(caller, json)],
  ];
  readonly #system: JobSystem;
  readonly #access: JobAccess;

  constructor(system: JobSystem, access: JobAccess) {
    this.#system = system;
    this.#access = access;
  }

  async #add(caller: Caller, json: unknown): Promise<Answer> {
    const { job: id, name: title, from } = parse(requests.newFile, json);
    const { print } = this.#access.ownJob(caller, id);
    const peer = from && { print: this.#access.ownJob(caller, from.job).print, file: from.file };
    return ok({ file: await this.#system.documents.add(print, title, peer) });
  }

  async #write(caller: Caller, json: unknown, bytes: Uint8Array): Promise<Answer> {
    const { job: id, file: at, offset, last } = parse(requests.writing, json);
    const { print, notifier } = this.#access.ownJob(caller, id);
    const received = await this.#system.documents.write(print, at, offset, bytes, last);
    if (bytes.length > 0) notifier.spooled(at, { offset, length: bytes.length });
    return ok({ received });
  }

  async #received(caller: Caller, json: unknown): Promise<Answer> {
    const { job: id, file: at } = parse(requests.oneFile, json);
    return ok({ received: await this.#system.documents.received(this.#access.ownJob(caller, id).print.job, at) });
  }

  async #read(caller: Caller, json: unknown): Promise<Answer> {
    const { job: id, file: at, offset, length, temporary } = parse(requests.reading, json);
    const { print } = this.#access.ownJob(caller, id);
    const bytes = await this.#system.documents.read(print.job, at, offset, length, temporary);
    return ok({ bytes: toBase64(bytes) });
  }

  async #setValidationState(caller: Caller, json: unknown): Promise<Answer> {
    const { job: id, file: at, valid } = parse(requests.validating, json);
    await this.#system.documents.validate(this.#access.ownJob(caller, id).print, at, valid);
    return ok();
  }
}
