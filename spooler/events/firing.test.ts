import { expect, test } from 'vitest';
import { guid, hresultOf, outcomeOf } from '../../shared/index.ts';
import { Firing, PARALLEL } from './firing.ts';
import { type Fate, fateOf, SKIPPED } from './result.ts';

const subscription = (number: number): { id: ReturnType<typeof guid> } => ({
  id: guid(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`),
});
const [A, B, C] = [subscription(1), subscription(2), subscription(3)];
const FAILED = fateOf(hresultOf('E_FAIL'));

/** Delivers by remembering the order, each with the fate that is given for it. */
function deliveries(...fates: readonly [{ id: string }, ...Fate[]][]) {
  const order: string[] = [];
  const left = new Map(fates.map(([{ id }, ...each]) => [id, each]));
  const deliver = async ({ id }: { id: string }): Promise<Fate> => {
    order.push(`${id.slice(-1)} begins`);
    await Promise.resolve();
    order.push(`${id.slice(-1)} ends`);
    return left.get(id)?.shift() ?? fateOf(0);
  };
  return { order, deliver };
}

const codeOf = async (firing: Firing<{ id: ReturnType<typeof guid> }>): Promise<string> =>
  outcomeOf(await firing.result()).code;

test('EVC-60: serial, one subscriber after another, and the result comes after the last', async () => {
  const { order, deliver } = deliveries();
  const firing = new Firing(deliver, false);
  void firing.fireSubscription(A);
  void firing.fireSubscription(B);
  expect(await codeOf(firing)).toBe('S_OK');
  expect(order).toEqual(['1 begins', '1 ends', '2 begins', '2 ends']);
});

test('EVC-62: in parallel several are called at once, and never more than the bound', async () => {
  let now = 0;
  let most = 0;
  const firing = new Firing<{ id: ReturnType<typeof guid> }>(async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setImmediate(resolve));
    now--;
    return fateOf(0);
  }, true);
  for (let number = 1; number <= 3 * PARALLEL; number++) void firing.fireSubscription(subscription(number));
  expect(await codeOf(firing)).toBe('S_OK');
  expect(most).toBe(PARALLEL);
});

test('EVC-OPEN-7, decided: who comes after one that fails is still called', async () => {
  const { order, deliver } = deliveries([A, FAILED]);
  const firing = new Firing(deliver, false);
  void firing.fireSubscription(A);
  void firing.fireSubscription(B);
  expect(await codeOf(firing)).toBe('EVENT_S_SOME_SUBSCRIBERS_FAILED');
  expect(order).toContain('2 ends');
});

test('a fault of the event system is heard by whoever waits for the result, also long after it happened', async () => {
  const fault = new Error('paper jam');
  const firing = new Firing<{ id: ReturnType<typeof guid> }>(() => Promise.reject(fault), false);
  void firing.fireSubscription(A).catch(() => {});
  void firing.fireSubscription(B);
  await new Promise((resolve) => setImmediate(resolve));
  await expect(firing.result()).rejects.toBe(fault);
});

test('EVC-142: the order is that of the calls, and who is not asked for is not fired', async () => {
  const { order, deliver } = deliveries();
  const firing = new Firing(deliver, false);
  for (const one of [C, A]) void firing.fireSubscription(one);
  await firing.result();
  expect(order.filter((line) => line.endsWith('begins'))).toEqual(['3 begins', '1 begins']);
});

test('EVC-OPEN-18, decided: asking twice delivers once, with the same fate', async () => {
  const { order, deliver } = deliveries([A, fateOf(1)], [B, SKIPPED]);
  const firing = new Firing(deliver, false);
  expect(await firing.fireSubscription(A)).toEqual(await firing.fireSubscription(A));
  expect(await firing.fireSubscription(B)).toEqual(await firing.fireSubscription(B));
  await firing.result();
  expect(order).toHaveLength(4);
});

test('EVC-OPEN-18, decided: one that failed may be tried again, and the last fate counts', async () => {
  const { order, deliver } = deliveries([A, FAILED, fateOf(0)]);
  const firing = new Firing(deliver, true);
  const [first, second] = [firing.fireSubscription(A), firing.fireSubscription(A)];
  expect([(await first).kind, (await second).kind]).toEqual(['failed', 'delivered']);
  expect(await codeOf(firing)).toBe('S_OK');
  expect(order).toHaveLength(4);
});

test('EVC-OPEN-18, decided: a firing that is over delivers nothing more', async () => {
  const { order, deliver } = deliveries();
  const firing = new Firing(deliver, false);
  expect(await codeOf(firing)).toBe('EVENT_S_NOSUBSCRIBERS');
  await expect(firing.fireSubscription(A)).rejects.toMatchObject({ code: 'E_UNEXPECTED' });
  expect(order).toEqual([]);
});
