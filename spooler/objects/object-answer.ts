/** What an object answers a call with: `{"hresult": 0}`, or with a `message` for people beside it. As hostile as any. */

import * as v from 'valibot';
import { SpoolError } from '../../shared/index.ts';

const answer = v.object({
  hresult: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff)),
  message: v.optional(v.string()),
});

const text = new TextDecoder('utf-8', { fatal: true });

/** The HRESULT. Throws `PROTOCOL_VIOLATED`. */
export function hresultIn(data: Uint8Array | null): number {
  try {
    return v.parse(answer, JSON.parse(text.decode(data ?? undefined))).hresult;
  } catch {
    throw new SpoolError('PROTOCOL_VIOLATED', { input: 'an answer to a call that is not {"hresult": …}' });
  }
}
