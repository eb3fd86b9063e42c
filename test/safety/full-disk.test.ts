/**
 * `spoolpipe serve --data` on a small disk that is filled under it: what wants to be kept is refused with its code, all
 * else goes on, nothing that was acknowledged is lost, and with room again everything works as before.
 */

import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectJobs } from '../../client/jobs.ts';
import { connectListener } from '../../client/listener.ts';
import { connectPublisher } from '../../client/publisher.ts';
import { connectSender } from '../../client/sender.ts';
import { connectSubscriber } from '../../client/subscriber.ts';
import { type DataObject, defineEventClass, notificationType } from '../../shared/index.ts';
import { serveOnFreePort } from '../cli/command.ts';
import { mounts, withDisk } from './disks.ts';
import { eventually } from './eventually.ts';
import { untilRefused } from './until-refused.ts';

/** MiB. */
const DISK = 48;
const CLSID = '5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c09';
const TYPE = notificationType('SAMPLE_NOTIFICATION_UI');
const KEPT = notificationType('MS_ASYNCNOTIFY_UI');
const LONG = 'x'.repeat(60_000);

const eventClass = (name: string, clsid: string, iid: string) =>
  defineEventClass({
    name,
    clsid,
    interfaces: { IPages: { iid, methods: { onPage: { text: 'string', page: 'u32' } } } },
  });
const Live = eventClass('Live', randomUUID(), randomUUID());
const Queued = eventClass('Queued', randomUUID(), randomUUID());

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'spoolpipe-full-'));
});

afterAll(() => rm(root, { recursive: true, force: true }));

/** What takes all the room that is left on a disk. */
class Ballast {
  readonly #path: string;

  /** `folder`: as the process sees it. */
  constructor(pid: number, folder: string) {
    this.#path = join('/proc', String(pid), 'root', folder, 'ballast');
  }

