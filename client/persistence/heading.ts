/** What comes before notifications on the channel of an attachment, read strictly. */

import * as v from 'valibot';
import { SpoolError } from '../../shared/index.ts';
import type { Attached, Heading } from '../../shared/persistence/registrations.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const atLeastOne = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

const HEADING = v.union([
  v.strictObject({
    first: atLeastOne,
    count: atLeastOne,
    redelivered: v.boolean(),
    name: v.nullable(v.string()),
    at: v.pipe(v.number(), v.finite()),
  }),
  v.strictObject({ lost: atLeastOne }),
  v.strictObject({ over: v.picklist(['taken', 'removed', 'failed']) }),
]);

/** What a later version says beyond this is let pass. */
const ATTACHED = v.object({ recovered: v.boolean(), pending: count, lost: count, next: atLeastOne });

/** Bytes of a heading; a name of the greatest length, with every character escaped, takes fewer. */
const MOST = 16 * 1024;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Throws `PROTOCOL_VIOLATED` for what is no heading. */
export function headingOf(bytes: Uint8Array | null): Heading {
  const parsed = v.safeParse(HEADING, jsonOf(bytes));
  if (!parsed.success) throw violation();
  return parsed.output;
}

/** Throws `PROTOCOL_VIOLATED`. */
export function attachedOf(json: unknown): Attached {
  const parsed = v.safeParse(ATTACHED, json);
  if (!parsed.success) throw new SpoolError('PROTOCOL_VIOLATED', { input: 'the answer to attach' });
  return parsed.output;
}

/** Undefined, which no schema takes, where it is no JSON. */
function jsonOf(bytes: Uint8Array | null): unknown {
  try {
    return bytes === null || bytes.length > MOST ? undefined : JSON.parse(utf8.decode(bytes));
  } catch {
    return undefined;
  }
}

export function violation(): SpoolError {
  return new SpoolError('PROTOCOL_VIOLATED', { input: 'a heading of a persistent registration' });
}
