/**
 * The operator's table of classes: which program serves a class, or which module of JavaScript is loaded into the spooler
 * for it (docs/serve.md).
 */

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as v from 'valibot';
import { type Guid, guid, SpoolError } from '../../shared/index.ts';
import { explainIssue } from '../file-issue.ts';

const words = v.pipe(
  v.array(v.string()),
  v.check(([program = '']) => program !== '', 'a command begins with a program'),
);
const text = v.pipe(v.string(), v.minLength(1));

const entry = v.pipe(
  v.strictObject({
    /** A program and its arguments; no shell reads them. */
    command: v.exactOptional(words),
    module: v.exactOptional(text),
    directory: v.exactOptional(text),
    environment: v.exactOptional(v.record(v.string(), v.string())),
    user: v.exactOptional(v.pipe(text, v.maxLength(256))),
    token: v.exactOptional(text),
    startTime: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(3_600_000))),
  }),
  v.check(({ command, module }) => (command === undefined) !== (module === undefined), 'either command or module'),
  v.check(
    ({ module, command: _, ...more }) => module === undefined || Object.keys(more).length === 0,
    'what goes with a command does not go with a module',
  ),
  v.check(({ user, token }) => token === undefined || user !== undefined, 'a token needs the user whose it is'),
);

const file = v.strictObject({ classes: v.record(v.string(), entry) });

/** A program that is started when an object is wanted, and then registers the class. */
export interface CommandClass {
  readonly kind: 'command';
  /** The program, then its arguments. */
  readonly command: readonly string[];
  /** Where it runs; by default where the spooler does. */
  readonly directory?: string;
  /** Beside the spooler's own, and before it. */
  readonly environment?: Readonly<Record<string, string>>;
  /** As whom it connects; by default as whoever the object is for. */
  readonly user?: string;
  /** What names it to the spooler, where that uses tokens. */
  readonly token?: string;
  /** Milliseconds from the start to the registration; by default as the service says. */
  readonly startTime?: number;
}

/** What is loaded into the spooler's own process. */
export interface ModuleClass {
  readonly kind: 'module';
  /**
   * Gives what exports `createObject(clsid)`, which gives a new object or its promise. An object has the methods of its
   * interfaces, each called with the arguments by name, and may have `release`.
   */
  readonly load: () => Promise<unknown>;
}

export type ClassEntry = CommandClass | ModuleClass;

export class ClassTable {
  readonly #entries: ReadonlyMap<Guid, ClassEntry>;

  /** For programs that embed a spooler; from a file: `parse`. Throws `E_INVALIDARG` for what is no GUID. */
  constructor(entries: Iterable<readonly [clsid: string, entry: ClassEntry]> = []) {
    this.#entries = new Map([...entries].map(([clsid, one]) => [guid(clsid), one]));
  }

  /**
   * Reads the text of a class file. Paths in it are relative to `folder`, its own. Throws `CLASS_FILE_INVALID`, which names
   * the place but never a token.
   */
  static parse(json: string, folder: string): ClassTable {
    const parsed = v.safeParse(file, parseJson(json));
    if (!parsed.success) throw new SpoolError('CLASS_FILE_INVALID', { input: explainIssue(parsed.issues[0]) });
    const entries = new Map<Guid, ClassEntry>();
    for (const [key, one] of Object.entries(parsed.output.classes)) {
      const clsid = clsidOf(key);
      if (entries.has(clsid)) throw new SpoolError('CLASS_FILE_INVALID', { input: `classes.${key}: twice` });
      entries.set(clsid, entryOf(one, folder));
    }
    return new ClassTable(entries);
  }

  get(clsid: Guid): ClassEntry | undefined {
    return this.#entries.get(clsid);
  }

  [Symbol.iterator](): Iterator<readonly [Guid, ClassEntry]> {
    return this.#entries.entries();
  }
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new SpoolError('CLASS_FILE_INVALID', { input: 'not JSON' });
  }
}

function clsidOf(key: string): Guid {
  try {
    return guid(key);
  } catch {
    throw new SpoolError('CLASS_FILE_INVALID', { input: `classes: ${JSON.stringify(key.slice(0, 64))} is no GUID` });
  }
}

function entryOf(
  { command, module, directory = '.', user, ...more }: v.InferOutput<typeof entry>,
  folder: string,
): ClassEntry {
  if (command) {
    const who = user === undefined ? {} : { user: user.normalize('NFC') };
    return { kind: 'command', command, directory: resolve(folder, directory), ...who, ...more };
  }
  const { href } = pathToFileURL(resolve(folder, module ?? ''));
  return { kind: 'module', load: () => import(href) as Promise<unknown> };
}
