/** Where the bytes come from that are to be sent. */

import { readFile } from 'node:fs/promises';
import { grouped } from './display.ts';
import { CommandError, EXIT } from './exit-code.ts';

/** A file that the command line names. Throws a usage error where it cannot be read. */
export async function readNamedFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (reason) {
    throw new CommandError(EXIT.usage, `the file cannot be read: ${reason instanceof Error ? reason.message : path}`);
  }
}

/** Bytes. No spooler takes a message as large as this: whoever gives more may never end. */
const MOST = 64 * 1024 * 1024;

/** Standard input, to its end. Throws a usage error where that is nowhere near. */
export async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    const bytes = chunk as Uint8Array;
    chunks.push(bytes);
    length += bytes.length;
    if (length > MOST)
      throw new CommandError(EXIT.usage, `standard input has more than ${grouped(MOST)} bytes, which no spooler takes`);
  }
  return Buffer.concat(chunks);
}

/** Text as UTF-8, or a file; undefined where neither was given. `-` is standard input. */
export async function textOrFile(text: string | undefined, file: string | undefined): Promise<Uint8Array | undefined> {
  if (text !== undefined) return new TextEncoder().encode(text);
  if (file === undefined) return undefined;
  return file === '-' ? readStandardInput() : readNamedFile(file);
}
