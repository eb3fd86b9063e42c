/** What the spooler refused to store is said again by itself. Decision 33. */

import { expect, test } from 'vitest';
import { notificationType, SpoolError } from '../../shared/index.ts';
import { type Rig, startRig } from '../../test/harness/index.ts';
import { giverOf, ScriptedRegistrations } from '../../test/spec/persistence/scripted-registrations.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const RUN = { redelivered: false, name: '\\\\server\\Lab', at: 1_000 };

/** A listener that has dealt with the first of two, which could not be stored. */
async function refused(rig: Rig, service: ScriptedRegistrations, reason = new SpoolError('STORE_FULL')) {
  const listener = await rig.listener({ reconnect: { random: () => 0 } });
  const registration = await listener.registerForNotifications(
    { name: 'Lab', type, persistent: 'label-desk' },
    rig.recorder(),
  );
  const giver = await giverOf(rig, service);
  service.store = () => Promise.reject(reason);
  await giver.heading({ ...RUN, first: 1, count: 2 });
  await giver.data('one');
  await rig.settle();
  expect(rig.problems.splice(0)).toMatchObject([
    { kind: 'notAcknowledged', what: 'notifications up to 1', reason: { code: reason.code } },
  ]);
  expect(service.acknowledged.splice(0)).toEqual([1]);
  return { listener, registration, giver };
}

test('after a wait that grows, until it is stored; and it is reported once', async () => {
  const service = new ScriptedRegistrations();
  await using rig = await startRig({ services: [() => service] });
  await refused(rig, service);
  for (const wait of [1_000, 2_000, 4_000]) {
    await rig.advance(wait - 1);
    expect(service.acknowledged).toEqual([]);
    await rig.advance(1);
    expect(service.acknowledged.splice(0)).toEqual([1]);
  }
  service.store = () => {};
  await rig.advance(8_000);
  expect(service.acknowledged.splice(0)).toEqual([1]);
  await rig.advance(600_000);
  expect(service.acknowledged).toEqual([]);
});

test('at least once a minute, however long it takes', async () => {
  const service = new ScriptedRegistrations();
  await using rig = await startRig({ services: [() => service] });
  await refused(rig, service);
  await rig.advance(600_000);
  service.acknowledged.length = 0;
  for (let minute = 0; minute < 3; minute++) {
    await rig.advance(60_000);
    expect(service.acknowledged.splice(0)).toEqual([1]);
  }
});

test('at once with the next that is done with, which takes the place of the wait', async () => {
  const service = new ScriptedRegistrations();
  await using rig = await startRig({ services: [() => service] });
  const { giver } = await refused(rig, service);
  await rig.advance(999);
  await giver.data('two');
  await rig.settle();
  expect(rig.problems.splice(0)).toMatchObject([{ kind: 'notAcknowledged', what: 'notifications up to 2' }]);
  service.store = () => {};
  await rig.advance(999);
  expect(service.acknowledged.splice(0)).toEqual([2]);
  await rig.advance(600_000);
  expect(service.acknowledged).toEqual([2]);
});

test('the waits begin anew after something was stored', async () => {
  const service = new ScriptedRegistrations();
  await using rig = await startRig({ services: [() => service] });
  const { giver } = await refused(rig, service);
  await rig.advance(3_000);
  service.store = () => {};
  await rig.advance(4_000);
  expect(service.acknowledged.splice(0)).toEqual([1, 1, 1]);
  service.store = () => Promise.reject(new SpoolError('STORE_FULL'));
  await giver.data('two');
  await rig.settle();
  expect(rig.problems.splice(0)).toMatchObject([{ kind: 'notAcknowledged', what: 'notifications up to 2' }]);
  service.store = () => {};
  await rig.advance(1_000);
  expect(service.acknowledged).toEqual([2, 2]);
});

test('not where its connection has ended: what comes again is another attachment', async () => {
  const service = new ScriptedRegistrations();
  await using rig = await startRig({ services: [() => service] });
  const { listener } = await refused(rig, service);
  rig.cut(listener);
  await rig.advance(600_000);
  expect([listener.state, service.attaches.length, service.acknowledged]).toEqual(['connected', 2, []]);
});

test('no wait is left when there is nobody to say it to', async () => {
  const service = new ScriptedRegistrations();
  await using rig = await startRig({ services: [() => service] });
  const { listener } = await refused(rig, service);
  const waits = (): number => rig.clock.timers().filter(({ setAt }) => setAt.includes('acknowledgements.ts')).length;
  expect(waits()).toBe(1);
  rig.cut(listener);
  await rig.settle();
  expect(waits()).toBe(0);
});

test('once more when it is detached, and then nobody waits for it', async () => {
  const service = new ScriptedRegistrations();
  await using rig = await startRig({ services: [() => service] });
  const { registration } = await refused(rig, service);
  await registration.detach();
  await rig.advance(600_000);
  expect(service.acknowledged).toEqual([1]);
});

test('not where the spooler knows the attachment no more', async () => {
  const service = new ScriptedRegistrations();
  await using rig = await startRig({ services: [() => service] });
  await refused(rig, service, new SpoolError('NOT_REGISTERED'));
  await rig.advance(600_000);
  expect(service.acknowledged).toEqual([]);
});
