/** A link to nobody that remembers what it was given, in the parts it was given in; a test says what comes from it. */

import type { Link, LinkHandlers } from '../../shared/index.ts';
import { concat } from '../../shared/join.ts';

export class RecordingLink implements Link {
  readonly messages: (readonly Uint8Array[])[] = [];
  readonly buffered = 0;
  #handlers: LinkHandlers | undefined;

  attach(handlers: LinkHandlers): void {
    this.#handlers = handlers;
  }

  send(parts: readonly Uint8Array[]): void {
    this.messages.push(parts);
  }

  /** A message from the other side. */
  receive(parts: readonly Uint8Array[]): void {
    this.#handlers?.onMessage(concat(parts));
  }

  pause(): void {}
  resume(): void {}

  close(code: number, reason: string): void {
    this.#handlers?.onClose(code, reason);
  }

  terminate(): void {
    this.close(1006, '');
  }

  /** Each message in one piece. */
  get wholes(): Uint8Array[] {
    return this.messages.map(concat);
  }

  /** Everything, the messages one behind the other. */
  get bytes(): Uint8Array {
    return concat(this.messages.flat());
  }
}

/** Resolves when the turn of the event loop is over in which it was called, and what was collected in it has left. */
export function turnEnd(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
