/**
 * The service `classes`: class servers say which classes they serve, and objects of those, or of the operator's table,
 * are activated (docs/decisions/0020-activation.md). Whatever does not come up is an error with its code, never a hang.
 */

import * as v from 'valibot';
import type { MethodLookup } from '../../shared/events/event-call.ts';
import { type Clock, type Guid, guid, hresultOf, SpoolError } from '../../shared/index.ts';
import { ALL_RIGHTS } from '../core/identity.ts';
import type { Answer, Caller, Service, ServiceHost } from '../core/service.ts';
import type { CallableObject } from '../objects/callable-object.ts';
import { type CallTime, ChannelObject, openObject } from '../objects/channel-object.ts';
import { InProcessSource } from '../objects/in-process-source.ts';
import type { Activator } from './activator.ts';
import { ClassServers } from './class-servers.ts';
import { type ClassEntry, ClassTable, type CommandClass } from './class-table.ts';
import { ModuleChannel, ObjectFactory } from './module-object.ts';
import type { Program } from './program.ts';
import { isSameProgram, Programs } from './programs.ts';

export interface ClassServiceOptions {
  /** Default: no classes but those that somebody serves. */
  readonly table?: ClassTable;
  /** Knows the methods of event classes, whose arguments the objects of modules are given. */
  readonly lookup: MethodLookup;
  /** Where programs connect; asked when one is started. Without it they connect where they do by themselves. */
  readonly url?: () => string | undefined;
  /** Milliseconds for a program to register its class, and for a module to give an object; default 30,000. */
  readonly startTime?: number;
  /** Milliseconds for an object to answer one call; default 30,000. */
  readonly callTime?: number;
  /** Told what programs print and what modules throw, with the class before it. Default: nobody is. */
  readonly onLine?: (line: string) => void;
  /** Told that somebody serves a class from now on. Default: nobody is. */
  readonly onServed?: (clsid: Guid) => void;
}

const PATIENCE = 30_000;
const S_OK = hresultOf('S_OK');

const request = v.strictObject({ clsid: v.pipe(v.string(), v.maxLength(38)) });
const text = new TextDecoder('utf-8', { fatal: true });

export class ClassService implements Service, Activator {
  readonly name = 'classes';
  readonly #table: ClassTable;
  readonly #lookup: MethodLookup;
  readonly #clock: Clock;
  readonly #startTime: number;
  readonly #callTime: CallTime;
  readonly #onLine: (line: string) => void;
  readonly #onServed: (clsid: Guid) => void;
  readonly #source: InProcessSource;
  readonly #servers = new ClassServers();
  readonly #programs: Programs;
  readonly #factories = new Map<Guid, ObjectFactory>();
  /** Those being started, by class and user: who comes meanwhile waits for the same. */
  readonly #starting = new Map<string, Promise<Caller>>();
  #isClosed = false;

  constructor(host: ServiceHost, options: ClassServiceOptions) {
    this.#table = options.table ?? new ClassTable();
    this.#lookup = options.lookup;
    this.#clock = host.clock;
    this.#startTime = options.startTime ?? PATIENCE;
    this.#callTime = { clock: host.clock, callTime: options.callTime ?? PATIENCE };
    this.#onLine = options.onLine ?? (() => {});
    this.#onServed = options.onServed ?? (() => {});
    this.#source = new InProcessSource(host, { user: 'classes', rights: ALL_RIGHTS }, 'activation');
    this.#programs = new Programs(host.clock, options.url ?? (() => undefined), this.#onLine);
    for (const [clsid, entry] of this.#table)
      if (entry.kind === 'module') this.#factories.set(clsid, new ObjectFactory(entry.load));
  }

  // ------------------------------------------------------------------------------------------ as a service

  /** `register {clsid}`, `revoke {clsid}`. */
  call(caller: Caller, method: string, payload: Uint8Array): Answer {
    switch (method) {
      case 'register':
        this.#register(caller, clsidIn(payload));
        return { hresult: S_OK };
      case 'revoke':
        this.#servers.remove(clsidIn(payload), caller);
        return { hresult: S_OK };
      default:
        throw new SpoolError('E_NOTIMPL', { input: method });
    }
  }

  /** Who may listen may serve a class for himself, unless it is another's by the operator's table. */
  #register(caller: Caller, clsid: Guid): void {
    const entry = this.#table.get(clsid);
    if (entry?.kind === 'module') throw new SpoolError('ALREADY_REGISTERED', { input: `${clsid} is a module` });
    const isAnothers = entry?.user !== undefined && entry.user !== caller.user;
    if (!caller.identity.rights.listen || isAnothers) throw new SpoolError('E_ACCESSDENIED', { input: clsid });
    this.#servers.add(clsid, caller);
    this.#onServed(clsid);
  }

  left(caller: Caller): void {
    this.#servers.gone(caller);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#programs.close();
  }

  // ------------------------------------------------------------------------------------------ as an activator

