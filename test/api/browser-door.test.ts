/**
 * The browser's door at work, with `ws`'s class in the place of the browser's WebSocket: in this process, with time on demand, and as
 * built, in a realm that has nothing of Node (browser-page.mjs). A real browser is in test/browser/.
 */

import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { connectListener, createListener, dial, type Loss } from '../../client/listener.browser.ts';
import { connectPublisher } from '../../client/publisher.browser.ts';
import { connectSender, type SenderChannel } from '../../client/sender.ts';
import { connectSubscriber } from '../../client/subscriber.browser.ts';
import { NOTIFICATION_RELEASE, notificationType } from '../../shared/index.ts';
import { serve, TokenTable } from '../../spooler/index.ts';
import { FaultLink, Recorder, startRig } from '../harness/index.ts';
import { Child } from '../safety/child.ts';
import { eventually } from '../safety/eventually.ts';
import { PrinterEvents } from '../spec/events/printer-events.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const ORIGIN = 'https://print.example';
const TOKEN = 'A+token/of~ann==';

/** Says where its page is from, as a browser does, and has no more than a browser's. */
class PageSocket extends WebSocket {
  constructor(url: string | URL, protocols: string[]) {
    super(url, protocols, { origin: ORIGIN, perMessageDeflate: false });
  }
}

describe('in this process', () => {
  beforeEach(() => {
    vi.stubGlobal('WebSocket', PageSocket);
  });

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  const tokens = TokenTable.parse(
    JSON.stringify({ tokens: [{ token: TOKEN, user: 'ann', rights: ['listen', 'send'] }] }),
  );

  test('a token goes as a second protocol, whatever its characters, and the Origin decides', async () => {
    await using server = await serve({ port: 0, tokens, origins: [ORIGIN] });
    const listener = await connectListener(server.url, { token: TOKEN });
    expect(listener.user).toBe('ann');
    await listener.close();
    await expect(connectListener(server.url, { token: 'another-token-of-ann' })).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
    });
    await using elsewhere = await serve({ port: 0, tokens, origins: ['https://elsewhere.example'] });
    await expect(connectListener(elsewhere.url, { token: TOKEN })).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
  });

  test('EVC-5, EVC-82: a page publishes, and another subscribes', async () => {
    await using server = await serve({ port: 0, origins: [ORIGIN] });
    const [publisher, subscriber] = [await connectPublisher(server.url), await connectSubscriber(server.url)];
    const seen: number[] = [];
    await subscriber.catalogue.install(PrinterEvents);
    const specification = { eventClass: PrinterEvents, method: 'onPaperJam', filterCriteria: 'tray = 2' } as const;
    await subscriber.subscribe(specification, { onPaperJam: ({ tray }) => void seen.push(tray) });
    const events = publisher.events(PrinterEvents);
    for (const tray of [1, 2]) await events.onPaperJam({ tray });
    expect([seen, publisher.user]).toEqual([[2], 'anonymous']);
    await Promise.all([publisher.close(), subscriber.close()]);
  });

  test('decision 33: a page gets what was sent while it was away', async () => {
    await using server = await serve({ port: 0, origins: [ORIGIN] });
    const specification = { name: 'Lab', type, persistent: 'label-desk' };
    const page = await connectListener(server.url);
    await page.registerForNotifications(specification, new Recorder());
    await page.close();
    const sender = await connectSender(server.url, { user: 'anonymous' });
    const channel = await sender.createNotificationChannel({ name: 'Lab', type });
    await channel.sendNotification('paper jam');
    await sender.close();
    const [again, seen] = [await connectListener(server.url), new Recorder()];
    await again.registerForNotifications(specification, seen);
    expect(await seen.nextNotification()).toMatchObject({ text: 'paper jam', kept: { number: 1, redelivered: false } });
    expect(seen.recoveries).toMatchObject([{ recovered: true, pending: 1 }]);
    await again.close();
  });

  test('it pings with records, since a page has nothing else: an idle listener stays, a silent spooler is noticed (T3)', async () => {
    await using rig = await startRig({ transport: 'websocket', origins: [ORIGIN] });
    let link: FaultLink | undefined;
    const losses: Loss[] = [];
    const seen = rig.recorder();
    const listener = await createListener(
      async () => {
        link = new FaultLink(await dial(rig.url));
        return link;
      },
      { user: 'ann', clock: rig.clock, reconnect: false, onLost: (loss) => losses.push(loss) },
    );
    await listener.registerForNotifications({ name: 'Lab', type }, seen);
    for (let second = 0; second < 60; second++) {
      rig.clock.advance(1_000);
      await listener.roundTrip();
    }
    expect([losses, rig.spooler.stats().sessions]).toEqual([[], 1]);
    for (let beat = 0; beat < 5; beat++) {
      const before = link?.receivedBytes ?? 0;
      rig.clock.advance(5_000);
      // The heartbeat's own ping and its answer; nothing else is on the way.
      await eventually(() => (link?.receivedBytes ?? 0) > before);
    }
    expect(losses).toEqual([]);
    link?.goSilent();
    rig.clock.advance(9_999);
    expect(losses).toEqual([]);
    rig.clock.advance(1);
    expect(losses).toMatchObject([{ code: 4407, cause: 'lost' }]);
    expect(seen.closes).toMatchObject([
      { data: null, size: 0, type: NOTIFICATION_RELEASE, cause: 'lost', channel: null },
    ]);
    link?.cut();
    await listener.close();
  });

  test('what cannot be reached is CONNECTION_FAILED, what is given up CONNECTION_ENDED, and the signal is left alone', async () => {
    const server = await serve({ port: 0, origins: [ORIGIN] });
    const controller = new AbortController();
    const { signal } = controller;
    const link = await dial(server.url, { signal });
    const gone = new Promise((resolve) => {
      link.attach({ onMessage: () => {}, onAlive: () => {}, onDrain: () => {}, onClose: resolve });
    });
    link.close(1000, 'done');
    expect(await gone).toBe(1000);
    await server.close();
    await expect(dial(server.url, { signal })).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    await expect(dial('no address', { signal })).rejects.toMatchObject({ code: 'CONNECTION_FAILED' });
    await vi.waitFor(() => expect(getEventListeners(signal, 'abort')).toHaveLength(0));
    controller.abort();
    await expect(dial(server.url, { signal })).rejects.toMatchObject({ code: 'CONNECTION_ENDED' });
  });
});

