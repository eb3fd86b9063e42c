/**
 * The services of a spooler, who may call them, and the calls under way. Whatever a service does, it costs nobody but
 * its caller anything.
 */

import { OWN_CODES } from '../../shared/codes/own.ts';
import { hresultOf, SpoolError } from '../../shared/errors.ts';
import type { Call as CallRecord, Cancel } from '../../shared/index.ts';
import type { Answer, Caller, Service, ServiceFactory, ServiceHost } from './service.ts';
import type { Session } from './session.ts';
import type { Spooler } from './spooler.ts';

/** One session that was greeted, and those of its calls that are not answered yet. One object: there may be many idle. */
export interface Attendance extends Caller {
  isPresent: boolean;
  underWay: number;
  bytes: number;
}

/** How long the spooler waits, when it ends, for a service to close; milliseconds. */
const CLOSE_TIME = 1_000;

const E_UNEXPECTED = hresultOf('E_UNEXPECTED');
const NOTHING = new Uint8Array(0);

const utf8 = new TextEncoder();

export class Calls {
  readonly #spooler: Spooler;
  readonly #services = new Map<string, Service>();

  /** Throws what a factory throws, and `E_INVALIDARG` where two services have one name. */
  constructor(spooler: Spooler, factories: readonly ServiceFactory[], host: ServiceHost) {
    this.#spooler = spooler;
    for (const factory of factories) {
      const service = factory(host);
      if (this.#services.has(service.name))
        throw new SpoolError('E_INVALIDARG', { input: `two services named ${service.name}` });
      this.#services.set(service.name, service);
    }
  }

  begin(): void {
    for (const service of this.#services.values()) this.#guarded('', () => service.begin?.());
  }

  /** Resolves once every service can do its work. Rejects as the first that cannot. */
  async ready(): Promise<void> {
    await Promise.all([...this.#services.values()].map(async (service) => service.ready?.()));
  }

  joined(session: Session): void {
    if (this.#services.size === 0) return;
    const { user, identity } = session;
    const attendance: Attendance = { user, identity, isPresent: true, underWay: 0, bytes: 0 };
    session.attendance = attendance;
    for (const service of this.#services.values()) this.#guarded(session.user, () => service.joined?.(attendance));
  }

  left(session: Session): void {
    const { attendance } = session;
    if (!attendance) return;
    attendance.isPresent = false;
    for (const service of this.#services.values()) this.#guarded(session.user, () => service.left?.(attendance));
  }

  /** Checked in this order: shutdown, service, size, how many are under way. */
  call(session: Session, { request, service: name, method, payload }: CallRecord): void {
    const { limits, draining } = this.#spooler;
    const refuse = (hresult: number): void => session.write({ op: 'result', id: 0, request, hresult, json: NOTHING });
    if (draining) return refuse(hresultOf('RPC_S_CALL_CANCELLED'));
    const service = this.#services.get(name);
    const { attendance } = session;
    if (!service || !attendance) return refuse(hresultOf('E_NOINTERFACE'));
    if (payload.length > limits.payload) return refuse(hresultOf('MAX_NOTIFICATION_SIZE_EXCEEDED'));
    const { underWay, bytes } = attendance;
    if (underWay >= limits.calls || bytes >= limits.callBytes) return refuse(hresultOf('E_OUTOFMEMORY'));
    attendance.underWay++;
    attendance.bytes += payload.length;
    // A session that has ended meanwhile writes nothing any more: the answer is dropped.
    const answered = (answer: Answer): void => {
      attendance.underWay--;
      attendance.bytes -= payload.length;
      session.write({ op: 'result', id: 0, request, ...this.#written(session.user, answer) });
    };
    const failed = (reason: unknown): void => answered(this.#failure(session.user, reason));
    try {
      const answer = service.call(attendance, method, payload);
      if (answer instanceof Promise) answer.then(answered, failed);
      else answered(answer);
    } catch (reason) {
      failed(reason);
    }
  }

  /** Tells every service that the spooler has ended. */
  async close(): Promise<void> {
    const closing = Promise.all([...this.#services.values()].map((service) => this.#close(service)));
    let cancel: Cancel = () => {};
    const patience = new Promise<void>((resolve) => {
      cancel = this.#spooler.clock.after(CLOSE_TIME, resolve);
    });
    await Promise.race([closing, patience]);
    cancel();
  }

  async #close(service: Service): Promise<void> {
    try {
      await service.close?.();
    } catch (reason) {
      this.#spooler.observe({ kind: 'fault', user: '', reason });
    }
  }

  #failure(user: string, reason: unknown): Answer {
    if (!(reason instanceof SpoolError)) {
      this.#spooler.observe({ kind: 'fault', user, reason });
      return { hresult: E_UNEXPECTED };
    }
    const { code, hresult, input, rawMessage: message, details } = reason;
    // What a library says of its own connection never travels: the caller would take it for his.
    const isOwn = Object.hasOwn(OWN_CODES, code);
    return {
      hresult: isOwn ? hresultOf('E_FAIL') : hresult,
      json: { ...details, input: isOwn ? code : input, message },
    };
  }

  #written(user: string, { hresult, json }: Answer): { readonly hresult: number; readonly json: Uint8Array } {
    try {
      const bytes = utf8.encode(JSON.stringify(json) ?? '');
      if (bytes.length <= this.#spooler.limits.payload) return { hresult, json: bytes };
      return { hresult: hresultOf('MAX_NOTIFICATION_SIZE_EXCEEDED'), json: NOTHING };
    } catch (reason) {
      this.#spooler.observe({ kind: 'fault', user, reason });
      return { hresult: E_UNEXPECTED, json: NOTHING };
    }
  }

  #guarded(user: string, action: () => void): void {
    try {
      action();
    } catch (reason) {
      this.#spooler.observe({ kind: 'fault', user, reason });
    }
  }
}
