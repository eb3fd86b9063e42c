/**
 * Random records in random order through the outbox. What fails is printed with its seed; `FUZZ_RUNS` asks for more
 * runs.
 */

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { eachRecord, encodeRecord } from '../../shared/index.ts';
import { concat, Outbox } from '../../shared/outbox.ts';

const RUNS = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 2_000) };

type Step =
  | { readonly kind: 'write'; readonly record: readonly Uint8Array[] }
  | { readonly kind: 'cumulative'; readonly record: Uint8Array }
  | { readonly kind: 'flush' };

const cumulative = fc
  .oneof(
    fc.record({
      op: fc.constant('settled'),
      end: fc.constantFrom(7, 8),
      sequence: fc.nat(3),
      hresult: fc.constantFrom(0, 0x00040007),
    }),
    fc.record({
      op: fc.constant('release'),
      end: fc.constantFrom(7, 8),
      sequence: fc.nat(3),
      only: fc.constant(false),
    }),
  )
  .map((record) => concat(encodeRecord(record)));
/** Small ones that look like records, and large ones around the sizes at which the outbox behaves differently. */
const payload = fc.oneof(
  cumulative,
  fc.array(cumulative, { maxLength: 3 }).map((parts) => concat(parts)),
  fc.constantFrom(16_383, 16_384, 65_519, 65_520, 65_521).map((length) => new Uint8Array(length).fill(0x23)),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: cumulative.map((record): Step => ({ kind: 'cumulative', record })) },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(3), payload).map(
      ([sequence, data]): Step => ({
        kind: 'write',
        record: encodeRecord({ op: 'notify', end: 7, sequence, data, release: false }),
      }),
    ),
  },
  // The same bytes, but not to be merged.
  { weight: 1, arbitrary: cumulative.map((record): Step => ({ kind: 'write', record: [record] })) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'flush' }) },
);

/** Whether `later` says everything that `earlier` said: equal but for the sequence. */
function stands(earlier: Uint8Array, later: Uint8Array | undefined): boolean {
  return later?.length === earlier.length && earlier.every((byte, at) => (at >= 12 && at < 16) || byte === later[at]);
}

test('sends what was written, in order; only a cumulative record may go, directly before one that says it too', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const messages: Uint8Array[] = [];
      const sent: Uint8Array[] = [];
      const outbox = new Outbox({
        attach: () => {},
        send: (parts) => messages.push(concat(parts)),
        buffered: 0,
        pause: () => {},
        resume: () => {},
        close: () => {},
        terminate: () => {},
      });
      const written: { readonly record: Uint8Array; readonly cumulative: boolean; readonly turn: number }[] = [];
      let turn = 0;
      for (const one of steps) {
        if (one.kind === 'flush') turn++;
        else
          written.push({
            record: one.kind === 'write' ? concat(one.record) : one.record,
            cumulative: one.kind === 'cumulative',
            turn,
          });
        if (one.kind === 'write') outbox.write(one.record);
        else if (one.kind === 'cumulative') outbox.writeCumulative(one.record);
        else outbox.flush();
      }
      outbox.flush();
      for (const message of messages) {
        let records = 0;
        eachRecord(message, ({ bytes }) => {
          records++;
          sent.push(bytes);
        });
        // Filled to 64 KiB; what is larger is alone.
        expect(message.length <= 65_536 || records === 1).toBe(true);
      }
      // How much of what was sent may be explained by what was written so far.
      let explained = new Set([0]);
      for (const [index, { record, cumulative, turn }] of written.entries()) {
        const next = written[index + 1];
        const mayGo = cumulative && next?.cumulative === true && turn === next.turn && stands(record, next.record);
        const further = new Set<number>();
        for (const count of explained) {
          const candidate = sent[count];
          if (candidate && Buffer.compare(record, candidate) === 0) further.add(count + 1);
          if (mayGo) further.add(count);
        }
        explained = further;
      }
      expect([...explained]).toContain(sent.length);
    }),
    RUNS,
  );
});
