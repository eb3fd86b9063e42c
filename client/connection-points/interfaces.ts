/**
 * The interfaces of connection points (CP-5 to CP-8), as types and, under the same names, as values to ask an object
 * for. References are counted as in COM: who is given an object releases it.
 */

import { type Guid, guid } from '../../shared/guid.ts';

/** An interface: its identifier, and its methods for the compiler. */
export interface InterfaceId<Methods> {
  /** For people. */
  readonly name: string;
  readonly iid: Guid;
  /** Never there at run time: it carries the type. */
  readonly methods?: Methods;
}

/** `interfaceId<PaperEvents>('IPaperEvents', guid('…'))`: the same identifier always names the same interface. */
export function interfaceId<Methods>(name: string, iid: Guid): InterfaceId<Methods> {
  return { name, iid };
}

export interface IUnknown {
  /**
   * The methods of an interface the object has. Counts one reference on this object, which the caller gives back with
   * `release`. Throws `E_NOINTERFACE`, and counts nothing then.
   */
  queryInterface<Methods>(wanted: InterfaceId<Methods>): Methods;
  /** One more reference. Returns how many there are now. */
  addRef(): number;
  /** Gives one reference back. Returns how many are left; with the last one the object is gone. */
  release(): number;
}
export const IUnknown: InterfaceId<IUnknown> = interfaceId('IUnknown', guid('00000000-0000-0000-c000-000000000046'));

/** An object that tells of its events: it has a connection point for each interface it calls (CP-3, CP-6). */
export interface IConnectionPointContainer extends IUnknown {
  /** All its connection points. The caller releases the enumerator and what comes out of it. */
  enumConnectionPoints(): IEnumConnectionPoints;
  /** The caller releases it. Throws `CONNECT_E_NOCONNECTION` where the object does not fire on that interface. */
  findConnectionPoint(outgoing: InterfaceId<unknown>): IConnectionPoint;
}
export const IConnectionPointContainer: InterfaceId<IConnectionPointContainer> = interfaceId(
  'IConnectionPointContainer',
  guid('b196b284-bab4-101a-b69c-00aa00341d07'),
);

/** Where sinks for one interface are advised (CP-3, CP-7): what clients see of it. */
export interface IConnectionPoint extends IUnknown {
  /** The interface it fires on. */
  getConnectionInterface(): Guid;
  /** The caller releases it (CP-25). Throws `E_UNEXPECTED` once the object is gone. */
  getConnectionPointContainer(): IConnectionPointContainer;
  /**
   * Connects a sink: from now on it is called for each event. The sink is asked for the interface the point fires on,
   * whatever else it is (CP-14), and the reference that counts is kept until `unadvise`. Returns the cookie of this
   * connection, never 0. Throws `E_POINTER`, `CONNECT_E_ADVISELIMIT`, `CONNECT_E_CANNOTCONNECT`, and keeps nothing then.
   */
  advise(sink: IUnknown): number;
  /** Ends a connection: its sink is not called any more, and released. Throws `CONNECT_E_NOCONNECTION`. */
  unadvise(cookie: number): void;
  /** The connections as they are now. The caller releases the enumerator and the sinks that come out of it. */
  enumConnections(): IEnumConnections;
}
export const IConnectionPoint: InterfaceId<IConnectionPoint> = interfaceId(
  'IConnectionPoint',
  guid('b196b286-bab4-101a-b69c-00aa00341d07'),
);

/** What an enumerator had: `S_OK` where it was as much as was asked for (CP-24). */
export interface Fetched<Item> {
  readonly code: 'S_OK' | 'S_FALSE';
  readonly items: readonly Item[];
}

/** Goes over a list once. It holds a reference on all that is in it, whatever becomes of where it came from. */
export interface Enumerator<Item> extends IUnknown {
  /** The next few, by default one. The caller releases each. */
  next(count?: number): Fetched<Item>;
  /** Leaves out the next few. `S_FALSE` where there were not as many. */
  skip(count: number): 'S_OK' | 'S_FALSE';
  /** Back to the beginning. */
  reset(): void;
  /** Another one at the same place, to be released for itself. */
  clone(): Enumerator<Item>;
}

export type IEnumConnectionPoints = Enumerator<IConnectionPoint>;
export const IEnumConnectionPoints: InterfaceId<IEnumConnectionPoints> = interfaceId(
  'IEnumConnectionPoints',
  guid('b196b285-bab4-101a-b69c-00aa00341d07'),
);

/** `CONNECTDATA`: one connection (CP-23). */
export interface ConnectData {
  readonly sink: IUnknown;
  readonly cookie: number;
}

export type IEnumConnections = Enumerator<ConnectData>;
export const IEnumConnections: InterfaceId<IEnumConnections> = interfaceId(
  'IEnumConnections',
  guid('b196b287-bab4-101a-b69c-00aa00341d07'),
);
