/** Command lines that jobs run when nobody else could be told (JOB-140 to JOB-144). */

import type { Clock } from '../../shared/index.ts';
import { SpoolError } from '../../shared/index.ts';
import { Program } from '../activation/program.ts';
import type { CommandLine } from './job.ts';

const MAX_PATH = 260;
const MAX_PARAMETERS = 4_000;

/** Milliseconds after which a program that has not ended is ended, and has failed. */
const TIME = 60_000;

/** Checks what a client wants to be run. Throws `BG_E_STRING_TOO_LONG`, `E_INVALIDARG` (JOB-141). */
export function checkCommandLine(program: string, parameters: readonly string[]): void {
  if (program.length > MAX_PATH) throw new SpoolError('BG_E_STRING_TOO_LONG', { input: `program: ${MAX_PATH}` });
  if (parameters.reduce((sum, { length }) => sum + length + 1, 0) > MAX_PARAMETERS)
    throw new SpoolError('BG_E_STRING_TOO_LONG', { input: `parameters: ${MAX_PARAMETERS}` });
  if (parameters.length > 0 && parameters[0] !== program)
    throw new SpoolError('E_INVALIDARG', { input: 'parameters: the first repeats the program' });
}

export class CommandLines {
  readonly #clock: Clock;
  readonly #onLine: (line: string) => void;
  readonly #running = new Set<Program>();
  #isClosed = false;

  constructor(clock: Clock, onLine: (line: string) => void) {
    this.#clock = clock;
    this.#onLine = onLine;
  }

  /** Runs it; whether it has ended with exit code 0 in time (JOB-143). Never rejects. */
  async run({ program: name, parameters }: CommandLine): Promise<boolean> {
    if (this.#isClosed) return false;
    let program: Program;
    try {
      program = new Program({
        command: [name, ...parameters.slice(1)],
        directory: undefined,
        environment: process.env,
        clock: this.#clock,
        onLine: (line) => this.#onLine(`${name}: ${line}`),
      });
    } catch (reason) {
      this.#onLine(`${name}: ${String(reason)}`);
      return false;
    }
    this.#running.add(program);
    const cancel = this.#clock.after(TIME, () => void program.end());
    const how = await program.ended;
    cancel();
    this.#running.delete(program);
    if (/^exit code 0(:|$)/.test(how)) return true;
    this.#onLine(`${name}: ${how}`);
    return false;
  }

  /** Ends all of them; resolves when they have. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#running].map((program) => program.end()));
  }
}