/** Tells the page something, asks it something, and thanks it for the answer. */
async function talkTo(url: string): Promise<void> {
  await using sender = await connectSender(url, { user: 'ann' });
  const channel = await sender.createNotificationChannel({ name: 'Lab', type });
  await channel.sendNotification('paper jam');
  const answers = new Recorder<SenderChannel>();
  const dialogue = await sender.createNotificationChannel({ name: 'Lab', type, style: 'kBiDirectional' }, answers);
  await dialogue.sendNotification('retry?');
  expect((await answers.nextNotification()).text).toBe('yes');
  await dialogue.closeChannel('thanks');
}

test('as built, in a realm with nothing of Node: it registers both ways, answers, and hears the end', async () => {
  await using server = await serve({ port: 0, origins: [ORIGIN] });
  await using page = Child.start(new URL('browser-page.mjs', import.meta.url), [server.url, ORIGIN], {
    flags: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  });
  expect(await page.line()).toBe('recovered: false 0');
  expect(await page.line()).toBe('ready');
  await talkTo(server.url);
  for (const line of ['null: paper jam', 'asked: retry?', 'closed: thanks closed', 'left']) {
    expect(await page.line()).toBe(line);
  }
  expect(await page.ended()).toBe(0);
  expect(server.spooler.stats()).toMatchObject({ sessions: 0, registrations: 0, heldObjects: 0 });
});
