/** A process of its own, from a script that uses the package as built. It ends with whoever started it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Milliseconds of real time after which waiting is given up; a test that gets here has failed. */
const PATIENCE = 8_000;

interface ChildOptions {
  /** How many files and sockets it may have open. */
  readonly descriptors?: number;
  /** For Node, before the script. */
  readonly flags?: readonly string[];
}

export class Child {
  /** Every line it has said. */
  readonly lines: string[] = [];
  readonly #process: ChildProcess;
  readonly #gone: Promise<unknown>;
  #read = 0;
  #wake: (() => void) | undefined;

  private constructor(process: ChildProcess) {
    this.#process = process;
    this.#gone = once(process, 'close');
    if (process.stdout) {
      createInterface(process.stdout).on('line', (line) => {
        this.lines.push(line);
        this.#wake?.();
      });
    }
  }

  static start(script: URL, args: readonly string[], { descriptors, flags = [] }: ChildOptions = {}): Child {
    if (!existsSync(new URL('../../dist/spooler/index.js', import.meta.url))) {
      throw new Error('the package is not built: npm run build');
    }
    const command = [process.execPath, ...flags, fileURLToPath(script), ...args];
    const limited = descriptors === undefined ? [] : ['sh', '-c', `ulimit -n ${descriptors}; exec "$@"`, 'sh'];
    const [file = '', ...rest] = [...limited, ...command];
    return new Child(spawn(file, rest, { stdio: ['pipe', 'pipe', 'inherit'] }));
  }

  /** The next line that was not read yet. */
  async line(): Promise<string> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const line = this.lines[this.#read];
      if (line !== undefined) {
        this.#read++;
        return line;
      }
      const left = deadline - Date.now();
      if (left <= 0 || this.#process.exitCode !== null)
        throw new Error(`nothing was said; exit ${this.#process.exitCode}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Says a line to it and resolves with what it says next. */
  ask(line: string): Promise<string> {
    this.#process.stdin?.write(`${line}\n`);
    return this.line();
  }

  /** Resolves with its exit code when it has ended by itself. */
  async ended(): Promise<number | null> {
    await this.#gone;
    return this.#process.exitCode;
  }

  /** SIGSTOP: it is there, and does nothing at all. */
  freeze(): void {
    this.#process.kill('SIGSTOP');
  }

  /** SIGKILL. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#gone;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
