/** The same expression for many subscriptions, each with constants of its own, and events of which each wants some. */

/** A type, not an interface: any object with string keys takes it. */
export type PrintEvent = {
  readonly Printer: string;
  readonly Pages: number;
  readonly Paused: boolean;
};

/** Two printers, any number of pages but one, not paused. */
export interface Wish {
  readonly printers: readonly [string, string];
  readonly pages: number;
}

const PRINTERS = 14;

export function wishes(count: number): readonly Wish[] {
  return Array.from({ length: count }, (_, index) => ({
    printers: [printer(index), printer(index + 1)],
    pages: index % 17,
  }));
}

/** As they come from the wire. About one in ten is wanted by any one subscription. */
export function events(count: number): readonly PrintEvent[] {
  return Array.from({ length: count }, (_, index) => {
    const event: PrintEvent = { Printer: printer(index), Pages: (index * 7) % 17, Paused: index % 3 === 0 };
    return JSON.parse(JSON.stringify(event)) as PrintEvent;
  });
}

/** What every peer has to say. */
export function wanted({ printers, pages }: Wish, { Printer, Pages, Paused }: PrintEvent): boolean {
  return printers.includes(Printer) && Pages !== pages && !Paused;
}

function printer(index: number): string {
  return `Lab ${index % PRINTERS}`;
}
