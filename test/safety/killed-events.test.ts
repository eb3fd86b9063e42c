/**
 * A publisher, a live subscriber and one that the spooler starts for the event, in processes of their own from the package
 * as built; each is killed at each step. What must come of it is the table of docs/events.md, "When somebody dies".
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { defineEventClass, type Guid, outcomeOf } from '../../shared/index.ts';
import { ClassTable, createEventSystem, type EventReport } from '../../spooler/index.ts';
import { type Rig, startRig } from '../harness/index.ts';
import { Child } from './child.ts';
import { eventually } from './eventually.ts';

const script = (name: string): URL => new URL(name, import.meta.url);
/** Starting processes is most of the time a test takes. */
const ENOUGH = { timeout: 60_000 };
/** A jam in this tray is never dealt with. */
const HANG = 200;
const CLSID = '5d3a6a4e-4b3a-4f0e-9d53-0f5f6b8b6c01';
const A_MINUTE = 60_000;

const PrinterEvents = defineEventClass({
  name: 'Office.Printer',
  clsid: '5f3c1f0e-7a7c-4b52-9a3e-3d6a2f1f8c11',
  interfaces: {
    IPrinterEvents: { iid: '0d0a6f4e-52a7-4a0c-8a0b-0f3f6c1f2b9d', methods: { onPaperJam: { tray: 'u8' } } },
  },
});

async function hears(child: Child, expected: string): Promise<void> {
  const line = await child.line();
  if (line !== expected) throw new Error(`it said ${line} instead of ${expected}`);
}

class Office implements AsyncDisposable {
  readonly rig: Rig;
  readonly publisher: Child;
  /** What the program of the class has said. */
  readonly said: string[];
  readonly #log: EventReport[];
  readonly #folder: string;
  readonly #killed = new Set<number>();

  private constructor(rig: Rig, publisher: Child, said: string[], log: EventReport[], folder: string) {
    this.rig = rig;
    this.publisher = publisher;
    this.said = said;
    this.#log = log;
    this.#folder = folder;
  }

  /** A spooler that knows how to start the program of the class, and a publisher. */
  static async open(): Promise<Office> {
    const folder = await mkdtemp(join(tmpdir(), 'spoolpipe-killed-'));
    const command = [process.execPath, fileURLToPath(script('class-server.mjs')), join(folder, 'hold')];
    const said: string[] = [];
    const log: EventReport[] = [];
    const { services } = createEventSystem({
      log: (report) => log.push(report),
      classes: {
        table: new ClassTable([[CLSID, { kind: 'command', command }]]),
        url: () => rig.url,
        onLine: (line) => said.push(line.replace(`${CLSID}: `, '')),
      },
    });
    const rig: Rig = await startRig({ transport: 'websocket', services });
    const operator = await rig.publisher();
    await operator.catalogue.install(PrinterEvents);
    await operator.close();
    const publisher = Child.start(script('publisher.mjs'), [rig.url]);
    await hears(publisher, 'ready');
    return new Office(rig, publisher, said, log, folder);
  }

  async subscriber(): Promise<Child> {
    const child = Child.start(script('subscriber.mjs'), [this.rig.url]);
    await hears(child, 'subscribed');
    return child;
  }

  /** A subscription of the class, whose program does not run. */
  async subscribeClass(more: { readonly queued?: boolean } = {}): Promise<Guid> {
    const operator = await this.rig.subscriber();
    const id = await operator.subscribeClass({ eventClass: PrinterEvents, subscriberClsid: CLSID, ...more });
    await operator.close();
    return id;
  }

