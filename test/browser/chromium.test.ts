/** The listener as built, in a real browser, under a strict content security policy. Skipped where Debian's chromium is not installed. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectSender, notificationType } from '../../client/sender.ts';
import { type Server, serve } from '../../spooler/index.ts';
import { Recorder } from '../harness/index.ts';

const CHROMIUM = '/usr/bin/chromium';
const root = fileURLToPath(new URL('../..', import.meta.url));

/** The page registers both ways, answers the first question, and reports everything it was told. */
const PAGE = `
import { connectListener, notificationType } from '/dist/client/listener.browser.js';
const said = [];
const say = (line) => said.push(line);
const type = notificationType('SAMPLE_NOTIFICATION_UI');
const text = (data) => { const lease = data.acquireData(); const text = lease.data === null ? 'null' : new TextDecoder().decode(lease.data); lease.releaseData(); return text; };
const listener = await connectListener(new URLSearchParams(location.search).get('spooler'), { user: 'ann', heartbeat: { interval: 50, timeout: 5000 } });
await listener.registerForNotifications({ name: 'Lab', type }, { onEventNotify(channel, data) { say(\`\${channel}: \${text(data)}\`); } });
await listener.registerForNotifications({ name: 'Lab', type, style: 'kBiDirectional' }, {
  async onEventNotify(channel, data) { say(\`asked: \${text(data)}\`); await channel.sendNotification('retry'); },
  async channelClosed(channel, data, cause) {
    say(\`closed: \${text(data)} \${data.type} \${cause}\`);
    await fetch('/result', { method: 'POST', body: JSON.stringify(said) });
  },
});
await fetch('/ready', { method: 'POST' });
`;

let spooler: Server;
let pages: HttpServer;
let ready: Promise<void>;
let result: Promise<string[]>;

beforeAll(async () => {
  spooler = await serve({ port: 0 });
  let markReady: () => void;
  ready = new Promise((resolve) => {
    markReady = resolve;
  });
  let give: (said: string[]) => void;
  result = new Promise((resolve) => {
    give = resolve;
  });
  const imports = {
    msgpackr: '/node_modules/msgpackr/index.js',
    valibot: '/node_modules/valibot/dist/index.mjs',
    uuid: '/node_modules/uuid/dist/index.js',
  };
  const html = `<!doctype html><script type="importmap" nonce="n">${JSON.stringify({ imports })}</script><script type="module" src="/page.js"></script>`;
  pages = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://page').pathname);
    if (request.method === 'POST') {
      let body = '';
      request.on('data', (bytes: Buffer) => {
        body += bytes.toString();
      });
      request.on('end', () => {
        response.end();
        if (path === '/ready') markReady();
        else give(JSON.parse(body) as string[]);
      });
      return;
    }
    const script = { 'content-type': 'text/javascript' };
    if (path === '/') {
      const policy = `default-src 'none'; script-src 'self' 'nonce-n'; connect-src 'self' ${spooler.url}`;
      response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': policy }).end(html);
    } else if (path === '/page.js') {
      response.writeHead(200, script).end(PAGE);
    } else {
      readFile(join(root, path)).then(
        (bytes) => response.writeHead(200, script).end(bytes),
        () => response.writeHead(404).end(),
      );
    }
  });
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  pages.closeAllConnections();
  pages.close();
  await spooler.close();
});

test.skipIf(!existsSync(CHROMIUM))(
  'a page listens, answers, and is told of the end',
  async () => {
    const profile = await mkdtemp(join(tmpdir(), 'spoolpipe-chromium-'));
    const { port } = pages.address() as AddressInfo;
    const flags = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ];
    const address = `http://127.0.0.1:${port}/?spooler=${encodeURIComponent(spooler.url)}`;
    const browser: ChildProcess = spawn(CHROMIUM, [...flags, `--user-data-dir=${profile}`, address], {
      stdio: 'ignore',
    });
    const gone = new Promise<void>((resolve) => {
      browser.on('close', () => resolve());
    });
    try {
      await ready;
      const sender = await connectSender(spooler.url, { user: 'ann' });
      const type = notificationType('SAMPLE_NOTIFICATION_UI');
      const balloon = await sender.createNotificationChannel({ name: 'Lab', type });
      expect(await balloon.sendNotification('paper jam')).toMatchObject({ code: 'S_OK' });
      const answers = new Recorder<import('../../client/sender.ts').SenderChannel>();
      const question = await sender.createNotificationChannel({ name: 'Lab', type, style: 'kBiDirectional' }, answers);
      await question.sendNotification('retry?');
      expect((await answers.nextNotification()).text).toBe('retry');
      await sender.close();
      expect(await result).toEqual([
        'null: paper jam',
        'asked: retry?',
        'closed: null ba9a5027-a70e-4ae7-9b7d-eb3e06ad4157 left',
      ]);
    } finally {
      browser.kill('SIGKILL');
      await gone;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    }
  },
  60_000,
);
