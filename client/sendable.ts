/** What can be sent, and how long it is borrowed. */

import { DataObject, type Guid } from '../shared/index.ts';

/**
 * What a send takes: bytes, text (sent as UTF-8), null (a NULL pointer, which is not the same as no bytes), or a data
 * object. Bytes are not copied: do not change them before the promise of the send has settled.
 */
export type Sendable = DataObject | Uint8Array | string | null;

const utf8 = new TextEncoder();

/** Of what is no data object: its bytes. */
export function bytesOf(sendable: Exclude<Sendable, DataObject>): Uint8Array | null {
  return typeof sendable === 'string' ? utf8.encode(sendable) : sendable;
}

/**
 * A data object with one reference for the send. Of a caller's object one reference is taken, which is given back when
 * the send is answered or fails; the caller keeps its own. Throws `USE_AFTER_RELEASE` for a dead one, and then takes
 * nothing. One that is made here nobody else can leak: no ledger knows of it.
 */
export function toDataObject(sendable: Sendable, type: Guid): DataObject {
  if (sendable instanceof DataObject) {
    sendable.addRef();
    return sendable;
  }
  return new DataObject({ type, data: bytesOf(sendable) });
}