  async load(): Promise<void> {
    const file = await open(this.#path, 'w');
    try {
      for (const size of [1024 * 1024, 4096]) {
        const bytes = Buffer.alloc(size);
        while (await fits(file.write(bytes)));
      }
    } finally {
      await file.close();
    }
  }

  async drop(): Promise<void> {
    await rm(this.#path);
  }
}

async function fits(write: Promise<{ readonly bytesWritten: number }>): Promise<boolean> {
  try {
    return (await write).bytesWritten > 0;
  } catch (reason) {
    if (reason instanceof Error && 'code' in reason && reason.code === 'ENOSPC') return false;
    throw reason;
  }
}

function textOf(data: DataObject): string {
  const lease = data.acquireData();
  const text = Buffer.from(lease.data ?? []).toString();
  lease.releaseData();
  return text;
}

test.runIf(mounts)(
  'T11, own decision: a full disk refuses what wants to be kept, and costs nobody else anything; with room it goes on',
  async () => {
    const folder = join(root, 'disk');
    await mkdir(folder);
    const through = withDisk(folder, DISK);
    await using spooler = await serveOnFreePort(['--data', join(folder, 'data')], 0, { through });
    const ballast = new Ballast(spooler.process.pid, folder);
    const [url, as] = [spooler.url, { user: 'ann' }];
    const sender = await connectSender(url, as);
    const listener = await connectListener(url, as);
    const publisher = await connectPublisher(url, as);
    const subscriber = await connectSubscriber(url, as);
    const jobs = await connectJobs(url, as);
    const printer = 'Lab';

    // What nobody keeps.
    const heard: string[] = [];
    const hear = (_: unknown, data: DataObject): void => void heard.push(textOf(data));
    await listener.registerForNotifications({ name: printer, type: TYPE }, { onEventNotify: hear });
    await listener.registerForNotifications(
      { name: printer, type: TYPE, style: 'kBiDirectional' },
      { onEventNotify: (channel, data) => channel?.sendNotification(`re: ${textOf(data)}`) },
    );
    const channel = await sender.createNotificationChannel({ name: printer, type: TYPE });
    const bidirectional = { name: printer, type: TYPE, style: 'kBiDirectional' } as const;
    const conversation = await sender.createNotificationChannel(bidirectional, { onEventNotify: hear });
    await publisher.catalogue.install(Live);
    await subscriber.subscribe(
      { eventClass: Live },
      {
        onPage: ({ text }) => void (text.startsWith('no ') || heard.push(text)),
      },
    );
    let rounds = 0;
    const lives = async (): Promise<void> => {
      const round = ++rounds;
      heard.length = 0;
      await channel.sendNotification(`notified ${round}`);
      await conversation.sendNotification(`said ${round}`);
      expect(await publisher.events(Live).onPage({ text: `fired ${round}`, page: round })).toMatchObject({
        code: 'S_OK',
      });
      const expected = [`fired ${round}`, `notified ${round}`, `re: said ${round}`];
      await eventually(() => heard.length === expected.length);
      expect([...heard].sort()).toEqual(expected);
    };

    // What is kept, and nobody takes now.
    await publisher.catalogue.install(Queued);
    await subscriber.subscribeClass({ eventClass: Queued, subscriberClsid: CLSID, queued: true });
    await jobs.printers.add(printer, { bytesPerSecond: 1_000_000_000, connectTime: 0 });
    const desk = { name: printer, type: KEPT, persistent: 'desk' };
    const away = await connectListener(url, as);
    await away.registerForNotifications(desk, { onEventNotify: () => {} });
    await away.close();
    const keptChannel = await sender.createNotificationChannel({ name: printer, type: KEPT });
    const [events, kept]: [number[], string[]] = [[], []];
    const fire = async (page: number, text: string): Promise<void> => {
      await publisher.events(Queued).onPage({ text, page });
      events.push(page);
    };
    const keep = async (text: string): Promise<void> => {
      await keptChannel.sendNotification(text);
      kept.push(text);
    };
    const durable: Readonly<Record<string, (number: number) => Promise<unknown>>> = {
      'an event that is queued': (number) => fire(number, LONG),
      'a transaction': () =>
        publisher.transaction((transaction) => transaction.events(Live).onPage({ text: `no ${LONG}`, page: 0 })),
      'a send to a persistent registration': (number) => keep(`${number} ${LONG}`),
      install: (number) => publisher.catalogue.install(eventClass(`${number}`, randomUUID(), randomUUID())),
      'a persistent subscription': (number) =>
        subscriber.subscribeClass({ eventClass: Queued, subscriberClsid: CLSID, name: `${number}` }),
      print: async (number) => {
        const job = await jobs.createJob({ printer, name: `${number}` });
        await job.addFile('page', Buffer.from(LONG));
      },
    };
    await lives();
    await fire(1_000_000, 'before');
    await keep('before');

    await ballast.load();
    const refusals: Record<string, string> = {};
    for (const [name, what] of Object.entries(durable)) {
      refusals[name] = await untilRefused(what, lives);
      await lives();
    }
    expect(refusals).toEqual({
      // What a publisher hears of subscribers; the operator reads why.
      'an event that is queued': 'EVENT_E_ALL_SUBSCRIBERS_FAILED',
      'a transaction': 'STORE_FULL',
      'a send to a persistent registration': 'STORE_FULL',
      install: 'STORE_FULL',
      'a persistent subscription': 'STORE_FULL',
      print: 'STORE_FULL',
    });
    await spooler.process.says(/store: \[STORE_FULL\]/);

    await ballast.drop();
    for (const what of Object.values(durable)) await what(2_000_000);
    await lives();

    const [pages, given]: [number[], string[]] = [[], []];
    await subscriber.registerClass({ clsid: CLSID, eventClass: Queued }, () => ({
      onPage: ({ page }) => void pages.push(page),
    }));
    await listener.registerForNotifications(desk, { onEventNotify: (_, data) => void given.push(textOf(data)) });
    await eventually(() => pages.length >= events.length && given.length >= kept.length);
    expect([pages, given]).toEqual([events, kept]);
    for (const client of [sender, listener, publisher, subscriber, jobs]) await client.close();
  },
  60_000,
);

test.skipIf(mounts)('what is skipped here: it takes a root that may mount', () => {
  expect(mounts).toBe(false);
});
