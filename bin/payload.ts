/** Where the bytes come from that are to be sent. */

import { readFile } from 'node:fs/promises';
import { CommandError, EXIT } from './exit-code.ts';

/** A file that the command line names. Throws a usage error where it cannot be read. */
export async function readNamedFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (reason) {
    throw new CommandError(EXIT.usage, `the file cannot be read: ${reason instanceof Error ? reason.message : path}`);
  }
}

/** Standard input, to its end. */
export async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

/** Text as UTF-8, or a file; undefined where neither was given. `-` is standard input. */
export async function textOrFile(text: string | undefined, file: string | undefined): Promise<Uint8Array | undefined> {
  if (text !== undefined) return new TextEncoder().encode(text);
  if (file === undefined) return undefined;
  return file === '-' ? readStandardInput() : readNamedFile(file);
}
