/** A printer of the classic kind, and its clients' sinks: what the tests of the drawbacks begin with. */

import {
  ConnectableObject,
  type CountedObject,
  createSink,
  guid,
  IConnectionPointContainer,
  type InterfaceId,
  interfaceId,
} from '../../../client/connection-points/index.ts';

export interface PaperEvents {
  onPaperJam(tray: number): void | Promise<void>;
  onPaperOut(tray: number): void | Promise<void>;
}
export const IPaperEvents = interfaceId<PaperEvents>('IPaperEvents', guid('5e2f0ba4-4b0a-4f0c-8d5c-0a5f3ff0a5c1'));

export interface InkEvents {
  onInkLow(colour: string): void | Promise<void>;
}
export const IInkEvents = interfaceId<InkEvents>('IInkEvents', guid('5e2f0ba4-4b0a-4f0c-8d5c-0a5f3ff0a5c2'));

export class Printer extends ConnectableObject {
  readonly paper = this.addConnectionPoint(IPaperEvents);
  readonly ink = this.addConnectionPoint(IInkEvents);
}

/** What sinks do with an event: they write it down. */
export const writeTo =
  (told: string[]) =>
  (event: string): void =>
    void told.push(event);

/** A sink for paper that does `told` with each event, such as "jam 2". */
export function paperSink(told: (event: string) => unknown): CountedObject {
  const tell = async (event: string): Promise<void> => void (await told(event));
  return createSink(IPaperEvents, {
    onPaperJam: (tray) => tell(`jam ${tray}`),
    onPaperOut: (tray) => tell(`out ${tray}`),
  });
}

export function inkSink(told: (event: string) => unknown): CountedObject {
  return createSink(IInkEvents, { onInkLow: (colour) => void told(`ink ${colour}`) });
}

/** The whole sequence of a client: ask, find, advise (CP-11 to CP-13). Returns what ends the connection (CP-17). */
export function connect(printer: ConnectableObject, wanted: InterfaceId<unknown>, sink: CountedObject): () => void {
  const container = printer.queryInterface(IConnectionPointContainer);
  const point = container.findConnectionPoint(wanted);
  const cookie = point.advise(sink);
  return () => {
    point.unadvise(cookie);
    point.release();
    container.release();
  };
}
