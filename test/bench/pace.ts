/** Keeps a sender within its window. It sends in batches; each makes way for another when it is answered. */

import { uint32 } from './payloads.ts';

export class Pace {
  readonly #batches: number;
  readonly #onlyAnswers: boolean;
  readonly #fault: (fault: string) => void;
  /** The peer turned out to have flow control of its own. */
  #byResults = false;
  #underWay = 0;
  #answers = 0;
  #wake: (() => void) | undefined;

  constructor(batches: number, onlyAnswers: boolean, fault: (fault: string) => void) {
    this.#batches = batches;
    this.#onlyAnswers = onlyAnswers;
    this.#fault = fault;
  }

  /** What listeners answer to batch `number`, counted from 1. */
  static answer(number: number): Uint8Array {
    const answer = Buffer.allocUnsafe(8);
    answer.writeUInt32BE(0, 0);
    answer.writeUInt32BE(number, 4);
    return answer;
  }

  get isFull(): boolean {
    return this.#underWay >= this.#batches;
  }

  /** A batch was sent. `last` is what its last send returned: results come in order. */
  sent(last: Promise<unknown> | undefined): void {
    this.#underWay++;
    if (last === undefined || this.#onlyAnswers) return;
    this.#byResults = true;
    last.then(
      () => this.#made(),
      (reason: unknown) => this.#fault(`not sent: ${String(reason)}`),
    );
  }

  answered(bytes: Uint8Array): void {
    this.#answers++;
    const number = uint32(bytes, 4);
    if (number !== this.#answers) this.#fault(`answer ${number} instead of ${this.#answers}`);
    if (!this.#byResults) this.#made();
  }

  /** Resolves when another batch may be sent. */
  room(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #made(): void {
    this.#underWay--;
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
