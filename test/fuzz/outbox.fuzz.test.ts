/**
 * Random records in random order through outboxes, alone and with batches that several share. What fails is printed
 * with its seed; `FUZZ_RUNS` asks for more runs.
 */

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Batch } from '../../shared/batch.ts';
import { encodeRecord, FLAGS, OPS, type WireRecord } from '../../shared/index.ts';
import { concat } from '../../shared/join.ts';
import { JOIN_LIMIT, Outbox } from '../../shared/outbox.ts';
import { OutboxLedger } from './outbox-ledger.ts';
import { RecordingLink } from './recording-link.ts';

const RUNS = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 1_000) };

/** Something that is done to an outbox, and noted. */
type Step = (outbox: Outbox, ledger: OutboxLedger) => void;

/** The reference. */
function encoded(record: WireRecord): Uint8Array {
  return concat(encodeRecord(record));
}

const end = fc.constantFrom(7, 8, 0xffffffff);
const sequence = fc.oneof(fc.nat(3), fc.constantFrom(0x80000000, 0xffffffff));
const cumulative = fc.oneof(
  fc.record({ op: fc.constant('settled'), end, sequence, hresult: fc.constantFrom(0, 0x00040007, 0x8007000e) }),
  fc.record({ op: fc.constant('release'), end, sequence, only: fc.constant(false) }),
);
/** Nothing, small ones that look like records, and large ones around the sizes at which the outbox behaves differently. */
const payload = fc.oneof(
  fc.constant(null),
  fc.constant(new Uint8Array(0)),
  cumulative.map(encoded),
  fc.array(cumulative.map(encoded), { maxLength: 3 }).map(concat),
  fc.constantFrom(16_383, 16_384, 30_000, 65_519, 65_520, 65_521).map((length) => new Uint8Array(length).fill(0x23)),
);
const carried = fc.record({
  op: fc.constantFrom('notify', 'close'),
  end,
  sequence,
  data: payload,
  release: fc.boolean(),
});

const carry = carried.map(
  (record): Step =>
    (outbox, ledger) => {
      outbox.carry(OPS[record.op], record.release ? FLAGS.release : 0, record.end, record.sequence, record.data);
      ledger.write(encoded(record));
    },
);
const accumulate = fc.tuple(cumulative, fc.boolean()).map(
  ([record, soon]): Step =>
    (outbox, ledger) => {
      if (record.op === 'release') outbox.release(record.end, record.sequence);
      else if (soon) outbox.settledSoon(record.end, record.sequence, record.hresult);
      else outbox.settled(record.end, record.sequence, record.hresult);
      ledger.write(encoded(record), true);
    },
);
/** Also those that look like cumulative ones, but are not to be replaced. */
const write = fc.oneof(carried, cumulative, cumulative).map(
  (record): Step =>
    (outbox, ledger) => {
      outbox.write(encodeRecord(record));
      ledger.write(encoded(record));
    },
);
/** Some records of a message that was received, each by itself; or all of it at once. */
const forward = fc
  .tuple(fc.array(fc.tuple(fc.oneof(carried, cumulative), fc.boolean()), { minLength: 1, maxLength: 5 }), fc.boolean())
  .map(([records, atOnce]): Step => {
    const message = concat(records.map(([record]) => encoded(record)));
    return (outbox, ledger) => {
      if (atOnce) {
        outbox.forward(message, 0, message.length);
        return ledger.write(message);
      }
      let from = 0;
      for (const [record, chosen] of records) {
        const bytes = encoded(record);
        if (chosen) {
          outbox.forward(message, from, from + bytes.length);
          ledger.write(bytes);
        }
        from += bytes.length;
      }
    };
  });
const flush = fc.constant<Step>((outbox, ledger) => {
  outbox.flush();
  ledger.flushed();
});
const step = fc.oneof(
  { weight: 4, arbitrary: accumulate },
  { weight: 3, arbitrary: carry },
  { weight: 2, arbitrary: write },
  { weight: 1, arbitrary: forward },
  { weight: 1, arbitrary: flush },
);

test('sends what was written, in order; only a cumulative record may go, directly before one that says it too', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30, size: 'max' }), (steps) => {
      const link = new RecordingLink();
      const outbox = new Outbox(link);
      const ledger = new OutboxLedger();
      for (const take of steps) take(outbox, ledger);
      outbox.flush();
      expect(ledger.faultIn(link.wholes)).toBeUndefined();
    }),
    RUNS,
  );
});

