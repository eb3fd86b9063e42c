/** A program that the spooler has started, heard line by line, and ended with the spooler at the latest. */

import { type ChildProcess, spawn } from 'node:child_process';
import type { Cancel, Clock } from '../../shared/index.ts';
import { LineReader } from './line-reader.ts';

export interface ProgramOptions {
  /** The program, then its arguments; no shell reads them. */
  readonly command: readonly string[];
  readonly directory: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Told each line of its standard output and standard error. */
  readonly onLine: (line: string) => void;
}

/** Milliseconds between asking a program to end and ending it. */
const GRACE = 500;
/** An error in words; Node and others say more after it, which tells an operator less. */
const ERROR = /^[\w.]*(Error|Exception)\b/;
/** Milliseconds for its last words to arrive: somebody it has started may keep its standard error open for ever. */
const LAST_WORDS = 100;

export class Program {
  /** Resolves, never rejects, with how it ended, in words for the operator: `exit code 1: no such printer`. */
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  #cancelKill: Cancel | undefined;

  /** Starts it; one that is not there has ended at once. Throws what the system says of words that cannot be a command. */
  constructor({ command, directory, environment, clock, onLine }: ProgramOptions) {
    const [name = '', ...words] = command;
    this.#clock = clock;
    this.#child = spawn(name, words, {
      cwd: directory,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    let lastWords = '';
    let lastError = '';
    this.#hear('stdout', onLine);
    this.#hear('stderr', (line) => {
      lastWords = line;
      if (ERROR.test(line)) lastError = line;
      onLine(line);
    });
    this.ended = this.#end().then((how) => [how, lastError || lastWords].filter(Boolean).join(': '));
  }

  /** Asks it to end; half a second later it is ended. Resolves when it has. Doing it again waits for the same. */
  async end(): Promise<void> {
    if (this.#child.kill('SIGTERM'))
      this.#cancelKill ??= this.#clock.after(GRACE, () => void this.#child.kill('SIGKILL'));
    await this.ended;
  }

  #hear(stream: 'stdout' | 'stderr', onLine: (line: string) => void): void {
    const reader = new LineReader(onLine);
    this.#child[stream]?.on('data', (chunk: Buffer) => reader.read(chunk));
    this.#child[stream]?.on('end', () => reader.end());
    this.#child[stream]?.on('error', () => {});
  }

  #end(): Promise<string> {
    return new Promise((resolve) => {
      let cancel: Cancel = () => {};
      this.#child.on('error', ({ message }) => resolve(message));
      this.#child.on('exit', (code, signal) => {
        this.#cancelKill?.();
        const how = signal === null ? `exit code ${code}` : `ended by ${signal}`;
        this.#child.on('close', () => {
          cancel();
          resolve(how);
        });
        cancel = this.#clock.after(LAST_WORDS, () => {
          this.#child.stdout?.destroy();
          this.#child.stderr?.destroy();
          resolve(how);
        });
      });
    });
  }
}
