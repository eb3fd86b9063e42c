/** The head of a WebSocket frame, written and read, and what RFC 6455 allows to stand in it (section 5.2). */

export const OPCODES = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
/** Opcodes from here on are control frames. */
export const CONTROL_FROM = 8;
/** Bytes of the longest head: two, a length of eight, a key of four. */
export const MAX_FRAME_HEAD = 14;
export const MAX_CONTROL_PAYLOAD = 125;

/** WebSocket close codes that framing itself has. */
export const CLOSE_CODES = {
  protocolError: 1002,
  /** Never sent: a close frame without a code. */
  none: 1005,
  /** Never sent: the connection broke without a close frame. */
  broken: 1006,
  notText: 1007,
  tooMany: 1008,
  tooBig: 1009,
} as const;

/** Whether a close frame may carry the code. */
export function isCloseCode(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== CLOSE_CODES.none && code !== CLOSE_CODES.broken;
}

const FIN = 0x80;
const RESERVED = 0x70;
const MASKED = 0x80;
const SHORT = 126;
const LONG = 127;

export function frameHeadLength(payload: number, masked: boolean): number {
  return (payload < SHORT ? 2 : payload < 0x10000 ? 4 : 10) + (masked ? 4 : 0);
}

/** Writes the head of a frame that is a whole message; `key` where it is masked. Returns where the payload begins. */
export function writeFrameHead(target: Uint8Array, at: number, opcode: number, length: number, key?: number): number {
  const masked = key === undefined ? 0 : MASKED;
  let next = at + 2;
  target[at] = FIN | opcode;
  if (length < SHORT) {
    target[at + 1] = masked | length;
  } else if (length < 0x10000) {
    target[at + 1] = masked | SHORT;
    target[next++] = length >>> 8;
    target[next++] = length;
  } else {
    target[at + 1] = masked | LONG;
    const high = Math.floor(length / 2 ** 32);
    for (let shift = 24; shift >= 0; shift -= 8) target[next++] = high >>> shift;
    for (let shift = 24; shift >= 0; shift -= 8) target[next++] = length >>> shift;
  }
  if (key !== undefined) for (let shift = 0; shift < 32; shift += 8) target[next++] = key >>> shift;
  return next;
}

/** What a frame's head is held against. */
export interface FrameHeadRules {
  /** Whether the peer has to mask: clients must, servers must not. */
  readonly masked: boolean;
  /** Bytes of the largest message. */
  readonly maxMessage: number;
}

/** The head read last. */
export class FrameHead {
  fin = true;
  opcode = 0;
  /** Bytes of payload. */
  length = 0;
  /** The masking key, its first byte lowest; 0 where there is none. */
  key = 0;

  /**
   * Reads the head that begins at `from`. Returns how long it is; 0 where `to` comes before its end; a close code,
   * negative, as soon as what is there cannot be right. `inside`: a message in fragments is under way and has so many
   * bytes; -1: none is.
   */
  read(bytes: Uint8Array, from: number, to: number, { masked, maxMessage }: FrameHeadRules, inside: number): number {
    if (to - from < 2) return 0;
    const first = bytes[from] as number;
    const second = bytes[from + 1] as number;
    this.fin = (first & FIN) !== 0;
    this.opcode = first & 0x0f;
    let length = second & 0x7f;
    if ((first & RESERVED) !== 0 || (second & MASKED) !== (masked ? MASKED : 0)) return -CLOSE_CODES.protocolError;
    if (!this.#isAllowed(length, inside >= 0)) return -CLOSE_CODES.protocolError;

    let next = from + 2;
    if (length >= SHORT) {
      const wide = length === LONG;
      next += wide ? 8 : 2;
      if (to < next) return 0;
      length = wide ? uint64(bytes, next - 8) : ((bytes[next - 2] as number) << 8) | (bytes[next - 1] as number);
      if (length > Number.MAX_SAFE_INTEGER) return -CLOSE_CODES.tooBig;
    }
    if (this.opcode < CONTROL_FROM && length > maxMessage - Math.max(0, inside)) return -CLOSE_CODES.tooBig;
    this.length = length;
    this.key = 0;
    if (masked) {
      next += 4;
      if (to < next) return 0;
      for (let index = 4; index > 0; index--) this.key = (this.key << 8) | (bytes[next - 5 + index] as number);
    }
    return next - from;
  }

  #isAllowed(length: number, inside: boolean): boolean {
    switch (this.opcode) {
      case OPCODES.continuation:
        return inside;
      case OPCODES.text:
      case OPCODES.binary:
        return !inside;
      case OPCODES.close:
        return this.fin && length <= MAX_CONTROL_PAYLOAD && length !== 1;
      case OPCODES.ping:
      case OPCODES.pong:
        return this.fin && length <= MAX_CONTROL_PAYLOAD;
      default:
        return false;
    }
  }
}

/** Above 2^53 not exact, which is above every limit too. */
function uint64(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let index = at; index < at + 8; index++) value = value * 256 + (bytes[index] as number);
  return value;
}
