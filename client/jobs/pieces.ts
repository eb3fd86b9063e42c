/** A document on its way to the spooler: cut into pieces that fit the payload of a call. */

/** Bytes, or what gives them one after another, such as a stream of a file. */
export type Content = Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Where a piece goes (docs/jobs.md). */
export interface Place {
  readonly job: string;
  readonly file: number;
  readonly offset: number;
  /** Whether the document is whole with it. */
  readonly last: boolean;
}

/** Bytes of one piece, where the spooler takes as many: what a slow line sends in a moment, so that others come between. */
const PIECE = 1024 * 1024;
/** What a payload has room for beside the bytes. */
const HEAD = 512;

const utf8 = new TextEncoder();

/** What is not read any more, because its reader was given up, ends. `payload` is the spooler's limit. */
export async function* piecesOf(content: Content, payload: number): AsyncGenerator<Uint8Array, void> {
  const most = Math.max(1, Math.min(PIECE, payload - HEAD));
  for await (const chunk of content instanceof Uint8Array ? [content] : content)
    for (let at = 0; at < chunk.length; at += most) yield chunk.subarray(at, at + most);
}

/** Bytes of a document that one answer of the spooler has room for, in base64. */
export function mostInAnswer(payload: number): number {
  return Math.max(1, Math.min(PIECE, Math.floor((payload - HEAD) / 4) * 3));
}

/** A line of JSON, and then the bytes. */
export function encodePiece(place: Place, bytes: Uint8Array): Uint8Array {
  const head = utf8.encode(`${JSON.stringify(place)}\n`);
  const payload = new Uint8Array(head.length + bytes.length);
  payload.set(head);
  payload.set(bytes, head.length);
  return payload;
}
