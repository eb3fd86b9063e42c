/**
 * Whatever happens in whatever order, a persistent registration gives everything that was accepted, in order; what it gives
 * twice is marked, and what was acknowledged does not come again (T4, T10, decision 33).
 */

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { KeptNotification, Listener } from '../../../client/listener.ts';
import type { DataObject } from '../../../shared/index.ts';
import { read } from '../../harness/recorder.ts';
import { ENOUGH_TIME, seeded } from '../../model/seed.ts';
import { reconnect, startOffice, tell, type } from './office.ts';

type Step =
  | { readonly kind: 'send'; readonly count: number }
  /** The next notification is held, until everything is let go. */
  | { readonly kind: 'hold' }
  | { readonly kind: 'letGo' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'killSpooler' }
  /** The listener leaves in good order; another one attaches. */
  | { readonly kind: 'leave' }
  /** Another one attaches while this one is there. */
  | { readonly kind: 'takeOver' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('send' as const), count: fc.integer({ min: 1, max: 5 }) }) },
  ...(['hold', 'letGo', 'cut', 'wait', 'killSpooler', 'leave', 'takeOver'] as const).map((kind) => ({
    weight: 1,
    arbitrary: fc.constant({ kind }),
  })),
);

/** What all that ever listened was given, and what may be given yet. */
class Ledger {
  readonly texts: string[] = [];
  readonly faults: string[] = [];
  /** What somebody held when its attachment was over: it comes again. */
  readonly owed = new Set<number>();
  readonly #held = new Map<number, Disposable>();
  readonly #leases: Disposable[] = [];
  #acknowledged = 0;
  #holdsNext = false;

  given(data: DataObject, { number, redelivered }: KeptNotification): void {
    const { text } = read(data);
    const count = this.texts.length;
    if (number <= this.#acknowledged) this.faults.push(`${number} was acknowledged`);
    if (number <= count && !redelivered) this.faults.push(`${number} is not marked`);
    if (number <= count && text !== this.texts[number - 1]) this.faults.push(`${number} was another one`);
    if (number > count + 1) this.faults.push(`${number} after ${count}`);
    if (number > count) this.texts.push(text);
    this.owed.delete(number);
    if (this.#holdsNext) this.#held.set(number, data.acquireData());
    this.#holdsNext = false;
  }

  holdNext(): void {
    this.#holdsNext = true;
  }

  letGo(): void {
    for (const lease of [...this.#held.values(), ...this.#leases.splice(0)]) lease[Symbol.dispose]();
    this.#held.clear();
  }

  /** Everything is quiet, the attachment has given up to `last`: what nobody holds is acknowledged. */
  settled(last: number): void {
    const oldest = Math.min(...this.#held.keys());
    this.#acknowledged = Math.max(this.#acknowledged, Math.min(oldest - 1, last));
  }

  attachmentOver(): void {
    for (const number of this.#held.keys()) this.owed.add(number);
    this.#leases.push(...this.#held.values());
    this.#held.clear();
  }
}

async function enact(story: readonly Step[]): Promise<void> {
  await using rig = await startOffice();
  const ledger = new Ledger();
  let last = 0;
  const attach = async (): Promise<Listener> => {
    const listener = await rig.listener({ reconnect });
    const callback = {
      onEventNotify(_: null, data: DataObject, kept: KeptNotification): void {
        last = kept.number;
        ledger.given(data, kept);
      },
    };
    await listener.registerForNotifications({ name: 'Lab', type, persistent: 'label-desk' }, callback);
    return listener;
  };
  let listener = await attach();
  const accepted: string[] = [];
  const codes: string[] = [];
  const over = (): void => {
    ledger.settled(last);
    ledger.attachmentOver();
    last = 0;
  };
  const take = async (one: Step): Promise<void> => {
    switch (one.kind) {
      case 'send': {
        const texts = Array.from({ length: one.count }, (_, index) => `label ${accepted.length + index + 1}`);
        codes.push(...(await tell(rig, texts)));
        accepted.push(...texts);
        return;
      }
      case 'hold':
        return ledger.holdNext();
      case 'letGo':
        return ledger.letGo();
      case 'cut':
        over();
        return rig.cut(listener);
      case 'wait':
        return rig.advance(60_000);
      case 'killSpooler':
        over();
        await rig.killSpooler();
        return rig.startSpooler();
      case 'leave':
        over();
        await listener.close();
        await rig.settle();
        listener = await attach();
        return;
      case 'takeOver':
        over();
        // One that is away would come back, and take over itself.
        if (listener.state === 'away') await listener.close();
        listener = await attach();
    }
  };
  const atLast: Step[] = [{ kind: 'letGo' }, { kind: 'wait' }, { kind: 'letGo' }];
  for (const one of [...story, ...atLast]) {
    await take(one);
    await rig.settle();
  }
  expect([ledger.faults, ledger.owed.size]).toEqual([[], 0]);
  expect([ledger.texts, new Set(codes)]).toEqual([accepted, new Set(accepted.length > 0 ? ['S_OK'] : [])]);
  expect(await listener.persistentRegistrations()).toMatchObject([{ pending: 0, lost: 0, attached: true }]);
  // What was held when its connection was lost.
  rig.problems.splice(0, Number.POSITIVE_INFINITY, ...rig.problems.filter(({ kind }) => kind !== 'leak'));
}

test(
  'T4, T10: any story ends with everything given, in order',
  async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), enact), seeded(100));
  },
  ENOUGH_TIME,
);