/** One end of a fan-out, and what it has collected since it last sent something. */
class Receiver {
  readonly link = new RecordingLink();
  readonly outbox = new Outbox(this.link);
  readonly ledger = new OutboxLedger();
  collected: (Batch | 'own')[] = [];

  own(take: Step): void {
    take(this.outbox, this.ledger);
    this.collected.push('own');
  }
}

/** A channel's side of it, as in spooler/core/unidirectional-channel. */
class Source {
  #batch: Batch | undefined;
  /** How many records each of its batches has got. */
  readonly #records = new Map<Batch, number>();
  /** The one array that whoever is sent just the whole of a batch must be given. */
  readonly #parts = new Map<Batch, readonly Uint8Array[]>();

  give(record: Uint8Array, receivers: readonly Receiver[]): void {
    const batch = this.#batchFor(record.length);
    // It lies somewhere in a message, as those do that are received.
    const message = concat([record, record, record]);
    batch.add(message, record.length, 2 * record.length);
    this.#records.set(batch, (this.#records.get(batch) ?? 0) + 1);
    for (const { outbox, ledger, collected } of receivers) {
      outbox.share(batch, record.length);
      ledger.write(record);
      collected.push(batch);
    }
  }

  #batchFor(length: number): Batch {
    if (this.#batch !== undefined && this.#batch.length + length <= JOIN_LIMIT) return this.#batch;
    const over = (): void => {
      if (this.#batch === batch) this.#batch = undefined;
    };
    const batch = new Batch(over);
    this.#batch = batch;
    queueMicrotask(over);
    return batch;
  }

  /** To be asked when the receiver was flushed: whoever had the whole of a batch and nothing else was sent one array. */
  sentTheSame({ link, collected }: Receiver): boolean {
    const [batch] = collected;
    if (batch === undefined || batch === 'own' || this.#records.get(batch) !== collected.length) return true;
    if (collected.some((one) => one !== batch)) return true;
    const parts = link.messages.at(-1) ?? [];
    const before = this.#parts.get(batch);
    this.#parts.set(batch, parts);
    // One alone may have it as it is.
    return before === undefined || (parts === before && Object.isFrozen(parts));
  }
}

const RECEIVERS = [0, 1, 2] as const;
type Interleaved =
  | { readonly kind: 'give'; readonly source: 0 | 1; readonly record: Uint8Array; readonly to: readonly number[] }
  | { readonly kind: 'own'; readonly step: Step; readonly by: number }
  | { readonly kind: 'flush'; readonly by: number }
  | { readonly kind: 'turnEnd' };

const receiver = fc.constantFrom(...RECEIVERS);
const interleaved: fc.Arbitrary<Interleaved> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('give'),
      source: fc.constantFrom(0, 1),
      record: carried.map(encoded),
      to: fc.oneof(fc.constant(RECEIVERS), fc.subarray([...RECEIVERS], { minLength: 1 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('own'), step: fc.oneof(accumulate, carry, write), by: receiver }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush'), by: receiver }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('turnEnd') }) },
);

test('each of those who share batches sends what it was given, in order; just a batch is the same array for all', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(interleaved, { maxLength: 30, size: 'max' }), async (steps) => {
      const receivers = RECEIVERS.map(() => new Receiver());
      const sources = [new Source(), new Source()] as const;
      const flushed = (one: Receiver): void => {
        for (const source of sources) expect(source.sentTheSame(one)).toBe(true);
        one.ledger.flushed();
        one.collected = [];
      };
      const turnEnd = async (): Promise<void> => {
        await Promise.resolve();
        // What may leave a little later stays.
        for (const one of receivers) if (!one.outbox.isWaiting) flushed(one);
      };
      for (const step of steps) {
        if (step.kind === 'turnEnd') await turnEnd();
        else if (step.kind === 'give') {
          const { source, record, to } = step;
          sources[source].give(
            record,
            receivers.filter((_, index) => to.includes(index)),
          );
        } else {
          const one = receivers[step.by];
          if (one && step.kind === 'own') one.own(step.step);
          if (one && step.kind === 'flush') {
            one.outbox.flush();
            flushed(one);
          }
        }
      }
      for (const { outbox } of receivers) outbox.flush();
      await turnEnd();
      for (const { ledger, link } of receivers) expect(ledger.faultIn(link.wholes, JOIN_LIMIT)).toBeUndefined();
    }),
    RUNS,
  );
});
