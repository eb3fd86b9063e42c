/** What a session does with a peer that has its say and reads nothing. Rigs have sockets that take everything. */

import { describe, expect, test } from 'vitest';
import {
  type ClientRecord,
  DEFAULT_LIMITS,
  decodeRecord,
  eachRecord,
  encodeRecord,
  type Link,
  type LinkHandlers,
  notificationType,
} from '../../shared/index.ts';
import { concat } from '../../shared/join.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { Spooler } from './spooler.ts';

const type = notificationType('SAMPLE_NOTIFICATION_UI');
const interest = { name: '\\\\localhost\\Lab', type, filter: 'kPerUser', style: 'kBiDirectional' } as const;
const { socketPauseBytes, socketBytes } = DEFAULT_LIMITS;

/** A link that says as much waits in it as it is told. */
class FullLink implements Link {
  buffered = 0;
  isPaused = false;
  closedWith: number | undefined;
  readonly received: Uint8Array[] = [];
  recycled = 0;
  #handlers: LinkHandlers | undefined;

  attach(handlers: LinkHandlers): void {
    this.#handlers = handlers;
  }
  send(parts: readonly Uint8Array[]): void {
    this.received.push(concat(parts).slice());
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  close(code: number): void {
    this.closedWith = code;
  }
  terminate(): void {}

  /** Whoever still needs what is given back sees it spoilt. */
  recycle(message: Uint8Array): void {
    message.fill(0xee);
    this.recycled++;
  }

  /** The peer says it. */
  says(record: ClientRecord): void {
    this.#handlers?.onMessage(concat(encodeRecord(record)));
  }
  /** The peer has read everything. */
  drains(): void {
    this.buffered = 0;
    this.#handlers?.onDrain();
  }
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Two peers in a conversation whose turn is the source's; returns the source's link and the channel's number. */
async function conversation() {
  const spooler = new Spooler({ clock: new ManualClock() });
  const [source, listener] = [new FullLink(), new FullLink()];
  for (const link of [source, listener]) {
    spooler.accept(link);
    link.says({ op: 'hello', user: 'ann' });
  }
  listener.says({ op: 'register', registration: 1, request: 1, interest });
  source.says({ op: 'open', end: 0, request: 1, interest });
  await turn();
  let end = 0;
  for (const message of source.received) {
    eachRecord(message, (raw) => {
      const record = decodeRecord(raw, 'spooler');
      if (record.op === 'result') end = record.id;
    });
  }
  return { source, listener, end };
}

const data = new Uint8Array(8);

describe('a peer that converses and does not read what it is told', () => {
  test('is not read from while too much waits in its socket, and is again when it has read', async () => {
    const { source, end } = await conversation();
    source.buffered = socketPauseBytes;
    source.says({ op: 'notify', end, sequence: 1, data, release: false });
    expect(source.isPaused).toBe(false);
    source.buffered = socketPauseBytes + 1;
    source.says({ op: 'notify', end, sequence: 2, data, release: false });
    expect(source.isPaused).toBe(true);
    source.drains();
    expect(source.isPaused).toBe(false);
  });

  test('the same for a message that is taken, whose S_OK waits for something to travel with', async () => {
    const { source, end } = await conversation();
    source.buffered = socketPauseBytes + 1;
    source.says({ op: 'notify', end, sequence: 1, data, release: false });
    expect(source.isPaused).toBe(true);
    expect(source.closedWith).toBeUndefined();
  });

  test('is cut when more waits than a socket may hold', async () => {
    const { source, end } = await conversation();
    source.buffered = socketBytes + 1;
    source.says({ op: 'notify', end, sequence: 1, data, release: false });
    await turn();
    expect(source.closedWith).toBe(4405);
  });
});

test('what a service was called with is never given back; what nobody refers to is', () => {
  const payloads: Uint8Array[] = [];
  const service = {
    name: 'Keeper',
    call(_: unknown, __: string, payload: Uint8Array) {
      payloads.push(payload);
      return new Promise<never>(() => {});
    },
  };
  const spooler = new Spooler({ clock: new ManualClock(), services: [() => service] });
  const link = new FullLink();
  spooler.accept(link, {});
  link.says({ op: 'hello', user: 'ann' });
  const payload = new Uint8Array(20_000).fill(7);
  link.says({ op: 'call', request: 1, service: 'Keeper', method: 'keep', payload });
  expect([payloads[0], link.recycled]).toEqual([payload, 0]);
  // On an end that is none.
  link.says({ op: 'notify', end: 99, sequence: 1, data: payload, release: false });
  expect(link.recycled).toBe(1);
});