  async activate(clsid: Guid, user: string): Promise<CallableObject> {
    if (this.#isClosed) throw new SpoolError('RPC_S_CALL_CANCELLED', { input: clsid });
    const factory = this.#factories.get(clsid);
    return factory ? this.#created(clsid, factory) : this.#opened(clsid, user);
  }

  /** Whether somebody serves the class for the user, or would be started for it. */
  isKnown(clsid: Guid, user: string): boolean {
    return this.#table.get(clsid) !== undefined || this.#servers.find(clsid, user) !== undefined;
  }

  /** Whether objects of the class live in the spooler's own process. */
  isInproc(clsid: Guid): boolean {
    return this.#factories.has(clsid);
  }

  /**
   * An object of a module itself, for what is called in the spooler's own process. Rejects with `REGDB_E_CLASSNOTREG` where
   * no module is the class, and `CO_E_SERVER_EXEC_FAILURE`.
   */
  async createInproc(clsid: Guid): Promise<object> {
    const factory = this.#factories.get(clsid);
    if (!factory) throw new SpoolError('REGDB_E_CLASSNOTREG', { input: clsid });
    return this.#inTime(clsid, factory.createObject(clsid));
  }

  async #created(clsid: Guid, factory: ObjectFactory): Promise<CallableObject> {
    const made = await this.#inTime(clsid, factory.createObject(clsid));
    const object = new ChannelObject(this.#callTime);
    const complain = (what: string, reason: unknown): void =>
      this.#onLine(`${clsid}: ${what}: ${reason instanceof Error ? reason.stack : String(reason)}`);
    object.take(new ModuleChannel(made, this.#lookup, object, complain));
    return object;
  }

  async #inTime<Value>(clsid: Guid, work: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      const late = (): void => reject(execFailure(clsid, `no object within ${this.#startTime} ms`));
      const cancel = this.#clock.after(this.#startTime, late);
      work.finally(cancel).then(resolve, (reason: unknown) => reject(execFailure(clsid, messageOf(reason), reason)));
    });
  }

  async #opened(clsid: Guid, user: string): Promise<CallableObject> {
    const entry = this.#table.get(clsid);
    const owner = (entry?.kind === 'command' ? entry.user : undefined) ?? user;
    const server = this.#servers.find(clsid, owner) ?? (await this.#started(clsid, owner, entry));
    const object = await openObject(this.#source, { name: clsid, type: clsid, user: owner }, this.#callTime);
    this.#servers.houses(server, object);
    return object;
  }

  /** The session that serves the class, once it does. Several who want it at once share one start. */
  #started(clsid: Guid, owner: string, entry: ClassEntry | undefined): Promise<Caller> {
    if (entry?.kind !== 'command') throw new SpoolError('REGDB_E_CLASSNOTREG', { input: clsid });
    const key = `${clsid} ${owner}`;
    const starting =
      this.#starting.get(key) ?? this.#start(clsid, owner, entry).finally(() => this.#starting.delete(key));
    this.#starting.set(key, starting);
    return starting;
  }

  async #start(clsid: Guid, owner: string, entry: CommandClass): Promise<Caller> {
    const running = this.#programs.find(entry, owner);
    const ofRunning = running && (await this.#registration(running, clsid, owner, entry));
    if (ofRunning && typeof ofRunning !== 'string') return ofRunning;
    // None ran; or one whose session was gone has now ended, and another takes its place.
    if (this.#isClosed) throw new SpoolError('RPC_S_CALL_CANCELLED', { input: clsid });
    const server = await this.#registration(this.#program(clsid, owner, entry), clsid, owner, entry);
    if (typeof server === 'string') throw execFailure(clsid, server);
    return server;
  }

  /** The session that registers the class, or how the program has ended before. Rejects when that takes too long. */
  #registration(program: Program, clsid: Guid, owner: string, entry: CommandClass): Promise<Caller | string> {
    const startTime = entry.startTime ?? this.#startTime;
    return new Promise((resolve, reject) => {
      const unexpect = this.#servers.expect(clsid, owner, (server) => {
        cancel();
        unexpect();
        resolve(server);
      });
      const cancel = this.#clock.after(startTime, () => {
        unexpect();
        if (!this.#serves(entry, owner)) void program.end();
        reject(execFailure(clsid, `not registered within ${startTime} ms`));
      });
      void program.ended.then((how) => {
        cancel();
        unexpect();
        resolve(how);
      });
    });
  }

  #program(clsid: Guid, owner: string, entry: CommandClass): Program {
    try {
      return this.#programs.start(entry, owner, clsid);
    } catch (reason) {
      throw execFailure(clsid, messageOf(reason), reason);
    }
  }

  /** Whether a program serves any of the classes that it is for. */
  #serves(entry: CommandClass, owner: string): boolean {
    return [...this.#table].some(
      ([clsid, other]) =>
        other.kind === 'command' && isSameProgram(entry, other) && this.#servers.find(clsid, owner) !== undefined,
    );
  }
}

function execFailure(clsid: Guid, input: string, cause?: unknown): SpoolError {
  return new SpoolError('CO_E_SERVER_EXEC_FAILURE', { input: `${clsid}: ${input}`, cause });
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

/** Throws `E_INVALIDARG`. */
function clsidIn(payload: Uint8Array): Guid {
  let asked: string;
  try {
    asked = v.parse(request, JSON.parse(text.decode(payload))).clsid;
  } catch {
    throw new SpoolError('E_INVALIDARG', { input: 'not {"clsid": GUID}' });
  }
  return guid(asked);
}
