/** The programs of class servers that the spooler has started and that run. */

import type { Clock, Guid } from '../../shared/index.ts';
import type { CommandClass } from './class-table.ts';
import { Program } from './program.ts';

export class Programs {
  readonly #clock: Clock;
  readonly #url: () => string | undefined;
  readonly #onLine: (line: string) => void;
  readonly #running = new Map<string, Program>();

  /** `url`: where they connect; asked at each start. */
  constructor(clock: Clock, url: () => string | undefined, onLine: (line: string) => void) {
    this.#clock = clock;
    this.#url = url;
    this.#onLine = onLine;
  }

  /** The one that serves a class for a user and runs, be it that it was started for another class. */
  find(entry: CommandClass, user: string): Program | undefined {
    return this.#running.get(keyOf(entry, user));
  }

  /** Precondition: it does not run. Throws as `Program` does. */
  start(entry: CommandClass, user: string, clsid: Guid): Program {
    const key = keyOf(entry, user);
    const url = this.#url();
    const program = new Program({
      command: entry.command,
      directory: entry.directory,
      environment: {
        ...process.env,
        ...(url !== undefined && { SPOOLPIPE_URL: url }),
        SPOOLPIPE_TOKEN: entry.token,
        SPOOLPIPE_USER: user,
        SPOOLPIPE_CLASS: clsid,
        ...entry.environment,
      },
      clock: this.#clock,
      onLine: (line) => this.#onLine(`${clsid}: ${line}`),
    });
    this.#running.set(key, program);
    void program.ended.then(() => this.#running.delete(key));
    return program;
  }

  /** Ends all of them; resolves when they have. */
  async close(): Promise<void> {
    await Promise.all([...this.#running.values()].map((program) => program.end()));
  }
}

/** Whether two classes are served by one program. */
export function isSameProgram(one: CommandClass, other: CommandClass): boolean {
  return keyOf(one, '') === keyOf(other, '');
}

function keyOf({ command, directory, environment, token, user: asWhom }: CommandClass, user: string): string {
  return JSON.stringify([command, directory, environment, token, asWhom, user]);
}
