/**
 * Overflow `wait` and what listeners keep back (PROTOCOL.md sections 5.9 and 6): whatever the bounds are, nobody waits for
 * it. What fails is printed with its seed; `FUZZ_RUNS` asks for more runs.
 */

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type DataObject, DEFAULT_LIMITS, type Limits, notificationType } from '../../shared/index.ts';
import { type Recorder, startRig } from '../harness/index.ts';

const RUNS = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 40) };

const type = notificationType('SAMPLE_NOTIFICATION_UI');

/** Uses objects for a while: as many as there may be besides what is kept back, and gives up any of them for a new one. */
class Pool {
  readonly #objects: DataObject[] = [];
  readonly #max: { readonly objects: number; readonly bytes: number };
  readonly #choices: readonly number[];
  #next = 0;

  constructor(limits: Limits, choices: readonly number[]) {
    const besides = (bound: number): number => bound - Math.floor(bound / 4) - 1;
    this.#max = {
      objects: besides(Math.min(limits.registrationHeldObjects, limits.sessionHeldObjects)),
      bytes: besides(Math.min(limits.registrationHeldBytes, limits.sessionHeldBytes)),
    };
    this.#choices = choices;
  }

  use(object: DataObject): void {
    object.addRef();
    this.#objects.push(object);
    while (this.#objects.length > this.#max.objects || this.#bytes > this.#max.bytes) this.#giveUp();
  }

  giveUpAll(): void {
    while (this.#objects.length > 0) this.#giveUp();
  }

  get #bytes(): number {
    return this.#objects.reduce((sum, { size }) => sum + size, 0);
  }

  #giveUp(): void {
    const choice = this.#choices[this.#next++ % this.#choices.length] ?? 0;
    const [object] = this.#objects.splice(choice % this.#objects.length, 1);
    object?.release();
  }
}

test('a sender that would rather wait than lose never waits for what is kept back', async () => {
  const bound = fc.integer({ min: 1, max: 20 });
  const bytes = fc.integer({ min: 1, max: 200 });
  const bounds = fc.record({
    registrationHeldObjects: bound,
    registrationHeldBytes: bytes,
    sessionHeldObjects: bound,
    sessionHeldBytes: bytes,
    queueLength: fc.integer({ min: 1, max: 3 }),
    queueBytes: fc.integer({ min: 1, max: 100 }),
    waitingObjects: bound,
    waitingBytes: bytes,
    keptObjects: fc.nat(20),
    keptBytes: fc.nat(200),
  });
  const sizes = fc.array(fc.oneof(fc.nat(5), fc.nat(80)), { minLength: 1, maxLength: 40, size: 'max' });
  const choices = fc.array(fc.nat(), { minLength: 1, maxLength: 20 });
  const slowness = fc.array(fc.nat(3), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(bounds, sizes, choices, slowness, async (bounds, sizes, choices, slowness) => {
      await using rig = await startRig({ limits: bounds, patience: 8_000 });
      let calls = 0;
      const pools: Pool[] = [];
      const seen: Recorder[] = [];
      for (let count = 0; count < 2; count++) {
        const pool = new Pool({ ...DEFAULT_LIMITS, ...bounds }, choices);
        const one = rig.recorder(async (_, object) => {
          if (object) pool.use(object);
          for (let turns = slowness[calls++ % slowness.length] ?? 0; turns > 0; turns--) await Promise.resolve();
        });
        await (await rig.listener()).registerForNotifications({ name: 'Lab', type }, one);
        pools.push(pool);
        seen.push(one);
      }
      const sender = await rig.sender();
      const open = () => sender.createNotificationChannel({ name: 'Lab', type, overflow: 'wait' });
      const channels = [await open(), await open()] as const;
      const texts = sizes.map((size, index) => `${index}`.padEnd(size, '.'));
      const answers = texts.map((text, index) => channels[index % 2 === 0 ? 0 : 1].sendNotification(text));
      // The clock stands still all the while.
      await rig.settle();
      expect(sender.stats().sends).toBe(0);
      expect((await Promise.all(answers)).every(({ code }) => code === 'S_OK')).toBe(true);
      for (const half of [0, 1]) {
        const expected = texts.filter((_, index) => index % 2 === half);
        const those = (text: string): boolean => Number.parseInt(text, 10) % 2 === half;
        for (const one of seen) expect(one.texts.filter(those)).toEqual(expected);
      }
      for (const pool of pools) pool.giveUpAll();
    }),
    RUNS,
  );
});
