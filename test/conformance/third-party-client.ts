/**
 * A client as a stranger would write it: from PROTOCOL.md alone, with a MessagePack library and a WebSocket of his choice.
 * Nothing of this project is imported here.
 */

import { decode, encode } from '@msgpack/msgpack';
import { WebSocket } from 'ws';

const HELLO = 0x01;
const WELCOME = 0x02;
const PING = 0x03;
const PONG = 0x04;
const REGISTER = 0x10;
const UNREGISTER = 0x11;
const OPEN = 0x12;
const RESULT = 0x1f;
const OFFER = 0x20;
const NOTIFY = 0x21;
const CLOSE = 0x22;
const SETTLED = 0x23;
const RELEASE = 0x24;

const NULL_FLAG = 1;
const RELEASE_FLAG = 2;
const ONLY_FLAG = 4;

const HEAD = 16;

interface Header {
  readonly [key: string]: unknown;
}

/** What happened on an end. */
export type Happening =
  | { readonly kind: 'offer'; readonly end: number; readonly registration: number; readonly name: string | null }
  | { readonly kind: 'notify'; readonly end: number; readonly sequence: number; readonly text: string | null }
  | {
      readonly kind: 'close';
      readonly end: number;
      readonly sequence: number;
      readonly cause: string;
      /** The last message; undefined for the release triple. */
      readonly text: string | null | undefined;
    };

export interface Interest {
  readonly name: string | null;
  /** 16 bytes as 32 hexadecimal digits. */
  readonly type: string;
  readonly everybody?: boolean;
  readonly answers?: boolean;
}

interface Settlement {
  readonly sequence: number;
  readonly resolve: (code: number) => void;
}

