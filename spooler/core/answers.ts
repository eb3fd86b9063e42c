/**
 * The answers of one channel that somebody who keeps its notifications has not given yet. They are cumulative, so they
 * leave in the order of what they answer, one for all that was kept in one step.
 */

import { succeeded } from '../../shared/errors.ts';

/** Sent one after another, and answered alike. */
interface Run {
  through: number;
  objects: number;
  bytes: number;
  /** The answer, unless what it waits for fails. */
  readonly code: number;
  readonly kept: Promise<number> | undefined;
  /** How what it waits for has ended. */
  outcome: number | undefined;
}

export interface AnswersHooks {
  /** The answer to everything up to the number. */
  settle(sequence: number, hresult: number): void;
  /** A keeper has failed at his promise. Says what to answer. */
  failed(reason: unknown): number;
  /** Nothing waits any more. */
  drained(): void;
}

export class Answers {
  /** What waits. */
  objects = 0;
  bytes = 0;
  readonly #hooks: AnswersHooks;
  #runs: Run[] = [];

  constructor(hooks: AnswersHooks) {
    this.#hooks = hooks;
  }

  /** The answer is `code`, in its turn, unless what it waits for ends with a failure. */
  add(sequence: number, size: number, code: number, kept: Promise<number> | undefined): void {
    this.objects++;
    this.bytes += size;
    const last = this.#runs.at(-1);
    if (last?.kept === kept && last?.code === code) {
      last.through = sequence;
      last.objects++;
      last.bytes += size;
      return;
    }
    const outcome = kept === undefined ? code : undefined;
    const run: Run = { through: sequence, objects: 1, bytes: size, code, kept, outcome };
    this.#runs.push(run);
    kept?.then(
      (hresult) => this.#ended(run, hresult),
      (reason: unknown) => this.#ended(run, this.#hooks.failed(reason)),
    );
  }

  /** All that waits is answered with this; what it waited for no longer counts. */
  cancel(hresult: number): void {
    const runs = this.#runs;
    this.#runs = [];
    this.objects = 0;
    this.bytes = 0;
    const last = runs.at(-1);
    if (last) this.#hooks.settle(last.through, hresult);
  }

  #ended(run: Run, outcome: number): void {
    run.outcome = outcome;
    let first = this.#runs[0];
    if (first !== run) return;
    for (; first?.outcome !== undefined; first = this.#runs[0]) {
      this.#runs.shift();
      this.objects -= first.objects;
      this.bytes -= first.bytes;
      this.#hooks.settle(first.through, succeeded(first.outcome) ? first.code : first.outcome);
    }
    if (first === undefined) this.#hooks.drained();
  }
}
