/** One outgoing interface of an object and the sinks that are connected to it: the object fires, clients advise. */

import type { Guid } from '../../shared/guid.ts';
import { ConnectionPointError } from './codes.ts';
import { CountedObject } from './counted-object.ts';
import {
  IConnectionPoint,
  type IConnectionPointContainer,
  IEnumConnections,
  type InterfaceId,
  type IUnknown,
} from './interfaces.ts';
import { Snapshot } from './snapshot.ts';

type Method = (...values: never[]) => unknown;

/** The names of the methods that an object can call on its sinks. */
export type EventName<Sink> = {
  [Name in keyof Sink]: Sink[Name] extends Method ? Exclude<Name, keyof IUnknown> : never;
}[keyof Sink];

/** What a method is called with. */
export type EventValues<Sink, Name extends keyof Sink> = Parameters<Extract<Sink[Name], Method>>;

/** A sink that threw, or whose promise was rejected. */
export interface SinkFailure {
  readonly cookie: number;
  readonly reason: unknown;
}

export interface ConnectionPointOptions {
  /** How many connections there may be at a time; default: as many as come. */
  readonly limit?: number;
}

interface Connection<Sink> {
  readonly cookie: number;
  readonly sink: IUnknown;
  readonly methods: Sink;
}

export class ConnectionPoint<Sink> extends CountedObject implements IConnectionPoint {
  readonly #container: IConnectionPointContainer;
  readonly #outgoing: InterfaceId<Sink>;
  readonly #limit: number;
  /** In the order they were made, which is that of their cookies. */
  readonly #connections = new Map<number, Connection<Sink>>();
  #lastCookie = 0;

  /** For connectable objects. The container is not held: it holds its points. */
  constructor(container: IConnectionPointContainer, outgoing: InterfaceId<Sink>, options: ConnectionPointOptions = {}) {
    super();
    this.implement(IConnectionPoint, this);
    this.#container = container;
    this.#outgoing = outgoing;
    this.#limit = options.limit ?? Number.POSITIVE_INFINITY;
  }

  getConnectionInterface(): Guid {
    this.mustLive();
    return this.#outgoing.iid;
  }

  getConnectionPointContainer(): IConnectionPointContainer {
    this.mustLive();
    this.#container.addRef();
    return this.#container;
  }

  advise(sink: IUnknown): number {
    this.mustLive();
    if (sink === null || sink === undefined) throw new ConnectionPointError('E_POINTER', { input: 'sink' });
    if (this.#connections.size >= this.#limit) {
      throw new ConnectionPointError('CONNECT_E_ADVISELIMIT', { input: `${this.#limit}` });
    }
    const methods = this.#methodsOf(sink);
    this.#lastCookie++;
    this.#connections.set(this.#lastCookie, { cookie: this.#lastCookie, sink, methods });
    return this.#lastCookie;
  }

  unadvise(cookie: number): void {
    this.mustLive();
    const connection = this.#connections.get(cookie);
    if (!connection) throw new ConnectionPointError('CONNECT_E_NOCONNECTION', { input: `cookie ${cookie}` });
    this.#connections.delete(cookie);
    connection.sink.release();
  }

  enumConnections(): IEnumConnections {
    this.mustLive();
    const connections = [...this.#connections.values()].map(({ sink, cookie }) => ({ sink, cookie }));
    return new Snapshot(IEnumConnections, connections, ({ sink }) => sink);
  }

  /**
   * Calls a method of every sink that is connected now, one after another in the order they were advised; each is
   * called when the one before has returned, or the promise it returned has settled. One that is disconnected meanwhile
   * is left out, one that is connected meanwhile has to wait for the next event. Never rejects: resolves with the sinks
   * that failed, which stay connected.
   *
   * Where no sink returns a promise all have been called when this returns.
   */
  async fire<Name extends EventName<Sink>>(
    event: Name,
    ...values: EventValues<Sink, Name>
  ): Promise<readonly SinkFailure[]> {
    const failures: SinkFailure[] = [];
    for (const { cookie, sink, methods } of [...this.#connections.values()]) {
      if (!this.#connections.has(cookie)) continue;
      try {
        // Held while it is called: it may well disconnect itself.
        sink.addRef();
        try {
          const result = (methods[event] as (...values: unknown[]) => unknown)(...values);
          if (isPromiseLike(result)) await result;
        } finally {
          sink.release();
        }
      } catch (reason) {
        failures.push({ cookie, reason });
      }
    }
    return failures;
  }

  #methodsOf(sink: IUnknown): Sink {
    const { name } = this.#outgoing;
    let methods: Sink | null | undefined;
    try {
      methods = sink.queryInterface(this.#outgoing);
    } catch (cause) {
      throw new ConnectionPointError('CONNECT_E_CANNOTCONNECT', { input: name, cause });
    }
    if (methods === null || methods === undefined) {
      throw new ConnectionPointError('CONNECT_E_CANNOTCONNECT', { input: name });
    }
    return methods;
  }

  protected override died(): void {
    const connections = [...this.#connections.values()];
    this.#connections.clear();
    for (const { sink } of connections) {
      try {
        sink.release();
      } catch {
        // Its own affair: the other sinks are to be released, too.
      }
    }
  }
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
