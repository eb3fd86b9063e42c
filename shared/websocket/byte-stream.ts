/**
 * A socket as a link sees it. Only the shape of `net.Socket` and `tls.TLSSocket` is named here, so that shared/ imports
 * no sockets.
 */

import type { ByteSink } from './frame-writer.ts';
import type { OwnReading } from './own-reading.ts';

export interface ByteStream extends ByteSink {
  readonly destroyed: boolean;
  on(event: 'data', listener: (this: ByteStream, chunk: Uint8Array) => void): unknown;
  on(event: 'drain' | 'end' | 'error' | 'close', listener: (this: ByteStream) => void): unknown;
  /** Whether what comes is handed out as `data`, and bytes that came and were not. */
  readonly readableFlowing: boolean | null;
  readonly readableLength: number;
  /** What whoever reads the system's socket calls with each piece, and with null at the end. */
  push(chunk: Uint8Array | null): boolean;
  /** What has come and was not handed out. */
  read(): Uint8Array | null;
  unshift(bytes: Uint8Array): void;
  pause(): unknown;
  resume(): unknown;
  end(): unknown;
  destroy(): unknown;
  setTimeout?(milliseconds: number): unknown;
  setNoDelay?(on: boolean): unknown;
  [LISTENER]?: StreamListener;
  [PUSH]?: ByteStream['push'];
}

export interface StreamListener {
  /** Bytes have come, in memory of their own. */
  take(chunk: Uint8Array): void;
  /** Where what comes next is to be read, if the stream can be told. */
  room(): Uint8Array;
  /** So many bytes have come there. */
  arrived(length: number): void;
  /** What was written has left. */
  drained(): void;
  /** The peer sends nothing any more. */
  peerEnded(): void;
  /** Nothing comes or goes any more. */
  closed(): void;
}

/** Where the one listener of a stream is: functions of its own for each stream would cost more than the link itself. */
const LISTENER = Symbol('listener');
/** Nobody looks at what comes here. */
const NOWHERE = new Uint8Array(64 * 1024);
/** The stream's own `push`. */
const PUSH = Symbol('push');

/** Tells the listener of the end; of everything else once it has asked for the data. Nothing is read before. */
export function listenTo(stream: ByteStream, listener: StreamListener): void {
  stream[LISTENER] = listener;
  stream.on('error', onError);
  stream.on('close', onClose);
}

export function listenForData(stream: ByteStream, listener: StreamListener, ownReading?: OwnReading): void {
  stream.on('drain', onDrain);
  stream.on('end', onEnd);
  const readsOwn = ownReading?.(stream, listener.room());
  // What came before, and what was put back, is handed out all the same.
  stream.on('data', onData);
  if (readsOwn) return;
  // oxlint-disable-next-line typescript/unbound-method -- called as the stream's own again, below
  stream[PUSH] = stream.push;
  stream.push = push;
}

/**
 * Takes what would be handed out as `data` at once without the stream's own way to there, which makes a closure and a
 * tick for each piece. Everything else goes that way: what comes while nobody wants it, and the end.
 */
function push(this: ByteStream, chunk: Uint8Array | null): boolean {
  const listener = this[LISTENER];
  if (chunk === null || listener === undefined || this.readableFlowing !== true || this.readableLength > 0)
    return this[PUSH]?.(chunk) ?? false;
  listener.take(chunk);
  return true;
}

/** So many bytes have come where the listener of the stream wanted them. Returns where it wants what comes next. */
export function arrived(stream: ByteStream, length: number): Uint8Array {
  try {
    stream[LISTENER]?.arrived(length);
    return stream[LISTENER]?.room() ?? NOWHERE;
  } catch (reason) {
    // Nobody knows what belongs where any more, and what comes next must not go where this is.
    stream.destroy();
    queueMicrotask(() => {
      throw reason;
    });
    return NOWHERE;
  }
}

function onData(this: ByteStream, chunk: Uint8Array): void {
  this[LISTENER]?.take(chunk);
}

function onDrain(this: ByteStream): void {
  this[LISTENER]?.drained();
}

function onEnd(this: ByteStream): void {
  this[LISTENER]?.peerEnded();
}

/** `close` follows; without a listener an error would end the process. */
function onError(this: ByteStream): void {
  this.destroy();
}

function onClose(this: ByteStream): void {
  this[LISTENER]?.closed();
}
