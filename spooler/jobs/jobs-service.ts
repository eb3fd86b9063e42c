/**
 * The service `jobs` (docs/jobs.md): which methods it has, and what becomes of a call. Who may ask for what of printers,
 * jobs, documents and notifications, and in which words, is in the files of these; everything from a client is checked
 * there.
 */

import { SpoolError } from '../../shared/index.ts';
import type { Answer, Caller, Service, ServiceHost } from '../core/service.ts';
import { DocumentCalls } from './document-calls.ts';
import type { Handler } from './handler.ts';
import { JobAccess } from './job-access.ts';
import { JobCalls } from './job-calls.ts';
import type { JobSystem } from './job-system.ts';
import { NotificationCalls } from './notification-calls.ts';
import { splitPayload } from './payload.ts';
import { PrinterCalls } from './printer-calls.ts';

export class JobsService implements Service {
  readonly name = 'jobs';
  readonly #system: JobSystem;
  readonly #handlers: ReadonlyMap<string, Handler>;

  constructor(system: JobSystem, { server }: Pick<ServiceHost, 'server'>) {
    this.#system = system;
    const access = new JobAccess(system.jobs, server);
    this.#handlers = new Map([
      ...new PrinterCalls(system, access, server).handlers,
      ...new JobCalls(system, access).handlers,
      ...new DocumentCalls(system, access).handlers,
      ...new NotificationCalls(system, access).handlers,
    ]);
  }

  async call(caller: Caller, method: string, payload: Uint8Array): Promise<Answer> {
    const handler = this.#handlers.get(method);
    if (!handler) throw new SpoolError('E_NOTIMPL', { input: method });
    const { json, bytes } = splitPayload(payload, method === 'write');
    await this.#system.ready();
    return handler(caller, json, bytes);
  }

  begin(): void {
    this.#system.begin();
  }

  left(caller: Caller): void {
    this.#system.left(caller);
  }

  close(): Promise<void> {
    return this.#system.close();
  }
}
