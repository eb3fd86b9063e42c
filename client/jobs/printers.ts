/** The printers of a spooler. Adding, changing and removing them takes the right to administer them: `E_ACCESSDENIED`. */

import type { PrinterReason } from '../../shared/jobs/vocabulary.ts';
import type { PrinterDescription, PrinterSettings } from './job-description.ts';
import type { Ask } from './job-host.ts';

export class Printers {
  readonly #ask: Ask;

  /** For `Jobs`. Every method rejects with `CONNECTION_LOST` while there is no spooler, and with `E_INVALIDARG`. */
  constructor(ask: Ask) {
    this.#ask = ask;
  }

  async list(): Promise<readonly PrinterDescription[]> {
    return (await this.#ask<{ printers: PrinterDescription[] }>('printers', {})).printers;
  }

  /** Adds a simulated printer. Rejects with `ERROR_PRINTER_ALREADY_EXISTS`. */
  async add(printer: string, settings: PrinterSettings = {}): Promise<PrinterDescription> {
    return (await this.#ask<{ printer: PrinterDescription }>('addPrinter', { printer, ...settings })).printer;
  }

  /** Changes what is given and leaves the rest. Rejects with `ERROR_INVALID_PRINTER_NAME` where there is none. */
  async set(printer: string, settings: PrinterSettings): Promise<PrinterDescription> {
    return (await this.#ask<{ printer: PrinterDescription }>('setPrinter', { printer, ...settings })).printer;
  }

  /** Says why it does not print; with no reason it does. Jobs that wait for it go on by themselves (JOB-29). */
  setState(printer: string, reasons: readonly PrinterReason[]): Promise<PrinterDescription> {
    return this.set(printer, { reasons });
  }

  /** Rejects with `BG_E_INVALID_STATE` while it has jobs, and with `ERROR_INVALID_PRINTER_NAME`. */
  async remove(printer: string): Promise<void> {
    await this.#ask('removePrinter', { printer });
  }
}
