/** The two outputs: results on standard output, for people or with `--json` one object per line; messages for people on standard error. */

import { FilterError, SpoolError } from '../shared/index.ts';
import { escapeJson, escapeLines } from './display.ts';
import { CommandError } from './exit-code.ts';

export class Output {
  readonly json: boolean;
  /** Called when standard output takes nothing any more. */
  onBroken: () => void = () => {};
  #hasFailed = false;

  constructor(json: boolean) {
    this.json = json;
    process.stdout.on('error', (reason: NodeJS.ErrnoException) => {
      // A reader that goes away has seen enough; a full disk is another matter.
      if (reason.code !== 'EPIPE' && !this.#hasFailed) {
        this.#hasFailed = true;
        this.say(`spoolpipe: standard output: ${reason.message}`);
      }
      this.onBroken();
    });
    // Nobody reads the messages: then they are for nobody.
    process.stderr.on('error', () => {});
  }

  /** Whether results were lost, though somebody wanted them. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Whoever reads standard output wants the results alone: what code that is loaded into this process prints is for people. */
  keepStandardOutput(): void {
    const { stderr } = process;
    Object.defineProperty(process.stdout, 'write', { value: stderr.write.bind(stderr) });
  }

  /**
   * A result: the object with `--json`, else the lines. Where a promise comes back standard output is full: whoever waits for it makes its own
   * spooler wait, so that a slow reader never costs memory.
   */
  result(record: object, lines: string): void | Promise<void> {
    return this.json ? this.record(record) : write(`${escapeLines(lines)}\n`);
  }

  /** A result that people are told otherwise. */
  record(record: object): void | Promise<void> {
    if (this.json) return write(`${escapeJson(JSON.stringify(record))}\n`);
  }

  /** Bytes as they are. */
  bytes(data: Uint8Array): void | Promise<void> {
    return write(data);
  }

  /** A message for people. */
  say(lines: string): void {
    process.stderr.write(`${escapeLines(lines)}\n`);
  }

  /** What went wrong, in one line; of criteria the place before it. */
  fail(reason: unknown): void {
    if (reason instanceof FilterError) this.say(reason.picture);
    if (reason instanceof SpoolError) {
      const { code, hresult, rawMessage } = reason;
      // Words of the system's may end with a line break.
      this.say(`spoolpipe: ${reason.message.replace(/\s*\n\s*/g, '')}`);
      void this.record({ event: 'error', code, hresult, message: rawMessage });
      return;
    }
    const message = messageOf(reason);
    this.say(`spoolpipe: ${message}`);
    void this.record({ event: 'error', code: null, hresult: null, message });
  }

  /** Resolves when everything written has left this process, or cannot. */
  async flushed(): Promise<void> {
    await Promise.all([
      new Promise<void>((resolve) => writeOut('', undefined, () => resolve())),
      new Promise<void>((resolve) => process.stderr.write('', () => resolve())),
    ]);
  }
}

/** Standard output's own, whatever becomes of it for others. */
const writeOut = process.stdout.write.bind(process.stdout);

function write(chunk: string | Uint8Array): void | Promise<void> {
  const { stdout } = process;
  if (writeOut(chunk) || stdout.destroyed) return;
  return new Promise<void>((resolve) => {
    const done = (): void => {
      stdout.off('drain', done).off('close', done);
      resolve();
    };
    stdout.on('drain', done).on('close', done);
  });
}

/** The system's errors are sentences by themselves; of a fault of ours the place is wanted too. */
function messageOf(reason: unknown): string {
  if (!(reason instanceof Error)) return String(reason);
  const isExpected = reason instanceof CommandError || 'syscall' in reason;
  return isExpected ? reason.message : (reason.stack ?? reason.message);
}
