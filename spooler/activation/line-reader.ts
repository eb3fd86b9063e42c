/** Lines of text from a stream of bytes; a long one is cut. */

import { StringDecoder } from 'node:string_decoder';

/** UTF-16 code units of a line that are kept. */
const LONGEST = 4_096;

export class LineReader {
  readonly #onLine: (line: string) => void;
  readonly #decoder = new StringDecoder('utf8');
  #line = '';

  /** Told each line that is not empty, without its end. */
  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  read(chunk: Buffer): void {
    const [first = '', ...others] = this.#decoder.write(chunk).split('\n');
    this.#append(first);
    for (const other of others) {
      this.#tell();
      this.#append(other);
    }
  }

  /** Nothing more will come: what there is is a line too. */
  end(): void {
    this.#append(this.#decoder.end());
    this.#tell();
  }

  #append(text: string): void {
    this.#line = `${this.#line}${text}`.slice(0, LONGEST);
  }

  #tell(): void {
    const line = this.#line.trimEnd();
    this.#line = '';
    if (line !== '') this.#onLine(line);
  }
}
