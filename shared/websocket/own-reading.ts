/**
 * Has a socket of Node's read into memory of ours. Left alone it takes fresh memory for each piece it reads, and copies
 * what is large another time into what it belongs to.
 *
 * `net.Socket` does this for whoever makes one, with its option `onread`; the sockets of a server and of a handshake are
 * made by others. So where a socket keeps that option is learned from one that is made with it. Whatever keeps it
 * elsewhere, as TLS and perhaps another version of Node, reads as it always did.
 */

import { arrived, type ByteStream } from './byte-stream.ts';

/** Lets the stream read into `room` from now on, then into what its listener says; false where it cannot. */
export type OwnReading = (stream: ByteStream, room: Uint8Array) => boolean;

/** What is used of `net.Socket`. */
interface SocketClass {
  readonly prototype: object;
  new (options: {
    /** The default. The declarations of Node know `onread` at another place only. */
    readonly readable: true;
    readonly onread: {
      readonly buffer: Uint8Array | (() => Uint8Array);
      readonly callback: (this: ByteStream, length: number) => boolean;
    };
  }): object;
}

/** What a socket is told of, in place of a stream. */
interface Handle {
  useUserBuffer(room: Uint8Array): unknown;
}

/** What the listener said last. Nothing comes between its saying and the socket's asking. */
let next: Uint8Array = new Uint8Array(0);

function askForRoom(): Uint8Array {
  return next;
}

function onRead(this: ByteStream, length: number): boolean {
  next = arrived(this, length);
  return true;
}

/** Undefined where this Node keeps the option nowhere we find it. */
export function ownReading(Socket: SocketClass): OwnReading | undefined {
  const first = new Uint8Array(1);
  const asking = new Socket({ readable: true, onread: { buffer: askForRoom, callback: onRead } });
  const reading = new Socket({ readable: true, onread: { buffer: first, callback: onRead } });
  const room = placeOf(reading, first);
  const ask = placeOf(asking, askForRoom);
  const read = placeOf(asking, onRead);
  if (room === undefined || ask === undefined || read === undefined) return undefined;
  return (stream, into) => {
    const handle: unknown = Reflect.get(stream, '_handle');
    if (Object.getPrototypeOf(stream) !== Socket.prototype || !isHandle(handle)) return false;
    Reflect.set(stream, room, into);
    Reflect.set(stream, ask, askForRoom);
    Reflect.set(stream, read, onRead);
    handle.useUserBuffer(into);
    return true;
  };
}

function placeOf(socket: object, value: unknown): symbol | undefined {
  return Object.getOwnPropertySymbols(socket).find((symbol) => Reflect.get(socket, symbol) === value);
}

function isHandle(handle: unknown): handle is Handle {
  return typeof handle === 'object' && handle !== null && 'useUserBuffer' in handle;
}