export class ThirdPartyClient {
  readonly #socket: WebSocket;
  readonly #closed: Promise<number>;
  server = '';
  #happenings: Happening[] = [];
  #wake = (): void => {};
  #welcomed = (): void => {};
  #lastRequest = 0;
  readonly #requests = new Map<number, (result: { readonly id: number; readonly code: number }) => void>();
  #lastPing = 0;
  readonly #pings = new Map<number, () => void>();
  readonly #numbers = new Map<number, number>();
  readonly #unsettled = new Map<number, Settlement[]>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = 'nodebuffer';
    socket.on('message', (data) => this.#read(data as Buffer));
    this.#closed = new Promise((resolve) => {
      socket.on('close', (code) => resolve(code));
    });
  }

  static async connect(url: string, user: string): Promise<ThirdPartyClient> {
    const socket = new WebSocket(url, 'spoolpipe.v1');
    const client = new ThirdPartyClient(socket);
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    const welcomed = new Promise<void>((resolve) => {
      client.#welcomed = resolve;
    });
    client.#send(HELLO, 0, 0, 0, { user, agent: 'third party' });
    await welcomed;
    return client;
  }

  // ------------------------------------------------------------------------------------------ writing

  #send(
    op: number,
    flags: number,
    id: number,
    sequence: number,
    header?: Header,
    payload: Uint8Array = Buffer.alloc(0),
  ): void {
    const map = header ? encode(header) : Buffer.alloc(0);
    const head = Buffer.alloc(HEAD);
    head.writeUInt8(op, 0);
    head.writeUInt8(flags, 1);
    head.writeUInt16BE(map.length, 2);
    head.writeUInt32BE(payload.length, 4);
    head.writeUInt32BE(id, 8);
    head.writeUInt32BE(sequence, 12);
    this.#socket.send(Buffer.concat([head, map, payload]));
  }

  #request(op: number, id: number, header?: Header): Promise<{ readonly id: number; readonly code: number }> {
    const request = ++this.#lastRequest;
    return new Promise((resolve) => {
      this.#requests.set(request, resolve);
      this.#send(op, 0, id, request, header);
    });
  }

  async register(number: number, interest: Interest): Promise<number> {
    return (await this.#request(REGISTER, number, mapOf(interest))).code;
  }

  async unregister(number: number): Promise<number> {
    return (await this.#request(UNREGISTER, number)).code;
  }

  /** Resolves with the sender's end. */
  async open(interest: Interest): Promise<number> {
    const { id, code } = await this.#request(OPEN, 0, mapOf(interest));
    if (code !== 0) throw new Error(`open: 0x${code.toString(16)}`);
    return id;
  }

  notify(end: number, text: string | null): Promise<number> {
    return this.#say(NOTIFY, end, text === null ? NULL_FLAG : 0, text ?? '');
  }

  /** Closes with a last message, or without one: then declining where the channel is nobody's. */
  close(end: number, text?: string): Promise<number> {
    return this.#say(CLOSE, end, text === undefined ? NULL_FLAG | RELEASE_FLAG : 0, text ?? '');
  }

  #say(op: number, end: number, flags: number, text: string): Promise<number> {
    const sequence = ((this.#numbers.get(end) ?? 0) + 1) >>> 0;
    this.#numbers.set(end, sequence);
    return new Promise((resolve) => {
      this.#unsettled.set(end, [...(this.#unsettled.get(end) ?? []), { sequence, resolve }]);
      this.#send(op, flags, end, sequence, undefined, Buffer.from(text));
    });
  }

  release(end: number, sequence: number, only = false): void {
    this.#send(RELEASE, only ? ONLY_FLAG : 0, end, sequence);
  }

  /** Resolves when the spooler has read everything sent before. */
  ping(): Promise<void> {
    const sequence = ++this.#lastPing;
    return new Promise((resolve) => {
      this.#pings.set(sequence, resolve);
      this.#send(PING, 0, 0, sequence);
    });
  }

  async leave(): Promise<number> {
    this.#socket.close(1000);
    return this.#closed;
  }

  /** As a process that is killed. */
  async die(): Promise<void> {
    this.#socket.terminate();
    await this.#closed;
  }

  // ------------------------------------------------------------------------------------------ reading

  #read(message: Buffer): void {
    for (let at = 0; at < message.length; ) {
      const headerLength = message.readUInt16BE(at + 2);
      const payloadLength = message.readUInt32BE(at + 4);
      const headerAt = at + HEAD;
      const payloadAt = headerAt + headerLength;
      const header = headerLength === 0 ? {} : (decode(message.subarray(headerAt, payloadAt)) as Header);
      const payload = message.subarray(payloadAt, payloadAt + payloadLength);
      const flags = message.readUInt8(at + 1);
      this.#record(
        message.readUInt8(at),
        flags,
        message.readUInt32BE(at + 8),
        message.readUInt32BE(at + 12),
        header,
        payload,
      );
      at = payloadAt + payloadLength;
    }
  }

  #record(op: number, flags: number, id: number, sequence: number, header: Header, payload: Buffer): void {
    const text = flags & RELEASE_FLAG ? undefined : flags & NULL_FLAG ? null : payload.toString();
    switch (op) {
      case WELCOME:
        this.server = String(header['server']);
        return this.#welcomed();
      case PING:
        return this.#send(PONG, 0, 0, sequence);
      case PONG:
        this.#pings.get(sequence)?.();
        this.#pings.delete(sequence);
        return;
      case RESULT:
        this.#requests.get(sequence)?.({ id, code: Number(header['code']) });
        this.#requests.delete(sequence);
        return;
      case OFFER:
        return this.#happened({
          kind: 'offer',
          end: id,
          registration: Number(header['registration']),
          name: header['name'] as string | null,
        });
      case NOTIFY:
        return this.#happened({ kind: 'notify', end: id, sequence, text: text ?? null });
      case CLOSE:
        return this.#happened({ kind: 'close', end: id, sequence, text, cause: String(header['cause']) });
      case SETTLED:
        return this.#settled(id, sequence, payloadCode(payload));
      default:
        throw new Error(`an op that version 1 does not have: ${op}`);
    }
  }

  #settled(end: number, upTo: number, code: number): void {
    const unsettled = this.#unsettled.get(end) ?? [];
    while (unsettled[0] && (upTo - unsettled[0].sequence) >>> 0 < 0x80000000) unsettled.shift()?.resolve(code);
  }

  #happened(happening: Happening): void {
    this.#happenings.push(happening);
    this.#wake();
  }

  /** What happened next, in order. */
  async next(): Promise<Happening> {
    for (;;) {
      const happening = this.#happenings.shift();
      if (happening) return happening;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function mapOf({ name, type, everybody = false, answers = false }: Interest): Header {
  return { name, type: Buffer.from(type, 'hex'), filter: everybody ? 1 : 0, style: answers ? 0 : 1 };
}

function payloadCode(payload: Buffer): number {
  return payload.length === 0 ? 0 : payload.readUInt32BE(0);
}
