import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { guid } from '../../shared/index.ts';
import { Window } from './delivery.ts';
import { Registration } from './registration.ts';
import { RegistrationTable } from './registration-table.ts';
import type { Session } from './session.ts';

const INTEREST = {
  name: null,
  type: guid('00000000-0000-4000-8000-000000000001'),
  filter: 'kAllUsers',
  style: 'kUniDirectional',
} as const;

/** Registrations know their session, which nothing here looks at. */
function registration(number: number): Registration {
  return new Registration(number, {} as Session, INTEREST, new Window(1, 1, 1));
}

test('own decision: it is a map by number, whether it holds none, one or many', () => {
  const steps = fc.array(fc.record({ number: fc.integer({ min: 1, max: 4 }), clear: fc.nat(9) }), { maxLength: 40 });
  fc.assert(
    fc.property(steps, (all) => {
      const table = new RegistrationTable();
      const model = new Map<number, Registration>();
      for (const { number, clear } of all) {
        if (clear === 0) {
          table.clear();
          model.clear();
        } else if (model.has(number)) {
          table.delete(number);
          model.delete(number);
        } else {
          const one = registration(number);
          table.add(one);
          model.set(number, one);
          table.delete(number + 10);
        }
        expect([...table]).toEqual([...model.values()]);
        expect(table.size).toBe(model.size);
        for (let at = 0; at <= 5; at++) expect(table.get(at)).toBe(model.get(at));
      }
    }),
  );
});
