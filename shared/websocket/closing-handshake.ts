/** The end of a connection that frames by itself (RFC 6455, section 7): made when it begins, whoever begins it. */

import type { Cancel } from '../clock.ts';
import type { ByteStream } from './byte-stream.ts';
import { encodeGoodbye, type Goodbye } from './close-frame.ts';
import { CLOSE_CODES, OPCODES } from './frame.ts';
import type { FrameRules } from './frame-rules.ts';
import { writeControl } from './frame-writer.ts';

export class ClosingHandshake {
  /** Nothing is read any more; until then, of what comes only the peer's close frame counts. */
  isDeaf = false;
  /** What there is to tell once the connection is closed. */
  goodbye: Goodbye = { code: CLOSE_CODES.broken, reason: '' };
  readonly #stream: ByteStream;
  readonly #rules: FrameRules;
  #cancel: Cancel | undefined;

  constructor(stream: ByteStream, rules: FrameRules) {
    this.#stream = stream;
    this.#rules = rules;
  }

  /** Sends our close frame; from now on nothing else may be sent. */
  say(goodbye: Goodbye): this {
    writeControl(this.#stream, OPCODES.close, [encodeGoodbye(goodbye)], this.#rules);
    this.#startTime();
    return this;
  }

  /** The peer's close frame has come, and ours is sent. */
  answered(goodbye: Goodbye): void {
    this.isDeaf = true;
    this.goodbye = goodbye;
    // The server is the first to close the connection, so that the state it lingers in is not the client's.
    if (!this.#rules.masks) this.#stream.end();
  }

  /** Lets what was sent leave, and expects nothing from the peer but that it closes the connection too. */
  hangUp(): void {
    this.isDeaf = true;
    this.#stream.end();
    this.#startTime();
  }

  /** Lets nothing leave any more. */
  drop(): void {
    this.isDeaf = true;
    this.#stream.destroy();
  }

  /** The connection is closed. */
  done(): void {
    this.isDeaf = true;
    this.#cancel?.();
  }

  #startTime(): void {
    this.#cancel ??= this.#rules.clock.after(this.#rules.closeTime, () => this.#stream.destroy());
  }
}
