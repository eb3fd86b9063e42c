/** The built command in processes of its own: started, heard line by line, ended by their ids. */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('../../dist/bin/spoolpipe.js', import.meta.url));

/** One line of `--json`. */
export interface Line {
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** Standard output as UTF-8. */
  readonly text: string;
  /** Standard output of `--json`. */
  readonly lines: Line[];
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What standard input gives, to its end. */
  readonly input?: string | Uint8Array;
  /** Where standard output goes instead of here. */
  readonly output?: string;
  /** Whether a spooler keeps what must last in the data folder of the user, who is then one that `env` makes. */
  readonly keeps?: boolean;
  /** A command that becomes the command that follows it, such as one that gives it a disk of its own. */
  readonly through?: readonly string[];
}

/** Starts `spoolpipe` with these words. `await using` kills what is still running. */
export function start(words: readonly string[], options: StartOptions = {}): Running {
  return new Running(words, options);
}

/** Runs it to its end. */
export async function run(words: readonly string[], options: StartOptions = {}): Promise<Ended> {
  await using running = start(words, options);
  return await running.ended;
}

export class Running implements AsyncDisposable {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #words: string;
  #stdout: Buffer[] = [];
  #stderr = '';
  /** Lines of standard output that nobody has taken. */
  readonly #lines: string[] = [];
  #partial = '';
  #hasEnded = false;
  readonly #waiting = new Set<() => void>();

  constructor(words: readonly string[], { env = {}, input, output, keeps = false, through = [] }: StartOptions) {
    this.#words = words.join(' ');
    const isNamed = words[0] !== 'serve' || words.includes('--data') || words.includes('--ephemeral');
    const kept = isNamed || keeps ? [] : ['--ephemeral'];
    const { SPOOLPIPE_URL: _url, SPOOLPIPE_TOKEN: _token, ...inherited } = process.env;
    const file = output === undefined ? undefined : openSync(output, 'w');
    const [command = '', ...args] = [...through, process.execPath, ENTRY, ...words, ...kept];
    this.#child = spawn(command, args, {
      env: { ...inherited, ...env },
      stdio: [input === undefined ? 'ignore' : 'pipe', file ?? 'pipe', 'pipe'],
    });
    if (file !== undefined) closeSync(file);
    this.#child.stdin?.end(input);
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#stdout.push(chunk);
      this.#partial += chunk.toString('latin1');
      const lines = this.#partial.split('\n');
      this.#partial = lines.pop() ?? '';
      this.#lines.push(...lines.map((line) => Buffer.from(line, 'latin1').toString('utf8')));
      this.#wake();
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString('utf8');
      this.#wake();
    });
    this.ended = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => {
        this.#hasEnded = true;
        const stdout = Buffer.concat(this.#stdout);
        const text = stdout.toString('utf8');
        resolve({
          code,
          signal,
          stdout,
          stderr: this.#stderr,
          text,
          get lines() {
            return parse(text);
          },
        });
        this.#wake();
      });
    });
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error(`${this.#words} could not be started`);
    return pid;
  }

  /** The next line of standard output. */
  async line(): Promise<string> {
    await this.#until(() => this.#lines.length > 0, 'a line');
    return this.#lines.shift() ?? '';
  }

  /** The next line of `--json` that tells of this event; those before it are passed over. */
  async event(event: string): Promise<Line> {
    for (;;) {
      const line = JSON.parse(await this.line()) as Line;
      if (line.event === event) return line;
    }
  }

  /** Resolves once standard error has this. */
  async says(pattern: RegExp): Promise<void> {
    await this.#until(() => pattern.test(this.#stderr), String(pattern));
  }

  kill(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Stops reading its standard output, as a pager that waits. */
  stopReading(): void {
    this.#child.stdout?.pause();
  }

  /** Closes the other end of its standard output, as `head` does. */
  breakPipe(): void {
    this.#child.stdout?.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) this.#child.kill('SIGKILL');
    // One that was frozen or is not read from ends all the same.
    this.#child.stdout?.resume();
    await this.ended;
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    while (!condition()) {
      if (this.#hasEnded)
        throw new Error(`spoolpipe ${this.#words} ended without ${what}; standard error: ${this.#stderr}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

function parse(text: string): Line[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Line);
}

/** A spooler on a free port. */
export interface Served extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly process: Running;
}

export async function serveOnFreePort(
  words: readonly string[] = [],
  port = 0,
  options: StartOptions = {},
): Promise<Served> {
  const process = start(['serve', '--port', String(port), '--json', ...words], options);
  const ready = await process.event('ready');
  return {
    url: String(ready['url']),
    port: Number(ready['port']),
    process,
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

/** A `listen --json` that is ready. */
export async function listening(url: string, words: readonly string[]): Promise<Running> {
  const process = start(['listen', '--json', '--url', url, ...words]);
  await process.event('ready');
  return process;
}
