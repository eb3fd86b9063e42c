/**
 * The machine's clock is set while a spooler runs (T13): nobody is lost, and nothing is due sooner or later for it. In one
 * process on the rig's clocks, and with a spooler of its own whose clock libfaketime sets.
 */

import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectJobs } from '../../client/jobs.ts';
import { connectListener } from '../../client/listener.ts';
import { connectPublisher } from '../../client/publisher.ts';
import { connectSender } from '../../client/sender.ts';
import { connectSubscriber } from '../../client/subscriber.ts';
import { type DataObject, defineEventClass, notificationType } from '../../shared/index.ts';
import { createEventSystem, createJobSystem, createPersistentRegistrations } from '../../spooler/index.ts';
import { serveOnFreePort } from '../cli/command.ts';
import { type Rig, startRig } from '../harness/index.ts';
import { eventually } from './eventually.ts';

const CLSID = '5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c0a';
const type = notificationType('SAMPLE_NOTIFICATION_UI');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const Jams = defineEventClass({
  name: 'Jams',
  clsid: '5f3c1f0e-7a7c-4b52-9a3e-3d6a2f1f8c1a',
  interfaces: { IJams: { iid: '0d0a6f4e-52a7-4a0c-8a0b-0f3f6c1f2b9a', methods: { onJam: {} } } },
});

/** Where Debian's package libfaketime puts it. */
const faketime = await (async (): Promise<string | undefined> => {
  if (process.platform !== 'linux') return undefined;
  const architectures = await readdir('/usr/lib').catch((): string[] => []);
  const paths = architectures.map((name) => join('/usr/lib', name, 'faketime', 'libfaketimeMT.so.1'));
  return paths.find((path) => existsSync(path));
})();

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'spoolpipe-clock-'));
});

afterAll(() => rm(root, { recursive: true, force: true }));

test.each([
  ['an hour ahead', HOUR],
  ['an hour back', -HOUR],
  ['a year ahead', 365 * 24 * HOUR],
])('own decision: the clock is set %s, and every session, retry, timeout and retention is as it was', async (_, by) => {
  const wall = { ahead: 0 };
  const ran: number[] = [];
  const program = '/bin/tell';
  const run = async (): Promise<boolean> => {
    ran.push(rig.clock.now());
    return false;
  };
  const events = createEventSystem();
  const jobSystem = createJobSystem({ events, folder: join(root, String(by)), programs: [program], run });
  const registrations = createPersistentRegistrations({ unattendedTime: 30 * MINUTE });
  await using rig: Rig = await startRig({
    services: [...events.services, ...jobSystem.services, ...registrations.services],
    wallClock: () => 365 * 24 * HOUR + rig.clock.now() + wall.ahead,
    limits: { heartbeatInterval: MINUTE },
  });

  // An event on its retry ladder.
  const publisher = await rig.publisher({ user: 'ann' });
  const subscriber = await rig.subscriber({ user: 'ann' });
  const tries: number[] = [];
  await publisher.catalogue.install(Jams);
  await subscriber.registerClass({ clsid: CLSID, eventClass: Jams }, () => ({
    onJam() {
      tries.push(rig.clock.now());
      return 0x80004005;
    },
  }));
  await subscriber.subscribeClass({ eventClass: Jams, subscriberClsid: CLSID, queued: true });
  await publisher.events(Jams).onJam();

  // A job that nobody could be told of, and one that its printer keeps waiting.
  const jobs = await rig.jobs({ user: 'ann' });
  await jobs.printers.add('Lab', { bytesPerSecond: 1_000_000_000, connectTime: 0 });
  await jobs.printers.add('Attic');
  await jobs.printers.setState('Attic', ['jam']);
  const [printed, stuck] = await Promise.all(
    ['Lab', 'Attic'].map((printer) => jobs.createJob({ printer, name: 'report' })),
  );
  if (!printed || !stuck) throw new Error('no jobs');
  await stuck.setNoProgressTimeout(25 * 60);
  await printed.setNotifyCmdLine(program, [program]);
  for (const job of [printed, stuck]) {
    await job.addFile('page', Buffer.from('page'));
    await job.resume();
  }
  const since = rig.clock.now();
  await eventually(async () => {
    await rig.advance(1);
    return (await stuck.getState()) === 'TRANSIENT_ERROR' && ran.length > 0;
  });
  /** The job is stuck since some moment between the two. */
  const until = rig.clock.now();

  // Somebody who is away, and somebody who listens.
  const away = await rig.listener({ user: 'ann' });
  await away.registerForNotifications({ name: 'Lab', type, persistent: 'desk' }, { onEventNotify: () => {} });
  await away.close();
  const listener = await rig.listener({ user: 'ann' });
  const seen = rig.recorder();
  await listener.registerForNotifications({ name: 'Lab', type }, seen);
  const sender = await rig.sender({ user: 'ann' });
  const channel = await sender.createNotificationChannel({ name: 'Lab', type });
  const sessions = rig.spooler.stats().sessions;
  const desks = async (): Promise<number> => (await listener.persistentRegistrations()).length;

  const minutes = (times: readonly number[]): number[] => times.map((time) => (time - (times[0] ?? 0)) / MINUTE);

  wall.ahead = by;
  await rig.advance(since + 25 * MINUTE - 1 - rig.clock.now());
  expect([await stuck.getState(), await desks()]).toEqual(['TRANSIENT_ERROR', 1]);
  expect([minutes(tries), minutes(ran)]).toEqual([
    [0, 1, 2, 3, 5, 7, 9, 13, 17, 21],
    [0, 10, 20],
  ]);
  await rig.advance(until + 25 * MINUTE - rig.clock.now());
  await eventually(async () => (await stuck.getState()) === 'ERROR');
  await rig.advance(4 * MINUTE);
  expect([minutes(tries).at(-1), await desks()]).toEqual([29, 1]);
  await rig.advance(31 * MINUTE);
  expect(await desks()).toBe(0);
  expect(rig.spooler.stats().sessions).toBe(sessions);
  expect([await printed.getState(), await stuck.getState()]).toEqual(['TRANSFERRED', 'ERROR']);
  await channel.sendNotification('still here');
  expect((await seen.nextNotification()).text).toBe('still here');
});

