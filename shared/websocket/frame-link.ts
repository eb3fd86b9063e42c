/**
 * A Link that frames WebSocket messages by itself on the stream under it, once `ws` has done the handshake: `ws` spends
 * most of a message's time, and half of an idle connection's memory, on streams of its own between the two. What it
 * does with a peer, right or wrong, is what `ws` does, and held to that by a test.
 */

import { CLOSES } from '../close-codes.ts';
import type { LinkHandlers } from '../link.ts';
import { type ByteStream, listenForData, listenTo, type StreamListener } from './byte-stream.ts';
import { decodeGoodbye, decodeText, type Goodbye } from './close-frame.ts';
import { ClosingHandshake } from './closing-handshake.ts';
import { CLOSE_CODES, OPCODES } from './frame.ts';
import { FrameReader, NOT_A_FRAME, NOTHING_WHOLE } from './frame-reader.ts';
import type { FrameRules } from './frame-rules.ts';
import { writeControl, writeMessage, writePongs } from './frame-writer.ts';
import type { SocketLink } from './socket-link.ts';

const NOTHING = new Uint8Array(0);
/** Turns of the event loop for which what is to be done when everything is read waits where there is always more. */
const TURNS = 16;

export class FrameLink implements SocketLink, StreamListener {
  messages = 0;
  readonly #stream: ByteStream;
  readonly #rules: FrameRules;
  readonly #reader: FrameReader;
  #handlers: LinkHandlers | undefined;
  #listening = false;
  #paused = false;
  /** Pings that are to be answered. */
  #pings: Uint8Array[] | undefined;
  /** While there is none, the connection is open. */
  #closing: ClosingHandshake | undefined;
  /** What `onClose` was told, or whoever attaches will be. */
  #told: Goodbye | undefined;

  /** Takes the stream over as it is after the handshake; `head` has come behind that. */
  constructor(stream: ByteStream, head: Uint8Array, rules: FrameRules) {
    this.#stream = stream;
    this.#rules = rules;
    this.#reader = new FrameReader(rules);
    stream.setTimeout?.(0);
    stream.setNoDelay?.(true);
    if (head.length > 0) stream.unshift(head);
    listenTo(stream, this);
  }

  attach(handlers: LinkHandlers): void {
    if (this.#told !== undefined) {
      const { code, reason } = this.#told;
      queueMicrotask(() => handlers.onClose(code, reason));
      return;
    }
    this.#handlers = handlers;
    this.#listen();
  }

  get buffered(): number {
    return this.#stream.writableLength;
  }

  get isMidMessage(): boolean {
    return this.#closing === undefined && this.#reader.isMidMessage;
  }

