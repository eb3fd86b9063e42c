/** From records to bytes. */

import { decodeRecord } from './decode-record.ts';
import { SpoolError } from './errors.ts';
import { guidToBytes } from './guid.ts';
import { packHeader, wideCount } from './header.ts';
import { type Carried, FLAGS, OPS, type Settled, SIDES, type WireRecord } from './ops.ts';
import { encodeHead, RawRecord, writeUint32 } from './record.ts';
import { CAUSES, type Cause, CONVERSATION_STYLES, type Interest, OVERFLOWS, USER_FILTERS } from './vocabulary.ts';

/** Packed once: at the end of a busy sender they are said ten thousand times in a row. */
const CLOSED_HEADERS: ReadonlyMap<Cause, Uint8Array> = new Map(CAUSES.map((cause) => [cause, packHeader({ cause })]));

/**
 * The bytes of a record: its head and header in one piece, then the payload itself, not a copy, where there is one.
 * Throws `E_INVALIDARG` for a client's request with a value that fits no record.
 */
export function encodeRecord(record: WireRecord): readonly Uint8Array[] {
  switch (record.op) {
    case 'hello': {
      const { user, instance, agent } = record;
      return readable(controlRecord(OPS.hello, 0, 0, { user, instance: instance && guidToBytes(instance), agent }));
    }
    case 'welcome': {
      const { user, server, limits, missed } = record;
      return controlRecord(OPS.welcome, 0, 0, {
        user,
        server,
        limits: {
          payload: wideCount(limits.payload),
          message: wideCount(limits.message),
          waitingObjects: wideCount(limits.waitingObjects),
          waitingBytes: wideCount(limits.waitingBytes),
          keptObjects: wideCount(limits.keptObjects),
          keptBytes: wideCount(limits.keptBytes),
        },
        missed: missed && { cause: missed.cause, count: wideCount(missed.count) },
      });
    }
    case 'ping':
    case 'pong':
      return [encodeHead({ op: OPS[record.op], id: 0, sequence: record.sequence }, 0)];
    case 'register':
      return readable(controlRecord(OPS.register, record.registration, record.request, packInterest(record.interest)));
    case 'unregister':
      return [encodeHead({ op: OPS.unregister, id: record.registration, sequence: record.request }, 0)];
    case 'open': {
      const overflow = record.overflow && OVERFLOWS[record.overflow];
      const { user } = record;
      return readable(
        controlRecord(OPS.open, record.end, record.request, { ...packInterest(record.interest), user, overflow }),
      );
    }
    case 'explain': {
      const { user, side } = record;
      return readable(
        controlRecord(OPS.explain, 0, record.request, { ...packInterest(record.interest), side: SIDES[side], user }),
      );
    }
    case 'status':
      return [encodeHead({ op: OPS.status, id: 0, sequence: record.request }, 0)];
    case 'call': {
      const { service, method, payload } = record;
      const header = packHeader({ service, method });
      const numbers = { op: OPS.call, id: 0, sequence: record.request };
      readable([encodeHead(numbers, 0, header)]);
      const head = encodeHead(numbers, payload.length, header);
      return payload.length === 0 ? [head] : [head, payload];
    }
    case 'result': {
      const code = packHeader({ code: record.hresult });
      const head = encodeHead({ op: OPS.result, id: record.id, sequence: record.request }, record.json.length, code);
      return record.json.length === 0 ? [head] : [head, record.json];
    }
    case 'offer': {
      const { registration } = record;
      return controlRecord(OPS.offer, record.end, 0, { ...packInterest(record.interest), registration });
    }
    case 'notify':
      return encodeCarried(OPS.notify, record, record.type && packHeader({ type: guidToBytes(record.type) }));
    case 'close':
      return encodeCarried(OPS.close, record, record.type && packHeader({ type: guidToBytes(record.type) }));
    case 'closed':
      return encodeCarried(OPS.close, record, CLOSED_HEADERS.get(record.cause));
    case 'settled':
      return [encodeSettled(record)];
    case 'release': {
      const flags = record.only ? FLAGS.only : 0;
      return [encodeHead({ op: OPS.release, flags, id: record.end, sequence: record.sequence }, 0)];
    }
  }
}

function controlRecord(op: number, id: number, sequence: number, fields: object): readonly Uint8Array[] {
  return [encodeHead({ op, id, sequence }, 0, packHeader(fields))];
}

/**
 * What a client asks for holds words of its user's. Where they are too long, or none, no peer would read the record: it
 * would end the session. Throws `E_INVALIDARG` instead.
 */
function readable(parts: readonly Uint8Array[]): readonly Uint8Array[] {
  try {
    for (const part of parts) decodeRecord(new RawRecord(part, 0), 'client');
  } catch {
    throw new SpoolError('E_INVALIDARG', { input: 'a value that does not fit a record' });
  }
  return parts;
}

function encodeCarried(
  op: number,
  { end, sequence, data, release }: Carried,
  header?: Uint8Array,
): readonly Uint8Array[] {
  const flags = (data === null ? FLAGS.null : 0) | (release ? FLAGS.release : 0);
  const length = data?.length ?? 0;
  const head = encodeHead({ op, flags, id: end, sequence }, length, header);
  return data === null || length === 0 ? [head] : [head, data];
}

function encodeSettled({ end, sequence, hresult }: Settled): Uint8Array {
  if (hresult === 0) return encodeHead({ op: OPS.settled, id: end, sequence }, 0);
  const bytes = new Uint8Array(20);
  bytes.set(encodeHead({ op: OPS.settled, id: end, sequence }, 4));
  writeUint32(bytes, 16, hresult);
  return bytes;
}

function packInterest({ name, type, filter, style }: Interest): object {
  return { name, type: guidToBytes(type), filter: USER_FILTERS[filter], style: CONVERSATION_STYLES[style] };
}