test.runIf(faketime)(
  'own decision: a spooler whose clock is set an hour ahead and back loses nobody, and tries nothing again for it',
  async () => {
    const file = join(root, 'offset');
    const set = (seconds: number): Promise<void> => writeFile(file, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    await set(0);
    const env = {
      LD_PRELOAD: faketime ?? '',
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    await using spooler = await serveOnFreePort(['--data', join(root, 'data')], 0, { env });
    const lost: string[] = [];
    const as = (name: string) => ({ user: 'ann', onLost: () => void lost.push(name) });
    const { url } = spooler;
    const [sender, listener] = [await connectSender(url, as('sender')), await connectListener(url, as('listener'))];
    const [publisher, subscriber] = [
      await connectPublisher(url, as('publisher')),
      await connectSubscriber(url, as('subscriber')),
    ];
    const jobs = await connectJobs(url, as('jobs'));
    const heard: string[] = [];
    await listener.registerForNotifications(
      { name: 'Lab', type },
      {
        onEventNotify(_, data: DataObject) {
          const lease = data.acquireData();
          heard.push(Buffer.from(lease.data ?? []).toString());
          lease.releaseData();
        },
      },
    );
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    let tries = 0;
    await publisher.catalogue.install(Jams);
    await subscriber.registerClass({ clsid: CLSID, eventClass: Jams }, () => ({
      onJam() {
        tries++;
        return 0x80004005;
      },
    }));
    await subscriber.subscribeClass({ eventClass: Jams, subscriberClsid: CLSID, queued: true });
    await publisher.events(Jams).onJam();
    await eventually(() => tries === 1);
    await jobs.printers.add('Lab');
    await jobs.printers.setState('Lab', ['jam']);
    /** What the spooler's clock says, in hours from this one's. */
    const ahead = async (): Promise<number> => {
      const { createdAt } = await (await jobs.createJob({ printer: 'Lab', name: 'clock' })).refresh();
      return Math.round((createdAt - Date.now()) / HOUR);
    };
    for (const hours of [0, 1, -1, 0]) {
      await set(hours * 3_600);
      await eventually(async () => (await ahead()) === hours);
      await channel.sendNotification(`${hours}`);
      await eventually(() => heard.at(-1) === `${hours}`);
    }
    expect([lost, tries]).toEqual([[], 1]);
    expect((await jobs.enumJobs()).length).toBeGreaterThanOrEqual(4);
    for (const client of [sender, listener, publisher, subscriber, jobs]) await client.close();
  },
  30_000,
);

test.skipIf(faketime)('what is skipped here: it takes the Debian package libfaketime', () => {
  expect(faketime).toBeUndefined();
});