  /** From now on the program of the class does not get as far as serving it. */
  holdStart(): Promise<void> {
    return writeFile(join(this.#folder, 'hold'), '');
  }

  letStart(): Promise<void> {
    return rm(join(this.#folder, 'hold'));
  }

  /** The publisher's result for one event. */
  fire(tray: number): Promise<string> {
    return this.publisher.ask(`fire ${tray}`);
  }

  /** Resolves once the program of the class has said the line so many times. */
  async programSays(line: string | RegExp, times = 1): Promise<void> {
    const count = (): number =>
      this.said.filter((one) => (line instanceof RegExp ? line.test(one) : one === line)).length;
    await eventually(
      () => count() >= times,
      () => `${String(line)} in ${this.said.join(', ')}`,
    );
  }

  /** SIGKILL for the program of the class that was started last. */
  async killProgram(): Promise<void> {
    await this.programSays(/^started \d+$/, this.#killed.size + 1);
    const pid = this.#programs.at(-1);
    if (pid === undefined || this.#killed.has(pid)) throw new Error('the program does not run');
    this.#killed.add(pid);
    process.kill(pid, 'SIGKILL');
  }

  get #programs(): readonly number[] {
    return this.said.flatMap((line) => (/^started \d+$/.test(line) ? Number(line.slice('started '.length)) : []));
  }

  /** What the log says of failures, in order. */
  get failures(): readonly string[] {
    return this.#log.flatMap((report) => ('hresult' in report ? outcomeOf(report.hresult).code : []));
  }

  /** Resolves when only so many sessions of clients are left, and so many calls are under way. */
  async quiet(clients: number, held = 0): Promise<void> {
    const stats = () => this.rig.spooler.stats();
    await eventually(
      // Live objects have a channel each, and the event system one session for all of them.
      () => stats().sessions === clients + (stats().channels > 0 ? 1 : 0) && stats().heldObjects === held,
      () => JSON.stringify(stats()),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.publisher.kill();
    if (this.#programs.some((pid) => !this.#killed.has(pid))) await this.killProgram();
    await this.quiet(0);
    await this.rig.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

test(
  'EVC-8, EVC-10, EVC-81: nobody runs but the publisher; the spooler starts the subscriber, which delivers and is released',
  ENOUGH,
  async () => {
    await using office = await Office.open();
    await office.subscribeClass();
    await using live = await office.subscriber();
    expect(office.said).toEqual([]);
    expect(await office.fire(1)).toBe('S_OK');
    expect(await live.line()).toBe('called 1');
    await office.programSays('released');
    expect(await office.fire(2)).toBe('S_OK');
    expect(await live.line()).toBe('called 2');
    await office.programSays('released', 2);
    // One program, two objects.
    expect(office.said.filter((line) => line !== 'served')).toEqual([
      expect.stringMatching(/^started \d+$/),
      ...['called 1', 'released', 'called 2', 'released'],
    ]);
    await office.killProgram();
    await live.kill();
    await office.quiet(1);
  },
);

describe('the publisher is killed', () => {
  test(
    'EVC-7: while a subscriber is called: the others are still called, and the spooler keeps nothing',
    ENOUGH,
    async () => {
      await using office = await Office.open();
      await using slow = await office.subscriber();
      await using other = await office.subscriber();
      void office.fire(HANG).catch(() => {});
      expect(await slow.line()).toBe(`called ${HANG}`);
      await office.publisher.kill();
      await office.quiet(2, 1);
      await slow.kill();
      expect(await other.line()).toBe(`called ${HANG}`);
      expect(office.failures).toEqual(['RPC_E_DISCONNECTED']);
      await other.kill();
      await office.quiet(0);
    },
  );

  test.each(['transaction', 'record'])(
    'EVC-124, EVC-180: before its events have left (%s): none does',
    ENOUGH,
    async (how) => {
      await using office = await Office.open();
      await using live = await office.subscriber();
      expect(await office.publisher.ask(`${how} 1 2 3`)).toMatch(/^(open|recorded)$/);
      await office.publisher.kill();
      await office.quiet(1);
      await using second = Child.start(script('publisher.mjs'), [office.rig.url]);
      await second.line();
      expect(await second.ask('fire 9')).toBe('S_OK');
      expect(await live.line()).toBe('called 9');
    },
  );

  test.each([
    ['transaction', 'commit', 'committed'],
    ['record', 'release', 'posted'],
  ])('EVC-123, EVC-180: once they have left (%s): all of them come, in their order', ENOUGH, async (how, end, said) => {
    await using office = await Office.open();
    await using live = await office.subscriber();
    await office.publisher.ask(`${how} 1 2 3`);
    expect(await office.publisher.ask(end)).toBe(said);
    await office.publisher.kill();
    for (const tray of [1, 2, 3]) expect(await live.line()).toBe(`called ${tray}`);
  });
});

describe('the live subscriber is killed', () => {
  test('EVC-85: before the event: its subscription is gone', ENOUGH, async () => {
    await using office = await Office.open();
    await using live = await office.subscriber();
    expect(await office.fire(1)).toBe('S_OK');
    await live.kill();
    await office.quiet(1);
    expect(await office.fire(2)).toBe('EVENT_S_NOSUBSCRIBERS');
    expect(office.failures).toEqual([]);
  });

  test('EVC-66, EVC-67: while it is called: it has failed at once, the others get the event', ENOUGH, async () => {
    await using office = await Office.open();
    await using live = await office.subscriber();
    const alone = office.fire(HANG);
    expect(await live.line()).toBe(`called ${HANG}`);
    await live.kill();
    expect(await alone).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
    await using first = await office.subscriber();
    await office.subscribeClass();
    // The other one, which is started for it, hangs too, and is killed too.
    const fired = office.fire(HANG);
    expect(await first.line()).toBe(`called ${HANG}`);
    await first.kill();
    await office.programSays(`called ${HANG}`);
    await office.killProgram();
    expect(await fired).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
    await using last = await office.subscriber();
    expect(await office.fire(3)).toBe('S_OK');
    expect(await last.line()).toBe('called 3');
    expect(office.failures).toEqual(Array(3).fill('RPC_E_DISCONNECTED'));
  });

  test('EVC-82: after it has answered: it has got the event', ENOUGH, async () => {
    await using office = await Office.open();
    await using live = await office.subscriber();
    const fired = office.fire(5);
    expect(await live.line()).toBe('called 5');
    expect(await fired).toBe('S_OK');
    await live.kill();
    await office.quiet(1);
    expect(office.failures).toEqual([]);
  });
});

describe('the subscriber that the spooler starts is killed', () => {
  test(
    'EVC-81: before it serves its class: the event fails at once; with the next it is started again',
    ENOUGH,
    async () => {
      await using office = await Office.open();
      await office.subscribeClass();
      await office.holdStart();
      const fired = office.fire(1);
      await office.killProgram();
      expect(await fired).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
      expect(office.failures).toEqual(['CO_E_SERVER_EXEC_FAILURE']);
      await office.letStart();
      expect(await office.fire(2)).toBe('S_OK');
      await office.programSays('called 2');
    },
  );

  test('EVC-81: between two events: it is started again', ENOUGH, async () => {
    await using office = await Office.open();
    await office.subscribeClass();
    expect(await office.fire(1)).toBe('S_OK');
    await office.programSays('released');
    await office.killProgram();
    await office.quiet(1);
    expect(await office.fire(2)).toBe('S_OK');
    await office.programSays('called 2');
    await office.programSays(/^started/, 2);
    expect(office.failures).toEqual([]);
  });

  test(
    'EVC-81: while it is called: the event has failed at once; with the next it is started again',
    ENOUGH,
    async () => {
      await using office = await Office.open();
      await office.subscribeClass();
      const fired = office.fire(HANG);
      await office.programSays(`called ${HANG}`);
      await office.killProgram();
      expect(await fired).toBe('EVENT_E_ALL_SUBSCRIBERS_FAILED');
      expect(office.failures).toEqual(['RPC_E_DISCONNECTED']);
      expect(await office.fire(2)).toBe('S_OK');
      await office.programSays('released');
    },
  );

  test(
    'EVC-121, EVC-126: queued, while it is called: the publisher has its success, the event comes again a minute later, and those behind it in their order',
    ENOUGH,
    async () => {
      await using office = await Office.open();
      await office.subscribeClass({ queued: true });
      for (const tray of [HANG, 1, 2]) expect(await office.fire(tray)).toBe('S_OK');
      await office.programSays(`called ${HANG}`);
      await office.killProgram();
      await eventually(() => office.failures.length === 1);
      await office.quiet(1);
      expect(office.said.filter((line) => line.startsWith('called'))).toEqual([`called ${HANG}`]);
      office.rig.clock.advance(A_MINUTE);
      await office.programSays(`called ${HANG}`, 2);
      await office.killProgram();
      await eventually(() => office.failures.length === 2);
      expect(office.said.filter((line) => /^called (1|2)$/.test(line))).toEqual([]);
    },
  );
});

test(
  'the spooler is killed while a subscriber is called: the publisher is told at once (PAN-172)',
  ENOUGH,
  async () => {
    await using office = await Office.open();
    await using live = await office.subscriber();
    const fired = office.fire(HANG);
    expect(await live.line()).toBe(`called ${HANG}`);
    await office.rig.killSpooler();
    expect(await fired).toBe('CONNECTION_LOST');
  },
);