  send(parts: readonly Uint8Array[], left?: () => void): void {
    if (this.#closing === undefined) writeMessage(this.#stream, parts, this.#rules, left);
  }

  whenRead(then: () => void): void {
    if (this.#rules.whenRead) this.#whenRead(this.#rules.whenRead, then, TURNS);
    else queueMicrotask(then);
  }

  /** Where there seems to be more, what comes in the next turn is waited for, as long as something does. */
  #whenRead(inTurn: (then: () => void) => void, then: () => void, turns: number, seen = -1): void {
    inTurn(() => {
      const { isBusy, reads } = this.#reader;
      if (isBusy && turns > 0 && reads !== seen) this.#whenRead(inTurn, then, turns - 1, reads);
      else then();
    });
  }

  recycle(message: Uint8Array): void {
    this.#rules.recycle?.(message);
  }

  ping(): void {
    if (this.#closing === undefined) writeControl(this.#stream, OPCODES.ping, [NOTHING], this.#rules);
  }

  pause(): void {
    if (this.#closing !== undefined || this.#stream.destroyed) return;
    this.#paused = true;
    this.#stream.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#stream.resume();
  }

  close(code: number, reason: string): void {
    if (this.#closing !== undefined) return;
    this.#close().say({ code, reason });
    // The peer's answer may stand behind what nobody wanted to read yet.
    this.#listen();
    this.resume();
  }

  terminate(): void {
    this.#close().drop();
  }

  // What the stream calls.

  take(chunk: Uint8Array): void {
    if (this.#closing?.isDeaf) return;
    this.#reader.push(chunk);
    this.#alive(chunk.length);
  }

  room(): Uint8Array {
    return this.#reader.room();
  }

  arrived(length: number): void {
    if (this.#closing?.isDeaf) return;
    this.#reader.arrived(length);
    this.#alive(length);
  }

  #alive(bytes: number): void {
    this.#handlers?.onAlive();
    this.#read();
    if (this.#pings !== undefined) this.#pong(this.#pings);
    this.#rules.onRead?.(this, bytes);
  }

  drained(): void {
    if (this.#pings !== undefined) this.#pong(this.#pings);
    this.#handlers?.onDrain();
  }

  peerEnded(): void {
    this.#close().hangUp();
  }

  closed(): void {
    // What the peer said before it went, and nobody had read.
    const left = this.#closing === undefined && this.#handlers !== undefined ? this.#stream.read() : null;
    this.#paused = false;
    this.#reader.end();
    if (left !== null) {
      this.#reader.push(left);
      this.#read();
    }
    const closing = this.#close();
    closing.done();
    this.#tell(closing.goodbye);
    this.#rules.onGone?.(this);
  }

  #listen(): void {
    if (this.#listening || this.#closing?.isDeaf) return;
    this.#listening = true;
    listenForData(this.#stream, this, this.#rules.ownReading);
  }

  #read(): void {
    const reader = this.#reader;
    // A stream that was paused before it had begun to flow is read all the same.
    const isLate = this.#paused;
    while (!this.#paused && !this.#closing?.isDeaf) {
      const found = reader.next();
      if (found === NOTHING_WHOLE) return;
      this.#found(found, reader.payload);
    }
    const rest = reader.takeRest();
    if (!this.#paused || rest.length === 0) return;
    // It comes again when reading goes on: before anything newer, and behind what waited before it.
    if (!isLate) return this.#stream.unshift(rest);
    this.#stream.push(rest);
    this.#stream.pause();
  }

  #found(found: number, payload: Uint8Array): void {
    switch (found) {
      case OPCODES.binary:
        this.messages++;
        if (this.#closing === undefined) this.#handlers?.onMessage(payload);
        return;
      case OPCODES.text:
        return this.#text(payload);
      case OPCODES.ping:
        this.#pings ??= [];
        this.#pings.push(payload);
        return;
      case OPCODES.close:
        return this.#peerCloses(payload);
      case NOT_A_FRAME:
        return this.#fail(this.#reader.closeCode);
    }
  }

  #text(payload: Uint8Array): void {
    this.messages++;
    if (decodeText(payload) === undefined) return this.#fail(CLOSE_CODES.notText);
    const { code, reason } = CLOSES.TEXT_MESSAGE;
    this.close(code, reason);
    this.#tell({ code, reason });
  }

  #pong(pings: readonly Uint8Array[]): void {
    this.#pings = this.#closing === undefined ? writePongs(this.#stream, pings, this.#rules) : undefined;
  }

  #peerCloses(payload: Uint8Array): void {
    const goodbye = decodeGoodbye(payload);
    if (typeof goodbye === 'number') return this.#fail(goodbye);
    (this.#closing ?? this.#close().say(goodbye)).answered(goodbye);
  }

  /** Whoever breaks the framing need not answer the goodbye. */
  #fail(code: number): void {
    (this.#closing ?? this.#close().say({ code, reason: '' })).hangUp();
    this.#tell({ code: CLOSE_CODES.protocolError, reason: '' });
  }

  #close(): ClosingHandshake {
    this.#closing ??= new ClosingHandshake(this.#stream, this.#rules);
    return this.#closing;
  }

  #tell(goodbye: Goodbye): void {
    if (this.#told !== undefined) return;
    this.#told = goodbye;
    this.#handlers?.onClose(goodbye.code, goodbye.reason);
    this.#handlers = undefined;
  }
}
