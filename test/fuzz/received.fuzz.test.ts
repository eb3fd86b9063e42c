/**
 * Deliveries that die in any order, and both halves of what is then given back. What fails is printed with its seed;
 * `FUZZ_RUNS` asks for more runs.
 */

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HeldReferences } from '../../shared/held-references.ts';
import type { DataObject, Release } from '../../shared/index.ts';
import { isUpTo } from '../../shared/sequence.ts';
import { ReceivingClient } from './receiving-client.ts';

const RUNS = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 1_000) };

/** The spooler's half, which knows what is held, and what of it is dead. */
class Counterpart {
  readonly held = new HeldReferences();
  readonly #deliveries: { end: number; sequence: number; size: number; diedAt: number | undefined }[] = [];

  deliver(end: number, sequence: number, size: number): { diedAt: number | undefined } {
    const delivery = { end, sequence, size, diedAt: undefined };
    this.held.hold(end, sequence, size);
    this.#deliveries.push(delivery);
    return delivery;
  }

  /** Throws `OVER_RELEASE` where nothing is held that it gives back. Returns whether all of it was dead. */
  released({ end, sequence, only }: Release): boolean {
    if (only) this.held.releaseOnly(end, sequence);
    else this.held.releaseUpTo(end, sequence);
    let dead = true;
    for (const delivery of this.#deliveries.splice(0)) {
      const goes = only ? delivery.sequence === sequence : isUpTo(delivery.sequence, sequence);
      if (delivery.end !== end || !goes) this.#deliveries.push(delivery);
      else dead &&= delivery.diedAt !== undefined;
    }
    return dead;
  }

  /** What is dead and was not given back. */
  kept(now: number): { readonly objects: number; readonly bytes: number; readonly longest: number } {
    const kept = this.#deliveries.filter(({ diedAt }) => diedAt !== undefined);
    const bytes = kept.reduce((sum, { size }) => sum + size, 0);
    return { objects: kept.length, bytes, longest: Math.max(0, ...kept.map(({ diedAt = now }) => now - diedAt)) };
  }
}

const size = fc.nat(5);
const end = fc.constantFrom(7, 8, 9);
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('deliver'), end, skip: fc.nat(2), size }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('refuse'), end, skip: fc.nat(2), size }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('die'), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('send') }) },
  // The end of an end: what is on its way, or in use, is given back all the same.
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('finish'), end }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait'), time: fc.constantFrom(1, 250, 499, 500, 501) }) },
);

test('everything is given back exactly once, dead and in time, in whatever order it dies', () => {
  const slack = fc.record({ objects: fc.nat(6), bytes: fc.nat(20) });
  const start = fc.constantFrom(1, 0x7ffffffa, 0xfffffffa);
  fc.assert(
    fc.property(slack, start, fc.array(step, { maxLength: 60, size: 'max' }), (slack, start, steps) => {
      const client = new ReceivingClient(slack);
      const spooler = new Counterpart();
      const alive: { readonly object: DataObject; readonly delivery: { diedAt: number | undefined } }[] = [];
      const next = new Map<number, number>();
      const number = (end: number, skip: number): number => {
        const sequence = ((next.get(end) ?? start) + skip) >>> 0;
        next.set(end, sequence + 1);
        return sequence;
      };
      const look = (): void => {
        for (const release of client.releases()) expect(spooler.released(release)).toBe(true);
        const { objects, bytes, longest } = spooler.kept(client.clock.now());
        expect(objects <= slack.objects && bytes <= slack.bytes && longest < 500).toBe(true);
      };
      const die = (which: number): void => {
        const [died] = alive.splice(which % Math.max(alive.length, 1), 1);
        if (!died) return;
        died.delivery.diedAt = client.clock.now();
        died.object.release();
      };
      for (const step of steps) {
        if (step.kind === 'deliver' || step.kind === 'refuse') {
          const { end, skip, size } = step;
          const sequence = number(end, skip);
          const delivery = spooler.deliver(end, sequence, size);
          if (step.kind === 'deliver') alive.push({ object: client.take(end, sequence, size), delivery });
          else {
            delivery.diedAt = client.clock.now();
            client.received.refuse(end, sequence, size);
          }
        } else if (step.kind === 'die') die(step.which);
        else if (step.kind === 'send') client.send();
        else if (step.kind === 'finish') client.received.finish(step.end);
        else client.clock.advance(step.time);
        look();
      }
      while (alive.length > 0) die(alive.length >> 1);
      client.clock.advance(500);
      look();
      expect(spooler.held).toMatchObject({ heldObjects: 0, heldBytes: 0 });
      expect([client.clock.pending, client.ledger.live]).toEqual([0, 0]);
    }),
    RUNS,
  );
});
