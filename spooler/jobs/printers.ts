/** The printers of a spooler, written through: what the store refuses has not happened. */

import { nameKey, SpoolError } from '../../shared/index.ts';
import { Lanes } from '../events/lanes.ts';
import type { Store } from '../store/store.ts';
import {
  bareName,
  changedPrinter,
  decodePrinter,
  encodePrinter,
  newPrinter,
  type Printer,
  type PrinterChanges,
} from './printer.ts';

const PREFIX = 'printer/';

/** Printers at once: each has its own work on the clock. */
const MOST = 1_000;

export class Printers {
  readonly #store: Store;
  readonly #changed: (after: Printer | undefined, before: Printer | undefined) => void;
  readonly #printers = new Map<string, Printer>();
  /** One change at a time, so that each is judged by what the one before has left. */
  readonly #turn = new Lanes(1);

  /** `changed` hears of each change once it is in force. */
  constructor(store: Store, changed: (after: Printer | undefined, before: Printer | undefined) => void) {
    this.#store = store;
    this.#changed = changed;
  }

  /** Reads what the store has; what cannot be read is left there, and told. */
  async load(corrupt: (key: string) => void): Promise<void> {
    for await (const [key, bytes] of this.#store.entries(PREFIX)) {
      try {
        const printer = decodePrinter(bytes);
        this.#printers.set(nameKey(printer.name), printer);
        this.#changed(printer, undefined);
      } catch {
        corrupt(key);
      }
    }
  }

  list(): readonly Printer[] {
    return [...this.#printers.values()];
  }

  /** By its own part of the name. */
  find(name: string): Printer | undefined {
    return this.#printers.get(nameKey(name));
  }

  /** By its own part of the name or `\\server\printer`. Throws `ERROR_INVALID_PRINTER_NAME`, `E_INVALIDARG`. */
  present(name: string): Printer {
    const printer = this.find(bareName(name));
    if (!printer) throw new SpoolError('ERROR_INVALID_PRINTER_NAME', { input: name.slice(0, 80) });
    return printer;
  }

  /** Rejects with `ERROR_PRINTER_ALREADY_EXISTS`, `E_INVALIDARG`, `E_OUTOFMEMORY`, or as the store does. */
  add(name: string, given: PrinterChanges): Promise<Printer> {
    const printer = newPrinter(bareName(name), given);
    return this.#turn.run(async () => {
      if (this.#printers.has(nameKey(printer.name)))
        throw new SpoolError('ERROR_PRINTER_ALREADY_EXISTS', { input: printer.name });
      if (this.#printers.size >= MOST) throw new SpoolError('E_OUTOFMEMORY', { input: `${MOST} printers` });
      await this.#put(printer, undefined);
      return printer;
    });
  }

  /** Rejects with `ERROR_INVALID_PRINTER_NAME`, or as the store does. */
  change(name: string, make: (printer: Printer) => PrinterChanges): Promise<Printer> {
    return this.#turn.run(async () => {
      const before = this.present(name);
      const printer = changedPrinter(before, make(before));
      await this.#put(printer, before);
      return printer;
    });
  }

  /** A change that is lost with the process. */
  changeInMemory(name: string, given: PrinterChanges): void {
    const printer = this.#printers.get(nameKey(name));
    if (printer) this.#printers.set(nameKey(name), changedPrinter(printer, given));
  }

  /** Rejects with what `check` throws, `ERROR_INVALID_PRINTER_NAME`, or as the store does. */
  remove(name: string, check: (printer: Printer) => void): Promise<void> {
    return this.#turn.run(async () => {
      const printer = this.present(name);
      check(printer);
      await this.#store.write([{ remove: keyOf(printer) }]);
      this.#printers.delete(nameKey(printer.name));
      this.#changed(undefined, printer);
    });
  }

  async #put(printer: Printer, before: Printer | undefined): Promise<void> {
    await this.#store.write([{ put: [keyOf(printer), encodePrinter(printer)] }]);
    this.#printers.set(nameKey(printer.name), printer);
    this.#changed(printer, before);
  }
}

/** Names of printers are any text, keys are ASCII and short. */
function keyOf({ name }: Printer): string {
  return PREFIX + Buffer.from(nameKey(name)).toString('base64url').slice(0, 240);
}
