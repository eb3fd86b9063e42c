/** The printers at work, each with its jobs: what comes of a printer that is there, that changes, or to which something happens. */

import { type Cancel, type Clock, nameKey } from '../../shared/index.ts';
import type { Documents } from './documents.ts';
import { errorOfFailure } from './job.ts';
import type { JobTable } from './job-table.ts';
import type { PrintJob } from './print-job.ts';
import { obstacle, type Printer, type ScriptedFailure } from './printer.ts';
import type { Printers } from './printers.ts';
import { Printing } from './printing.ts';

export interface PrintingTableParts {
  readonly clock: Clock;
  readonly printers: Printers;
  readonly jobs: JobTable;
  readonly documents: Documents;
  readonly fault: (reason: unknown) => void;
}

export class PrintingTable {
  readonly #parts: PrintingTableParts;
  readonly #printing = new Map<string, Printing>();
  #hasBegun = false;
  /** Printers that will mend by themselves. */
  readonly #mending = new Set<Cancel>();

  constructor(parts: PrintingTableParts) {
    this.#parts = parts;
  }

  /** Nothing is printed before. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  begin(): void {
    this.#hasBegun = true;
    for (const printing of this.#printing.values()) printing.wake();
  }

  /** Something has changed for a job of this printer. */
  wake(printer: string): void {
    if (this.#hasBegun) this.#printing.get(nameKey(printer))?.wake();
  }

  /** A printer was added, changed or removed. */
  changed(after: Printer | undefined, before: Printer | undefined): void {
    const name = (after ?? before)?.name ?? '';
    const key = nameKey(name);
    if (!after) {
      this.#printing.get(key)?.close();
      this.#printing.delete(key);
      return;
    }
    if (!this.#printing.has(key)) this.#printing.set(key, this.#newPrinting(name));
    if (!before) return;
    const wasOffline = before.reasons.includes('offline');
    if (after.reasons.includes('offline') && !wasOffline) this.#triggerAll(name, 'printerLost');
    if (obstacle(after) === undefined && obstacle(before) !== undefined) this.#triggerAll(name, 'printerBack');
    this.wake(name);
  }

  close(): void {
    for (const cancel of this.#mending) cancel();
    for (const printing of this.#printing.values()) printing.close();
  }

  #triggerAll(printer: string, trigger: 'printerLost' | 'printerBack'): void {
    const { jobs, fault } = this.#parts;
    const error = trigger === 'printerLost' ? errorOfFailure('offline') : undefined;
    for (const { print } of jobs.of(printer)) print.trigger(trigger, error).catch(fault);
  }

  #newPrinting(name: string): Printing {
    const { clock, printers, jobs, documents, fault } = this.#parts;
    return new Printing({
      clock,
      printer: () => printers.present(name),
      jobs: (): Iterable<PrintJob> => [...jobs.of(name)].map(({ print }) => print),
      isThere: (print, file) => documents.isWhole(print.job, file),
      progressed: ({ job }) => {
        const entry = jobs.get(job.id);
        entry?.waits.progressed();
        entry?.notifier.changed(true);
      },
      counted: (failures) => printers.changeInMemory(name, { failures: [...failures] }),
      happened: (failures, now) => this.#happened(name, failures, now),
      fault,
    });
  }

  async #happened(
    name: string,
    failures: readonly ScriptedFailure[],
    { reason, lasts }: ScriptedFailure,
  ): Promise<void> {
    await this.#parts.printers.change(name, ({ reasons }) => ({
      failures: [...failures],
      ...(reason !== 'blocked' && { reasons: [...reasons, reason] }),
    }));
    if (reason === 'blocked' || lasts === undefined) return;
    this.#mendLater(name, reason, lasts);
  }

  #mendLater(name: string, reason: ScriptedFailure['reason'], lasts: number): void {
    const { clock, printers, fault } = this.#parts;
    const mend = clock.after(lasts, () => {
      this.#mending.delete(mend);
      const mended = printers.change(name, ({ reasons }) => ({ reasons: reasons.filter((one) => one !== reason) }));
      mended.catch(fault);
    });
    this.#mending.add(mend);
  }
}
