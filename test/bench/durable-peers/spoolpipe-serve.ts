/** This package: its command `serve` with a folder, at its defaults; a persistent registration with room for everything. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { connectListener } from '../../../client/listener.ts';
import { connectSender } from '../../../client/sender.ts';
import { VERSION } from '../../../shared/index.ts';
import type { BenchPipe, OnObject, Peer } from '../peer.ts';
import { type Program, startProgram } from '../peers/program.ts';
import { PRINTER, TYPE } from '../peers/spoolpipe.ts';

/** As built, from here when this is built too, and when it is not. */
const ENTRY = ['../../../bin/spoolpipe.js', '../../../dist/bin/spoolpipe.js']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path));

const RETENTION = { notifications: 1e9, bytes: 1e12, overflow: 'refuse' } as const;

function program(folder: string): Program {
  return {
    name: process.execPath,
    versionArgument: '--version',
    configure: () => '',
    argumentsOf: (_, port) => [
      // What this process was started with too, such as `--cpu-prof`.
      ...process.execArgv,
      ENTRY ?? '',
      'serve',
      '--port',
      String(port),
      '--data',
      folder,
    ],
    ready: /^ws:/m,
  };
}

export const spoolpipeServe: Peer = {
  name: 'spoolpipe',
  version: () => `spoolpipe ${VERSION}`,
  missing: () => (ENTRY === undefined ? 'it is not built: npm run build' : undefined),
  startBroker: (folder) => startProgram(program(folder)),
  durable: { acknowledges: 'after its sync', register: (url) => registerAbsent(url, PRINTER) },

  async connectSender(url) {
    const sender = await connectSender(url);
    const openPipe = () => openKeptPipe(sender, PRINTER);
    return { openPipe, openConversation: openPipe, close: () => sender.close() };
  },

  connectListener: (url, onObject) => comeBack(url, PRINTER, onObject),
};

/** A listener for what the printer sends makes itself known, and leaves. */
export async function registerAbsent(url: string, printer: string): Promise<void> {
  const listener = await comeBack(url, printer, () => {});
  await listener.close();
}

/** The same listener again. */
export async function comeBack(url: string, printer: string, onObject: OnObject): Promise<{ close(): Promise<void> }> {
  const listener = await connectListener(url);
  await listener.registerForNotifications(
    { name: printer, type: TYPE, persistent: { id: printer, retention: RETENTION } },
    {
      onEventNotify(_, data) {
        const lease = data.acquireData();
        if (lease.data) onObject(lease.data, () => {});
        lease.releaseData();
      },
    },
  );
  return listener;
}

/** Each `send` resolves when it is kept. */
export async function openKeptPipe(
  sender: Awaited<ReturnType<typeof connectSender>>,
  printer: string,
): Promise<BenchPipe> {
  const channel = await sender.createNotificationChannel({ name: printer, type: TYPE, overflow: 'wait' });
  return {
    async send(bytes) {
      const { code } = await channel.sendNotification(bytes);
      if (code !== 'S_OK') throw new Error(`not kept: ${code}`);
    },
  };
}
