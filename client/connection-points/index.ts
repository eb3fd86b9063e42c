/**
 * `spoolpipe/connection-points`: the classic way to be told of an object's events (CP-1 to CP-40), in one process and
 * without a spooler, in Node and in browsers. docs/why-event-classes.md says what it cannot do.
 *
 * ```ts
 * interface PaperEvents {
 *   onPaperJam(tray: number): void;
 * }
 * const IPaperEvents = interfaceId<PaperEvents>('IPaperEvents', guid('5e2f0ba4-4b0a-4f0c-8d5c-0a5f3ff0a5c1'));
 *
 * class Printer extends ConnectableObject {
 *   readonly #paper = this.addConnectionPoint(IPaperEvents);
 *   jam = (tray: number) => this.#paper.fire('onPaperJam', tray);
 * }
 *
 * const printer = new Printer();
 * const point = printer.findConnectionPoint(IPaperEvents);
 * const cookie = point.advise(createSink(IPaperEvents, { onPaperJam: (tray) => console.log('jam in tray', tray) }));
 * await printer.jam(2);
 * point.unadvise(cookie);
 * point.release();
 * ```
 */

export { type Guid, guid } from '../../shared/guid.ts';
export {
  CONNECTION_POINT_CODES,
  type ConnectionPointCode,
  ConnectionPointError,
  type ConnectionPointErrorOptions,
} from './codes.ts';
export { ConnectableObject } from './connectable-object.ts';
export {
  ConnectionPoint,
  type ConnectionPointOptions,
  type EventName,
  type EventValues,
  type SinkFailure,
} from './connection-point.ts';
export { CountedObject } from './counted-object.ts';
export {
  type ConnectData,
  type Enumerator,
  type Fetched,
  IConnectionPoint,
  IConnectionPointContainer,
  IEnumConnectionPoints,
  IEnumConnections,
  type InterfaceId,
  IUnknown,
  interfaceId,
} from './interfaces.ts';
export { createSink } from './sink.ts';
