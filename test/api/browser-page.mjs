// A page: `node --experimental-vm-modules browser-page.mjs URL ORIGIN`. Loads the built door for browsers
// into a realm that has what browsers have and nothing of Node's, and runs a listener there.
import { readFile } from 'node:fs/promises';
import vm from 'node:vm';
import { WebSocket } from 'ws';

const [url, origin] = process.argv.slice(2);
const door = new URL('../../dist/client/listener.browser.js', import.meta.url);

/** Says where the page is from, as a browser does. */
class PageSocket extends WebSocket {
  constructor(address, protocols) {
    super(address, protocols, { origin, perMessageDeflate: false });
  }
}

const { AbortController, AbortSignal, btoa, crypto, performance, queueMicrotask, TextDecoder, TextEncoder } =
  globalThis;
const { setTimeout, clearTimeout, URL: Address } = globalThis;
const realm = vm.createContext({
  ...{ AbortController, AbortSignal, btoa, crypto, performance, queueMicrotask, TextDecoder, TextEncoder },
  ...{ setTimeout, clearTimeout, URL: Address, WebSocket: PageSocket },
  // One kind of bytes for the page and its socket, as in a browser.
  ...{ ArrayBuffer, Uint8Array },
  say: (line) => process.stdout.write(`${line}\n`),
  spooler: url,
});

const modules = new Map();

async function load(address) {
  const known = modules.get(address);
  if (known) return known;
  if (!address.startsWith('file:')) throw new Error(`a page cannot import ${address}`);
  const source = await readFile(new URL(address), 'utf8');
  const module = new vm.SourceTextModule(source, { context: realm, identifier: address });
  modules.set(address, module);
  return module;
}

/** What a bundler for browsers takes of an entry of an exports map: never what is for Node. */
function forBrowsers(entry) {
  if (typeof entry === 'string') return entry;
  const condition = ['browser', 'module', 'import', 'default'].find((one) => entry?.[one] !== undefined);
  return forBrowsers(entry[condition]);
}

async function link(specifier, { identifier }) {
  if (specifier.startsWith('.')) return load(new URL(specifier, identifier).href);
  const folder = new URL(`../../node_modules/${specifier}/`, import.meta.url);
  const { exports } = JSON.parse(await readFile(new URL('package.json', folder), 'utf8'));
  return load(new URL(forBrowsers(exports['.']), folder).href);
}

const page = new vm.SourceTextModule(
  `
import { connectListener, notificationType } from './listener.browser.js';
if (typeof process !== 'undefined' || typeof Buffer !== 'undefined' || typeof require !== 'undefined') throw new Error('this is Node');
const type = notificationType('SAMPLE_NOTIFICATION_UI');
const text = (object) => {
  const lease = object.acquireData();
  const text = new TextDecoder().decode(lease.data);
  lease.releaseData();
  return text;
};
const onProblem = ({ kind, reason }) => say(kind + ': ' + reason);
const listener = await connectListener(spooler, { user: 'ann', onProblem });
await listener.registerForNotifications({ name: 'Lab', type }, {
  onEventNotify: (channel, data) => say(channel + ': ' + text(data)),
});
const desk = await listener.registerForNotifications({ name: 'Lab', type, persistent: 'label-desk' }, {
  onEventNotify: () => say('nothing is sent yet'),
  recovered: ({ recovered, pending }) => say('recovered: ' + recovered + ' ' + pending),
});
await desk.unregisterForNotifications();
const closed = new Promise((resolve) => {
  listener.registerForNotifications({ name: 'Lab', type, style: 'kBiDirectional' }, {
    onEventNotify: async (channel, data) => {
      say('asked: ' + text(data));
      await channel.sendNotification('yes');
    },
    channelClosed: (channel, data, cause) => {
      say('closed: ' + text(data) + ' ' + cause);
      resolve();
    },
  }).then(() => say('ready'));
});
await closed;
await listener.roundTrip();
await listener.close();
say('left');
`,
  { context: realm, identifier: new URL('page.js', door).href },
);
// Whoever started it is gone, or it has come to its end.
process.stdin.on('end', () => process.exit()).resume();
process.stdin.unref?.();
await page.link(link);
await page.evaluate();
