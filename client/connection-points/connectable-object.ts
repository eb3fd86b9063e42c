/** An object that others can connect sinks to (CP-3): the base class of those that fire. */

import type { Guid } from '../../shared/guid.ts';
import { ConnectionPointError } from './codes.ts';
import { ConnectionPoint, type ConnectionPointOptions } from './connection-point.ts';
import { CountedObject } from './counted-object.ts';
import {
  type IConnectionPoint,
  IConnectionPointContainer,
  IEnumConnectionPoints,
  type InterfaceId,
} from './interfaces.ts';
import { Snapshot } from './snapshot.ts';

export class ConnectableObject extends CountedObject implements IConnectionPointContainer {
  readonly #points = new Map<Guid, IConnectionPoint>();

  constructor() {
    super();
    this.implement(IConnectionPointContainer, this);
  }

  enumConnectionPoints(): IEnumConnectionPoints {
    this.mustLive();
    return new Snapshot(IEnumConnectionPoints, [...this.#points.values()], (point) => point);
  }

  findConnectionPoint(outgoing: InterfaceId<unknown>): IConnectionPoint {
    this.mustLive();
    const point = this.#points.get(outgoing.iid);
    if (!point) throw new ConnectionPointError('CONNECT_E_NOCONNECTION', { input: outgoing.name });
    point.addRef();
    return point;
  }

  /** For constructors: an interface the object fires on. The object holds the point for as long as it lives. */
  protected addConnectionPoint<Sink>(
    outgoing: InterfaceId<Sink>,
    options: ConnectionPointOptions = {},
  ): ConnectionPoint<Sink> {
    const point = new ConnectionPoint(this, outgoing, options);
    this.#points.set(outgoing.iid, point);
    return point;
  }

  /** A client that holds a point keeps it, and its sinks; what nobody holds is gone. */
  protected override died(): void {
    for (const point of this.#points.values()) point.release();
  }
}
