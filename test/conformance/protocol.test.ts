/**
 * PROTOCOL.md sections 1 to 5, heading by heading, against the real spooler on the raw wire. Sections 6 to 8 are in
 * `protocol-lives.test.ts`, 9 and 10 in `protocol-doors.test.ts`, 11 in `protocol-crossing.test.ts`.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  type ClientRecord,
  CONVERSATION_STYLES,
  FLAGS,
  hresultOf,
  type Interest,
  NOTIFICATION_RELEASE,
  OPS,
  OVERFLOWS,
  outcomeOf,
  type Result,
  USER_FILTERS,
} from '../../shared/index.ts';
import { startRig, TRANSPORTS } from '../harness/index.ts';
import type { InvalidVector, ValidVector } from './vectors/bytes.ts';
import {
  BIDIRECTIONAL,
  brief,
  bytesOf,
  closesIn,
  LAB,
  OTHER_TYPE,
  offersIn,
  settledIn,
  TYPE,
  UNIDIRECTIONAL,
  WirePeer,
} from './wire-peer.ts';

const document = readFileSync(new URL('../../PROTOCOL.md', import.meta.url), 'utf8');
const vectorsFile = new URL('../../shared/vectors/records.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(vectorsFile, 'utf8')) as {
  vectors: readonly (ValidVector | InvalidVector)[];
};

/** Hexadecimal digits as a message. */
function message(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

function codeOf({ hresult }: Result): string {
  return outcomeOf(hresult).code;
}

/** Broken messages that begin with a whole record, and its answer. */
const WHOLE_BEFORE: Readonly<Record<string, readonly string[]>> = {
  'a byte after a record': ['pong 0'],
  'a second head cut short': ['pong 0'],
  'a payload shorter than what follows: the rest is no record': ['settled 7 #1 CHANNEL_NOT_OPENED'],
};

const OFFERED_TWICE: Interest = { ...BIDIRECTIONAL, name: null };

test('every heading of the document with something to prove has its describe', () => {
  const folder = new URL('.', import.meta.url);
  const tests = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
  const sources = tests.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n');
  const headings = [...document.matchAll(/^##+ (\d+\.[\d.]* .+)$/gm)].map(([, heading = '']) =>
    heading.replaceAll('`', ''),
  );
  expect(headings.length).toBeGreaterThan(20);
  const missing = headings.filter(
    (heading) => !["'", '"'].some((quote) => sources.includes(`describe(${quote}${heading}${quote}`)),
  );
  // Titles of groups.
  expect(missing).toEqual(['5. Records', '7. Lives']);
});

describe.each(TRANSPORTS)('over %s', (transport) => {
  describe('1. Terms', () => {
    test("an end is a number: the sender's is the channel's, and so is the first of everybody else (PAN-16)", async () => {
      await using rig = await startRig({ transport });
      await using bob = await WirePeer.join(rig);
      await bob.register(1, BIDIRECTIONAL);
      await using ann = await WirePeer.join(rig);
      const { id: channel } = await ann.open(BIDIRECTIONAL);
      expect(offersIn(await bob.exchange()).map(({ end }) => end)).toEqual([channel]);
    });

    test('each further end of one client gets a number of its own: sender and listener, or two registrations that match', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      await using bob = await WirePeer.join(rig);
      for (const peer of [ann, bob]) {
        await peer.register(1, BIDIRECTIONAL);
        await peer.register(2, OFFERED_TWICE);
      }
      const [opened] = await ann.exchange({ op: 'open', end: 0, request: 9, interest: BIDIRECTIONAL });
      const channel = (opened as Result).id;
      const own = offersIn(ann.records);
      const others = offersIn(await bob.exchange());
      expect(own.map(({ registration }) => registration)).toEqual([1, 2]);
      expect(others.map(({ registration }) => registration)).toEqual([1, 2]);
      expect(others[0]?.end).toBe(channel);
      const further = [own[0]?.end, own[1]?.end, others[1]?.end];
      expect(new Set([channel, ...further]).size).toBe(4);
      for (const number of further) expect(number).toBeGreaterThan(channel);
    });

    test('a sender that listens to its own channel answers itself, each role on its own number', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      await ann.register(1, BIDIRECTIONAL);
      const { id: channel } = await ann.open(BIDIRECTIONAL);
      const [offer] = offersIn(ann.records);
      const end = offer?.end ?? 0;
      ann.news();
      expect(brief(await ann.exchange(ann.notify(channel, 'q')))).toEqual([
        `notify ${end} #1 "q"`,
        `settled ${channel} #1 S_OK`,
      ]);
      expect(brief(await ann.exchange(ann.notify(end, 'a')))).toEqual([
        `notify ${channel} #1 "a"`,
        `settled ${end} #1 S_OK`,
      ]);
    });
  });

  describe('2. Transport', () => {
    test('a message is one or more records, processed in order', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.connect(rig);
      ann.send(
        { op: 'hello', user: 'ann' },
        { op: 'register', registration: 1, request: 1, interest: UNIDIRECTIONAL },
        { op: 'open', end: 0, request: 2, interest: UNIDIRECTIONAL },
        { op: 'notify', end: 1, sequence: 1, data: bytesOf('jam'), release: false },
      );
      expect(brief(await ann.exchange())).toEqual([
        'welcome ann',
        'result 1 of 1 S_OK',
        'result 1 of 2 S_OK',
        'offer 2 to 1',
        'notify 2 #1 "jam"',
        'settled 1 #1 S_OK',
      ]);
    });

    test('an empty message is malformed: 4400', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      ann.sendBytes(new Uint8Array(0));
      expect(await ann.closed).toEqual({ code: 4400, reason: 'not a record' });
    });

    test('a message as large as limits.message passes, one byte more ends with 1009', async () => {
      await using rig = await startRig({ transport, limits: { message: 4096, payload: 1024 } });
      await using ann = await WirePeer.connect(rig);
      const [welcome] = await ann.exchange({ op: 'hello', user: 'ann' });
      expect(welcome).toMatchObject({ limits: { message: 4096 } });
      const ofLength = (length: number): ClientRecord => {
        const data = new Uint8Array(length - 16);
        return { op: 'notify', end: 9, sequence: 1, data, release: false };
      };
      ann.send(ofLength(4096));
      expect(brief(await ann.exchange())).toEqual(['settled 9 #1 CHANNEL_NOT_OPENED']);
      ann.send(ofLength(4097));
      expect((await ann.closed).code).toBe(1009);
    });
  });

  describe('3. Record', () => {
    const valid = vectors.filter((vector) => 'records' in vector && vector.direction === 'client') as ValidVector[];
    const invalid = vectors.filter((vector) => 'error' in vector && vector.direction === 'client') as InvalidVector[];

    test('each broken message ends its own session with the exact code, and nothing else changes for anybody (T7)', async () => {
      await using rig = await startRig({ transport });
      await using bystander = await WirePeer.join(rig, 'bob');
      await bystander.register(1);
      const { id: channel } = await bystander.open(UNIDIRECTIONAL);
      await bystander.exchange(bystander.notify(channel, 'held'));
      const before = rig.spooler.stats();
      expect(before).toMatchObject({ sessions: 1, registrations: 1, channels: 1, ends: 2, heldObjects: 1 });
      const codes = { MALFORMED: 4400, OUT_OF_STATE: 4402 };
      const answers: unknown[] = [];
      for (const { name, hex } of invalid) {
        await using ann = await WirePeer.join(rig);
        ann.sendBytes(message(hex));
        answers.push({ name, ...(await ann.closed), answered: brief(ann.news()) });
      }
      expect(answers).toEqual(
        invalid.map(({ name, error }) => ({
          name,
          code: codes[error],
          reason: error === 'MALFORMED' ? 'not a record' : 'a record that may not be sent now',
          answered: WHOLE_BEFORE[name] ?? [],
        })),
      );
      expect(rig.spooler.stats()).toEqual(before);
      expect(await bystander.exchange()).toEqual([]);
      const ended = rig.events.filter((event) => event.kind === 'sessionEnded');
      expect(ended).toHaveLength(invalid.length);
      expect(new Set(ended.map(({ cause }) => cause))).toEqual(new Set(['faulty']));
    });

    test('no valid message is malformed, whatever else may be wrong with it', async () => {
      await using rig = await startRig({ transport });
      const codes: unknown[] = [];
      for (const { name, hex, records } of valid) {
        const greets = records[0]?.['op'] === 'hello';
        await using ann = greets ? await WirePeer.connect(rig) : await WirePeer.join(rig);
        ann.sendBytes(message(hex));
        const alive = await ann.exchange().then(
          () => 'open',
          () => 'closed',
        );
        codes.push({ name, code: alive === 'open' ? undefined : (await ann.closed).code });
      }
      const expected = valid.map(({ name, records }) => {
        const ops = records.map(({ op }) => op);
        const nobody = ops[0] === 'hello' && records[0]?.['user'] === undefined;
        // Nobody is greeted without a user here, and nothing is held that could be released.
        return { name, code: nobody ? 4403 : ops.includes('release') ? 4404 : undefined };
      });
      expect(codes).toEqual(expected);
    });

    test('records before a broken one in the same message count, nothing after it does', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      const ping = '03000000000000000000000000000007';
      ann.sendBytes(message(`${ping}${ping.replace('03', '40')}${ping.replace(/07$/, '08')}`));
      expect((await ann.closed).code).toBe(4402);
      expect(brief(ann.news())).toEqual(['pong 7']);
    });

    test('null, no bytes, and bytes of every kind arrive as they were sent (PAN-10, PAN-51)', async () => {
      await using rig = await startRig({ transport });
      await using bob = await WirePeer.join(rig);
      await bob.register(1);
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open();
      const payloads = [
        null,
        new Uint8Array(0),
        new Uint8Array(256).map((_, byte) => byte),
        new Uint8Array(100_000).fill(0xc1),
      ];
      for (const [index, data] of payloads.entries())
        await ann.exchange({ op: 'notify', end, sequence: index + 1, data, release: false });
      const received = (await bob.exchange()).filter((record) => record.op === 'notify');
      expect(received.map(({ data }) => data && Buffer.from(data).toString('hex'))).toEqual(
        payloads.map((data) => data && Buffer.from(data).toString('hex')),
      );
    });

    test("a flag is a bit of its own: the document's numbers are the code's", () => {
      const rows = [...document.matchAll(/^\| 0x(\d\d) \| `(null|release|only)` \| (?:notify, close|release) \|/gm)];
      expect(Object.fromEntries(rows.map(([, number, name]) => [name, Number(`0x${number}`)]))).toEqual(FLAGS);
    });
  });

  describe('3.1 Headers', () => {
    test.each(vectors.filter(({ name }) => name.startsWith('register with wide MessagePack')))(
      '$name: any width is read',
      async ({ hex }) => {
        await using rig = await startRig({ transport });
        await using ann = await WirePeer.join(rig);
        ann.sendBytes(message(hex));
        expect(brief(await ann.exchange())).toEqual(['result 1 of 1 S_OK']);
      },
    );

    test('a GUID is 16 bytes in the order of its text', async () => {
      await using rig = await startRig({ transport });
      await using bob = await WirePeer.join(rig);
      await bob.register(1, BIDIRECTIONAL);
      await using ann = await WirePeer.connect(rig);
      // An `open` with the bytes of 0b20806a-328a-4e1c-931c-0250308574c7 as they are printed.
      const name = `ad${Buffer.from('\\\\localhost\\x').toString('hex')}`;
      const header = `84a46e616d65${name}a474797065c4100b20806a328a4e1c931c0250308574c7a666696c74657200a57374796c6500`;
      const length = (header.length / 2).toString(16).padStart(4, '0');
      ann.send({ op: 'hello', user: 'ann' });
      ann.sendBytes(message(`1200${length}${'00'.repeat(8)}00000005${header}`));
      expect(brief(await ann.exchange())).toEqual(['welcome ann', 'result 1 of 5 S_OK']);
      await bob.register(2, { ...BIDIRECTIONAL, name: '\\\\localhost\\x' });
      expect(offersIn(bob.records).map(({ interest }) => interest.type)).toEqual([TYPE]);
    });
  });

  describe('4. Numbers', () => {
    test('requests are processed and answered in order, each with the number its client chose', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      const news = await ann.exchange(
        { op: 'register', registration: 1, request: 0xffffffff, interest: UNIDIRECTIONAL },
        { op: 'status', request: 0 },
        { op: 'explain', request: 0, side: 'registration', interest: UNIDIRECTIONAL },
        { op: 'unregister', registration: 1, request: 3 },
        { op: 'open', end: 0, request: 2, interest: UNIDIRECTIONAL },
      );
      expect(brief(news)).toEqual([
        'result 1 of 4294967295 S_OK',
        'result 0 of 0 S_OK',
        'result 0 of 0 S_OK',
        'result 1 of 3 S_OK',
        'result 1 of 2 S_OK',
      ]);
    });

    test.each([
      ['unidirectional', UNIDIRECTIONAL],
      ['bidirectional', BIDIRECTIONAL],
    ])(
      'send numbers of a %s end: the next is processed, one that came before is ignored, one that skips is refused',
      async (_, interest) => {
        await using rig = await startRig({ transport });
        await using bob = await WirePeer.join(rig);
        await bob.register(1, interest);
        await using ann = await WirePeer.join(rig);
        const { id: end } = await ann.open(interest);
        const notify = (sequence: number) =>
          ({ op: 'notify', end, sequence, data: bytesOf(String(sequence)), release: false }) as const;
        expect(brief(await ann.exchange(notify(2)))).toEqual([`settled ${end} #2 E_INVALIDARG`]);
        expect(brief(await ann.exchange(notify(1)))).toEqual([`settled ${end} #1 S_OK`]);
        expect(brief(await ann.exchange(notify(1), notify(0), notify(0xffffffff)))).toEqual([]);
        expect(brief(await ann.exchange(notify(0x7fffffff)))).toEqual([`settled ${end} #2147483647 E_INVALIDARG`]);
        expect(brief(await ann.exchange({ op: 'close', end, sequence: 4, data: null, release: true }))).toEqual([
          `settled ${end} #4 E_INVALIDARG`,
        ]);
        expect(brief(await bob.exchange()).filter((line) => line.startsWith('notify'))).toEqual([
          `notify ${end} #1 "1"`,
        ]);
        expect(brief(await ann.exchange({ op: 'close', end, sequence: 2, data: null, release: true }))).toEqual([
          `settled ${end} #2 S_OK`,
        ]);
      },
    );

    test('a duplicate of what was refused is ignored too: it came before', async () => {
      await using rig = await startRig({ transport, limits: { payload: 4 } });
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open();
      const large = { op: 'notify', end, sequence: 1, data: bytesOf('large'), release: false } as const;
      expect(brief(await ann.exchange(large))).toEqual([`settled ${end} #1 MAX_NOTIFICATION_SIZE_EXCEEDED`]);
      expect(brief(await ann.exchange(large, { ...large, data: bytesOf('ok') }))).toEqual([]);
    });

    test('delivery numbers are those the other party sent with, so they have gaps where something was refused', async () => {
      await using rig = await startRig({ transport, limits: { payload: 4 } });
      await using bob = await WirePeer.join(rig);
      await bob.register(1);
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open();
      await ann.exchange(...['a', 'large', 'c', 'large', 'large', 'f'].map((text) => ann.notify(end, text)));
      expect(brief(await bob.exchange())).toEqual([
        `offer ${end} to 1`,
        `notify ${end} #1 "a"`,
        `notify ${end} #3 "c"`,
        `notify ${end} #6 "f"`,
      ]);
    });

    test('end numbers rise and never name another channel', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      const numbers: number[] = [];
      for (let i = 0; i < 5; i++) {
        const { id } = await ann.open(i % 2 === 0 ? UNIDIRECTIONAL : BIDIRECTIONAL);
        numbers.push(id);
        await ann.exchange(ann.close(id));
      }
      expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    });
  });

  describe('5.1 Overview', () => {
    test("the document's table of ops is the code's", () => {
      const rows = [...document.matchAll(/^\| 0x(\w\w) \| `(\w+)` \| (client to spooler|spooler to client|both) \|/gm)];
      expect(Object.fromEntries(rows.map(([, number, name]) => [name, Number(`0x${number}`)]))).toEqual(OPS);
    });

    test("the document's numbers for filter, style and overflow are the code's", () => {
      const numbers = (line: string): Record<string, number> => {
        const [, rest = ''] = new RegExp(`\`${line}\`: (0 [^.]*)`).exec(document) ?? [];
        return Object.fromEntries(
          [...rest.matchAll(/(\d) `(\w+)`/g)].map(([, number, name = '']) => [name, Number(number)]),
        );
      };
      expect(numbers('filter')).toEqual(USER_FILTERS);
      expect(numbers('style')).toEqual(CONVERSATION_STYLES);
      expect(numbers('overflow')).toEqual(OVERFLOWS);
    });

    test('before hello nothing else is allowed: 4402, and nothing has happened', async () => {
      await using rig = await startRig({ transport });
      const early = vectors.filter(
        (vector): vector is ValidVector =>
          'records' in vector && vector.direction === 'client' && vector.records[0]?.['op'] !== 'hello',
      );
      const answers: unknown[] = [];
      for (const { name, hex } of early) {
        await using ann = await WirePeer.connect(rig);
        ann.sendBytes(message(hex));
        answers.push({ name, ...(await ann.closed), records: ann.records });
      }
      expect(answers).toEqual(
        early.map(({ name }) => ({ name, code: 4402, reason: 'a record that may not be sent now', records: [] })),
      );
      expect(rig.spooler.stats()).toMatchObject({ registrations: 0, channels: 0 });
      // Nobody was greeted, so nobody left.
      expect(rig.events).toEqual([]);
    });

    test('a second hello is one too many: 4402', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      ann.send({ op: 'hello', user: 'ann' });
      expect((await ann.closed).code).toBe(4402);
    });

    test('what has the wrong form is malformed even where it may not be sent', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.connect(rig);
      ann.sendBytes(message('10000000000000000000000100000001'));
      expect((await ann.closed).code).toBe(4400);
    });
  });

  describe('5.2 hello, welcome', () => {
    test('the welcome says who one is, where, and what fits', async () => {
      await using rig = await startRig({
        transport,
        server: 'print.example',
        limits: { payload: 1000, message: 2000, waitingObjects: 3, waitingBytes: 4, keptObjects: 2, keptBytes: 1 },
      });
      await using ann = await WirePeer.connect(rig);
      const [welcome] = await ann.exchange({ op: 'hello', user: 'Ann', agent: 'window' });
      expect(welcome).toEqual({
        op: 'welcome',
        user: 'Ann',
        server: 'print.example',
        limits: { payload: 1000, message: 2000, waitingObjects: 3, waitingBytes: 4, keptObjects: 2, keptBytes: 1 },
      });
      expect(rig.events).toEqual([{ kind: 'sessionOpened', user: 'Ann', agent: 'window' }]);
    });

    test('the user is told in Unicode NFC, so that one name is one user', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.connect(rig);
      expect(brief(await ann.exchange({ op: 'hello', user: 'A\u0308nne' }))).toEqual(['welcome \u00c4nne']);
    });

    test("where the spooler takes the client's word, a user is required: 4403", async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.connect(rig);
      ann.send({ op: 'hello', agent: 'nobody' });
      expect((await ann.closed).code).toBe(4403);
    });

    test('must come within 5 s, else 1008', async () => {
      await using rig = await startRig({ transport });
      await using late = await WirePeer.connect(rig);
      await rig.advance(4_999);
      await using ann = await WirePeer.join(rig);
      expect(rig.spooler.stats().sessions).toBe(2);
      await rig.advance(1);
      expect(await late.closed).toEqual({ code: 1008, reason: 'no hello in time' });
      expect(rig.spooler.stats().sessions).toBe(1);
      expect(await ann.exchange()).toEqual([]);
    });
  });

  describe('5.3 ping, pong', () => {
    test('a pong carries the sequence of its ping and comes in order with everything else', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      const news = await ann.exchange(
        { op: 'ping', sequence: 0 },
        { op: 'status', request: 1 },
        { op: 'ping', sequence: 0xffffffff },
        { op: 'notify', end: 99, sequence: 1, data: null, release: false },
        { op: 'ping', sequence: 5 },
        { op: 'ping', sequence: 5 },
      );
      expect(brief(news)).toEqual([
        'pong 0',
        'result 0 of 1 S_OK',
        'pong 4294967295',
        'settled 99 #1 CHANNEL_NOT_OPENED',
        'pong 5',
        'pong 5',
      ]);
    });

    test('a pong that nobody asked for is ignored', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      expect(await ann.exchange({ op: 'pong', sequence: 1 }, { op: 'pong', sequence: 1 })).toEqual([]);
    });
  });

  describe('5.4 register, unregister, open, explain, status, result', () => {
    test('a registration number is in use once, and may be used again afterwards (PAN-79, PAN-90, PAN-95)', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      expect(codeOf(await ann.unregister(1))).toBe('NOT_REGISTERED');
      expect(codeOf(await ann.register(1))).toBe('S_OK');
      expect(codeOf(await ann.register(1, BIDIRECTIONAL))).toBe('ALREADY_REGISTERED');
      expect(codeOf(await ann.register(0xffffffff))).toBe('S_OK');
      expect(codeOf(await ann.unregister(1))).toBe('S_OK');
      expect(await ann.unregister(1)).toMatchObject({ id: 1, hresult: hresultOf('ALREADY_UNREGISTERED') });
      expect(hresultOf('ALREADY_UNREGISTERED')).toBeGreaterThan(0x7fffffff);
      expect(codeOf(await ann.register(1, BIDIRECTIONAL))).toBe('S_OK');
      expect(rig.spooler.stats().registrations).toBe(2);
    });

    test('a number below the highest registered one counts as one that was registered', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      await ann.register(5);
      expect(codeOf(await ann.unregister(4))).toBe('ALREADY_UNREGISTERED');
      expect(codeOf(await ann.unregister(6))).toBe('NOT_REGISTERED');
      // It stays the highest, whatever comes after it.
      await ann.register(3);
      expect([codeOf(await ann.unregister(5)), codeOf(await ann.unregister(5))]).toEqual([
        'S_OK',
        'ALREADY_UNREGISTERED',
      ]);
    });

    test('registrations are counted for each name and type, for each client and for all (PAN-80)', async () => {
      await using rig = await startRig({
        transport,
        limits: { registrationsPerName: 2, registrationsPerSession: 4, registrations: 5 },
      });
      await using ann = await WirePeer.join(rig);
      await using bob = await WirePeer.join(rig);
      const other = { ...UNIDIRECTIONAL, type: OTHER_TYPE };
      const full = hresultOf('MAX_REGISTRATION_COUNT_EXCEEDED');
      expect(full).toBe(0x80070015);
      const results = [
        await ann.register(1),
        await bob.register(1),
        await ann.register(2),
        await ann.register(3, other),
        await ann.register(4, { ...UNIDIRECTIONAL, name: null }),
        await ann.register(5, { ...other, name: null }),
        await ann.register(6, { ...other, name: '\\\\localhost\\x' }),
        await bob.register(2, { ...other, name: '\\\\localhost\\x' }),
      ];
      expect(results.map(({ hresult }) => hresult)).toEqual([0, 0, full, 0, 0, 0, full, full]);
    });

    test.each([
      '',
      'Lab',
      '\\\\localhost',
      '\\\\localhost\\',
      '\\\\localhost\\a\\b',
      '\\\\localhost\\a,b',
      '\\\\\\Lab',
      `\\\\localhost\\${'x'.repeat(256)}`,
    ])('the name %j is none, to register or to open (PAN-54, PAN-85)', async (name) => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      expect(codeOf(await ann.register(1, { ...UNIDIRECTIONAL, name }))).toBe('ERROR_INVALID_NAME');
      expect(codeOf(await ann.open({ ...UNIDIRECTIONAL, name }))).toBe('ERROR_INVALID_NAME');
      expect(rig.spooler.stats()).toMatchObject({ registrations: 0, channels: 0 });
    });

    test("the reserved type is nobody's: E_INVALIDARG (PAN-46)", async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      expect(codeOf(await ann.register(1, { ...UNIDIRECTIONAL, type: NOTIFICATION_RELEASE }))).toBe('E_INVALIDARG');
      expect(codeOf(await ann.open({ ...UNIDIRECTIONAL, type: NOTIFICATION_RELEASE }))).toBe('E_INVALIDARG');
    });

    test('the result of register precedes every offer and delivery for the registration (PAN-141, PAN-142)', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      const { id: first } = await ann.open(BIDIRECTIONAL);
      const { id: second } = await ann.open(BIDIRECTIONAL);
      await ann.exchange(ann.notify(second, 'held'));
      await using bob = await WirePeer.join(rig);
      const news = await bob.exchange({ op: 'register', registration: 1, request: 1, interest: BIDIRECTIONAL });
      expect(brief(news)).toEqual([
        'result 1 of 1 S_OK',
        `offer ${first} to 1`,
        `offer ${second} to 1`,
        `notify ${second} #1 "held"`,
      ]);
    });

    test('after unregister: what is queued for a unidirectional one is dropped, its ends are gone without a word (PAN-91)', async () => {
      await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1 } });
      await using bob = await WirePeer.join(rig);
      await bob.register(1);
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open();
      await ann.exchange(ann.notify(end, 'held'), ann.notify(end, 'queued'));
      expect(brief(await bob.exchange())).toEqual([`offer ${end} to 1`, `notify ${end} #1 "held"`]);
      expect(rig.spooler.stats().queued).toBe(1);
      const news = await bob.exchange({ op: 'unregister', registration: 1, request: 9 });
      expect(brief(news)).toEqual(['result 1 of 9 S_OK']);
      expect(rig.spooler.stats()).toMatchObject({ queued: 0, heldObjects: 1 });
      expect(brief(await ann.exchange(ann.notify(end, 'late'), ann.close(end)))).toEqual([
        `settled ${end} #3 NO_LISTENERS (success)`,
        `settled ${end} #4 S_OK`,
      ]);
      // What was delivered must still be released, and then that was all.
      expect(await bob.exchange({ op: 'release', end, sequence: 1, only: false })).toEqual([]);
      expect(rig.spooler.stats().heldObjects).toBe(0);
    });

    test('an end that has gone with its registration may be offered again, by another number while something of it is held', async () => {
      await using rig = await startRig({ transport });
      await using bob = await WirePeer.join(rig);
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open();
      const heldOn: number[] = [];
      for (const [registration, release] of [
        [1, true],
        [2, false],
        [3, true],
      ] as const) {
        await bob.register(registration);
        await ann.exchange(ann.notify(end, 'x'));
        await bob.exchange();
        const offer = offersIn(bob.records).at(-1);
        expect(offer).toMatchObject({ registration });
        heldOn.push(offer?.end ?? 0);
        if (release) await bob.exchange({ op: 'release', end: offer?.end ?? 0, sequence: registration, only: false });
        await bob.unregister(registration);
      }
      expect(heldOn).toEqual([end, end, expect.any(Number)]);
      expect(heldOn[2]).toBeGreaterThan(end);
      await bob.exchange({ op: 'release', end, sequence: 2, only: false });
    });

    test('after unregister: bidirectional ends live on until closed, nothing new is offered (PAN-92)', async () => {
      await using rig = await startRig({ transport });
      await using bob = await WirePeer.join(rig);
      await bob.register(1, BIDIRECTIONAL);
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open(BIDIRECTIONAL);
      await bob.unregister(1);
      await ann.open(BIDIRECTIONAL);
      await ann.exchange(ann.notify(end, 'q'));
      expect(brief(await bob.exchange(bob.notify(end, 'a')))).toEqual(
        [expect.stringMatching(/^result 1/), `notify ${end} #1 "q"`, `settled ${end} #1 S_OK`].slice(1),
      );
    });

    test("open: the result's id is the channel, or 0 where there is none", async () => {
      await using rig = await startRig({ transport, limits: { channels: 2 } });
      await using ann = await WirePeer.join(rig);
      const first = await ann.open(UNIDIRECTIONAL);
      expect(first).toMatchObject({ id: 1, hresult: 0 });
      const refused = [
        await ann.open({ ...UNIDIRECTIONAL, filter: 'kAllUsers' }, { user: 'bob' }),
        await ann.open(BIDIRECTIONAL, { overflow: 'wait' }),
        await ann.open({ ...UNIDIRECTIONAL, name: 'Lab' }),
      ];
      expect(refused.map((result) => [result.id, codeOf(result)])).toEqual([
        [0, 'E_INVALIDARG'],
        [0, 'E_INVALIDARG'],
        [0, 'ERROR_INVALID_NAME'],
      ]);
      expect(await ann.open(BIDIRECTIONAL, { overflow: 'lose' })).toMatchObject({ id: 2, hresult: 0 });
      expect(await ann.open(UNIDIRECTIONAL)).toMatchObject({ id: 0, hresult: hresultOf('MAX_CHANNEL_COUNT_EXCEEDED') });
    });

    test("open of a number: CHANNEL_ALREADY_OPENED for one's own open channel, CHANNEL_NOT_OPENED for any other (PAN-113, PAN-207)", async () => {
      await using rig = await startRig({ transport });
      await using bob = await WirePeer.join(rig);
      await bob.register(1, BIDIRECTIONAL);
      await using ann = await WirePeer.join(rig);
      const { id: own } = await ann.open(BIDIRECTIONAL);
      const open = (end: number) => ({ op: 'open', end, request: 1, interest: UNIDIRECTIONAL }) as const;
      expect(brief(await ann.exchange(open(own), open(99)))).toEqual([
        `result ${own} of 1 CHANNEL_ALREADY_OPENED`,
        'result 99 of 1 CHANNEL_NOT_OPENED',
      ]);
      await bob.exchange();
      expect(brief(await bob.exchange(open(own)))).toEqual([`result ${own} of 1 CHANNEL_NOT_OPENED`]);
      await ann.exchange(ann.close(own));
      expect(brief(await ann.exchange(open(own)))).toEqual([`result ${own} of 1 CHANNEL_NOT_OPENED`]);
    });

    test('explain answers what would be met, nearest first, and why not (OBS-1)', async () => {
      await using rig = await startRig({ transport });
      await using bob = await WirePeer.join(rig, 'bob');
      await bob.register(1);
      await bob.register(2, { ...BIDIRECTIONAL, type: OTHER_TYPE });
      await using ann = await WirePeer.join(rig);
      await ann.open();
      const asked = (side: 'registration' | 'channel', user?: string) =>
        ann.exchange({
          op: 'explain',
          request: 1,
          side,
          interest: UNIDIRECTIONAL,
          ...(user !== undefined && { user }),
        });
      const answer = async (news: ReturnType<typeof asked>): Promise<unknown> => {
        const [result] = await news;
        return result?.op === 'result' ? JSON.parse(new TextDecoder().decode(result.json)) : undefined;
      };
      const near = { name: LAB, type: TYPE, filter: 'kPerUser', style: 'kUniDirectional', user: 'bob' };
      const far = { ...near, type: OTHER_TYPE, style: 'kBiDirectional' };
      expect(await answer(asked('channel'))).toEqual({
        matches: 0,
        nearest: [
          { ...near, differs: ['user'] },
          { ...far, differs: ['type', 'style', 'user'] },
        ],
      });
      expect(await answer(asked('channel', 'bob'))).toMatchObject({ matches: 1, nearest: [{ differs: [] }, {}] });
      expect(await answer(asked('registration'))).toEqual({
        matches: 1,
        nearest: [{ ...near, user: 'ann', differs: [] }],
      });
    });
  });

  describe('5.5 offer', () => {
    test("bidirectional: at once when the channel opens, with the channel's own values", async () => {
      await using rig = await startRig({ transport });
      await using bob = await WirePeer.join(rig);
      await bob.register(3, { ...BIDIRECTIONAL, name: null, filter: 'kAllUsers' });
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open(BIDIRECTIONAL);
      expect(await bob.exchange()).toEqual(
        [
          expect.objectContaining({ op: 'result' }),
          { op: 'offer', end, registration: 3, interest: BIDIRECTIONAL },
        ].slice(1),
      );
    });

    test('bidirectional: not any more once somebody has acquired the channel (PAN-143)', async () => {
      await using rig = await startRig({ transport });
      await using bob = await WirePeer.join(rig);
      await bob.register(1, BIDIRECTIONAL);
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open(BIDIRECTIONAL);
      await ann.exchange(ann.notify(end, 'q'));
      await bob.exchange(bob.notify(end, 'a'));
      await using late = await WirePeer.join(rig);
      await late.register(1, BIDIRECTIONAL);
      expect(offersIn(late.records)).toEqual([]);
    });

    test('unidirectional: with the first delivery, once', async () => {
      await using rig = await startRig({ transport });
      await using bob = await WirePeer.join(rig);
      await bob.register(1);
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open();
      expect(await bob.exchange()).toEqual([]);
      await ann.exchange(ann.notify(end, 'a'), ann.notify(end, 'b'));
      expect(brief(await bob.exchange())).toEqual([
        `offer ${end} to 1`,
        `notify ${end} #1 "a"`,
        `notify ${end} #2 "b"`,
      ]);
    });
  });

  describe('5.6 notify', () => {
    test('the order of precedence: the end, then the type, then the size, then whose turn it is (GAP-28)', async () => {
      await using rig = await startRig({ transport, limits: { payload: 4 } });
      await using bob = await WirePeer.join(rig);
      await bob.register(1, BIDIRECTIONAL);
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open(BIDIRECTIONAL);
      let sequence = 0;
      const wrong = { data: bytesOf('large'), release: false, type: OTHER_TYPE };
      const large = { data: bytesOf('large'), release: false };
      const turn = { data: bytesOf('a'), release: false };
      const said = async (peer: WirePeer, what: typeof large): Promise<string[]> =>
        brief(settledIn(await peer.exchange({ op: 'notify', end, sequence: ++sequence, ...what })));
      // Before the initial notification no listener has anything to answer (PAN-144).
      for (const [what, code] of [
        [wrong, 'INVALID_NOTIFICATION_TYPE'],
        [large, 'MAX_NOTIFICATION_SIZE_EXCEEDED'],
        [turn, 'ASYNC_CALL_ALREADY_PARKED'],
      ] as const)
        expect(await said(bob, what)).toEqual([`settled ${end} #${sequence} ${code}`]);
      await ann.exchange(ann.notify(end, 'q'));
      sequence = 1;
      for (const [what, code] of [
        [wrong, 'INVALID_NOTIFICATION_TYPE'],
        [large, 'MAX_NOTIFICATION_SIZE_EXCEEDED'],
        [turn, 'CHANNEL_WAITING_FOR_CLIENT_NOTIFICATION'],
      ] as const)
        expect(await said(ann, what)).toEqual([`settled ${end} #${sequence} ${code}`]);
      await ann.exchange({ op: 'close', end, sequence: ++sequence, data: null, release: true });
      expect(await said(ann, wrong)).toEqual([`settled ${end} #${sequence} CHANNEL_ALREADY_CLOSED`]);
    });

    test("a type of its own is refused even where it is the channel's, and so is the flag release (PAN-119)", async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open();
      const news = await ann.exchange(
        { op: 'notify', end, sequence: 1, data: bytesOf('x'), release: false, type: TYPE },
        { op: 'ping', sequence: 1 },
        { op: 'notify', end, sequence: 2, data: null, release: true },
      );
      expect(brief(news)).toEqual([
        `settled ${end} #1 INVALID_NOTIFICATION_TYPE`,
        'pong 1',
        `settled ${end} #2 INVALID_NOTIFICATION_TYPE`,
      ]);
    });

    test('the largest payload passes, one byte more does not (PAN-52)', async () => {
      await using rig = await startRig({ transport, limits: { payload: 100 } });
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open();
      expect(brief(await ann.exchange(ann.notify(end, 'x'.repeat(100)), ann.notify(end, 'x'.repeat(101))))).toEqual([
        `settled ${end} #1 NO_LISTENERS (success)`,
        `settled ${end} #2 MAX_NOTIFICATION_SIZE_EXCEEDED`,
      ]);
    });

    test('unidirectional: S_OK everyone, NO_LISTENERS nobody there, LOST some, FAILURE none of those present (PAN-114 to PAN-117)', async () => {
      await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1, queueLength: 1 } });
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open();
      const said = async (): Promise<string[]> =>
        brief(await ann.exchange(ann.notify(end, 'x'))).map((line) => line.split(' ')[3] ?? '');
      expect(await said()).toEqual(['NO_LISTENERS']);
      await using bob = await WirePeer.join(rig);
      await bob.register(1);
      expect(await said()).toEqual(['S_OK']);
      expect(await said()).toEqual(['S_OK']);
      expect(await said()).toEqual(['ASYNC_NOTIFICATION_FAILURE']);
      await using carl = await WirePeer.join(rig);
      await carl.register(1);
      expect(await said()).toEqual(['UNIRECTIONAL_NOTIFICATION_LOST']);
      expect(hresultOf('UNIRECTIONAL_NOTIFICATION_LOST')).toBeLessThan(0x80000000);
      expect(hresultOf('ASYNC_NOTIFICATION_FAILURE')).toBeGreaterThan(0x7fffffff);
    });

    test('bidirectional: held if nobody listens, then it waits for an answer; one message is in flight (GAP-14, PAN-147)', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open(BIDIRECTIONAL);
      expect(brief(await ann.exchange(ann.notify(end, 'q')))).toEqual([`settled ${end} #1 S_OK`]);
      expect(brief(await ann.exchange(ann.notify(end, 'q2')))).toEqual([
        `settled ${end} #2 CHANNEL_WAITING_FOR_CLIENT_NOTIFICATION`,
      ]);
    });

    test('on a unidirectional end a listener has nothing to say, whatever it is: E_INVALIDARG (PAN-124)', async () => {
      await using rig = await startRig({ transport });
      await using bob = await WirePeer.join(rig);
      await bob.register(1);
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open();
      await ann.exchange(ann.notify(end, 'x'));
      await bob.exchange();
      const said = await bob.exchange(
        { op: 'notify', end, sequence: 1, data: bytesOf('x'), release: false },
        { op: 'ping', sequence: 1 },
        { op: 'notify', end, sequence: 2, data: bytesOf('x'), release: false, type: OTHER_TYPE },
        { op: 'ping', sequence: 2 },
        { op: 'close', end, sequence: 3, data: null, release: true },
      );
      expect(brief(settledIn(said))).toEqual([1, 2, 3].map((sequence) => `settled ${end} #${sequence} E_INVALIDARG`));
    });

    test('what is refused changes nothing (GAP-27)', async () => {
      await using rig = await startRig({ transport, limits: { payload: 4 } });
      await using bob = await WirePeer.join(rig);
      await bob.register(1, BIDIRECTIONAL);
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open(BIDIRECTIONAL);
      await ann.exchange(ann.notify(end, 'q'));
      await bob.exchange(bob.notify(end, 'large'));
      expect(await ann.exchange()).toEqual([]);
      // Still held for those who come, still nobody's.
      await using late = await WirePeer.join(rig);
      await late.register(1, BIDIRECTIONAL);
      expect(brief(offersIn(late.records))).toEqual([`offer ${end} to 1`]);
      expect(brief(settledIn(await late.exchange(late.notify(end, 'a'))))).toEqual([`settled ${end} #1 S_OK`]);
    });
  });

  describe('5.7 close', () => {
    test('an end that a client closed itself gets no close back', async () => {
      await using rig = await startRig({ transport });
      await using bob = await WirePeer.join(rig);
      await bob.register(1, BIDIRECTIONAL);
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open(BIDIRECTIONAL);
      expect(brief(await ann.exchange(ann.close(end)))).toEqual([`settled ${end} #1 S_OK`]);
      expect(brief(closesIn(await bob.exchange()))).toEqual([`close ${end} #0 release closed`]);
    });

    test.each([
      ['bytes', { data: bytesOf('bye'), release: false }, '"bye"'],
      ['no bytes', { data: new Uint8Array(0), release: false }, '""'],
      ['null', { data: null, release: false }, 'null'],
    ])('a last message of %s is held like a delivery', async (_, last, shown) => {
      await using rig = await startRig({ transport });
      await using bob = await WirePeer.join(rig);
      await bob.register(1, BIDIRECTIONAL);
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open(BIDIRECTIONAL);
      await ann.exchange(ann.notify(end, 'q'));
      await bob.exchange(bob.notify(end, 'a'));
      await ann.exchange();
      await ann.exchange({ op: 'close', end, sequence: 2, ...last });
      expect(brief(await bob.exchange())).toEqual([`close ${end} #2 ${shown} closed`]);
      expect(rig.spooler.stats()).toMatchObject({ channels: 0, heldObjects: 3 });
      await bob.exchange({ op: 'release', end, sequence: 2, only: false });
      await ann.exchange({ op: 'release', end, sequence: 1, only: false });
      expect(rig.spooler.stats().heldObjects).toBe(0);
    });

    test('with flag release, bytes that come along are ignored (PAN-178)', async () => {
      await using rig = await startRig({ transport, limits: { payload: 4 } });
      await using bob = await WirePeer.join(rig);
      await bob.register(1, BIDIRECTIONAL);
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open(BIDIRECTIONAL);
      const close = { op: 'close', end, sequence: 1, data: bytesOf('large'), release: true, type: OTHER_TYPE } as const;
      expect(brief(await ann.exchange(close))).toEqual([`settled ${end} #1 S_OK`]);
      expect(brief(closesIn(await bob.exchange()))).toEqual([`close ${end} #0 release closed`]);
      expect(rig.spooler.stats().heldObjects).toBe(0);
    });

    test('a listener without an owner: a payload acquires and closes, release declines and nobody is told (PAN-149, PAN-150, GAP-9)', async () => {
      await using rig = await startRig({ transport });
      const peers = await Promise.all([WirePeer.join(rig), WirePeer.join(rig), WirePeer.join(rig)]);
      const [bob, carl, dora] = peers;
      await using _bob = bob;
      await using _carl = carl;
      await using _dora = dora;
      for (const peer of peers) await peer.register(1, BIDIRECTIONAL);
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open(BIDIRECTIONAL);
      await ann.exchange(ann.notify(end, 'q'));
      for (const peer of peers) await peer.exchange();
      expect(brief(await bob.exchange(bob.close(end)))).toEqual([`settled ${end} #1 S_OK`]);
      expect(await ann.exchange()).toEqual([]);
      expect(await carl.exchange()).toEqual([]);
      expect(brief(await carl.exchange(carl.close(end, 'mine')))).toEqual([`settled ${end} #1 S_OK`]);
      expect(brief(await ann.exchange())).toEqual([`close ${end} #1 "mine" closed`]);
      expect(brief(await dora.exchange())).toEqual([`close ${end} #0 release acquired`]);
      // Who has declined hears nothing more of it.
      expect(await bob.exchange()).toEqual([]);
    });

    test('on a unidirectional end it comes after everything queued, and takes nothing back (GAP-5)', async () => {
      await using rig = await startRig({ transport, limits: { registrationHeldObjects: 1 } });
      await using bob = await WirePeer.join(rig);
      await bob.register(1);
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open();
      await ann.exchange(ann.notify(end, 'a'), ann.notify(end, 'b'), ann.close(end, 'never seen'));
      expect(brief(await bob.exchange())).toEqual([`offer ${end} to 1`, `notify ${end} #1 "a"`]);
      expect(brief(await bob.exchange({ op: 'release', end, sequence: 1, only: false }))).toEqual([
        `notify ${end} #2 "b"`,
        `close ${end} #0 release closed`,
      ]);
      await bob.exchange({ op: 'release', end, sequence: 2, only: true });
    });

    test('on a unidirectional channel a last message is checked like any other, and goes nowhere', async () => {
      await using rig = await startRig({ transport, limits: { payload: 4 } });
      await using bob = await WirePeer.join(rig);
      await bob.register(1);
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open();
      const code = 'MAX_NOTIFICATION_SIZE_EXCEEDED';
      expect(brief(await ann.exchange(ann.close(end, 'large')))).toEqual([`settled ${end} #1 ${code}`]);
      expect(brief(await ann.exchange(ann.close(end, 'bye')))).toEqual([`settled ${end} #2 S_OK`]);
      expect(await bob.exchange()).toEqual([]);
    });

    test('on a bidirectional end what is queued is discarded first (PAN-102)', async () => {
      await using rig = await startRig({ transport, limits: { sessionHeldObjects: 1 } });
      await using bob = await WirePeer.join(rig);
      await bob.register(1, BIDIRECTIONAL);
      await using ann = await WirePeer.join(rig);
      const { id: first } = await ann.open(BIDIRECTIONAL);
      const { id: second } = await ann.open(BIDIRECTIONAL);
      await ann.exchange(ann.notify(first, 'held'), ann.notify(second, 'queued'));
      expect(rig.spooler.stats().queued).toBe(1);
      await ann.exchange(ann.close(second));
      expect(brief(await bob.exchange())).toEqual([
        `offer ${first} to 1`,
        `offer ${second} to 1`,
        `notify ${first} #1 "held"`,
        `close ${second} #0 release closed`,
      ]);
      expect(rig.spooler.stats().queued).toBe(0);
    });
  });

  describe('5.8 settled', () => {
    test('answers everything up to its number that ended with the same code, in order', async () => {
      await using rig = await startRig({ transport, limits: { payload: 4 } });
      await using bob = await WirePeer.join(rig);
      await bob.register(1);
      await using ann = await WirePeer.join(rig);
      const { id: end } = await ann.open();
      const texts = ['a', 'b', 'c', 'large', 'large', 'f'];
      expect(brief(await ann.exchange(...texts.map((text) => ann.notify(end, text))))).toEqual([
        `settled ${end} #3 S_OK`,
        `settled ${end} #5 MAX_NOTIFICATION_SIZE_EXCEEDED`,
        `settled ${end} #6 S_OK`,
      ]);
    });

    test('ends are answered for themselves', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      const { id: a } = await ann.open();
      const { id: b } = await ann.open();
      const records = [ann.notify(a, '1'), ann.notify(b, '1'), ann.notify(a, '2'), ann.notify(b, '2')];
      expect(brief(await ann.exchange(...records))).toEqual(
        [`${a} #1`, `${b} #1`, `${a} #2`, `${b} #2`].map((what) => `settled ${what} NO_LISTENERS (success)`),
      );
    });
  });

  describe('5.9 release', () => {
    async function holding(peer: WirePeer, sender: WirePeer): Promise<number> {
      await peer.register(1);
      const { id: end } = await sender.open();
      await sender.exchange(...['a', 'b', 'c', 'd'].map((text) => sender.notify(end, text)));
      await peer.exchange();
      return end;
    }

    test('gives back everything up to a number, or with only that one', async () => {
      await using rig = await startRig({ transport });
      await using bob = await WirePeer.join(rig);
      await using ann = await WirePeer.join(rig);
      const end = await holding(bob, ann);
      const left = async (sequence: number, only: boolean): Promise<number> => {
        await bob.exchange({ op: 'release', end, sequence, only });
        return rig.spooler.stats().heldObjects;
      };
      expect(rig.spooler.stats()).toMatchObject({ heldObjects: 4, heldBytes: 4 });
      expect(await left(3, true)).toBe(3);
      expect(await left(2, false)).toBe(1);
      // Up to a number that was never delivered, as long as something is held before it.
      expect(await left(1000, false)).toBe(0);
      expect(rig.spooler.stats().heldBytes).toBe(0);
    });

    test.each([
      ['what was never delivered', 5, true],
      ['what was given back before', 1, true],
      ['nothing, up to a number', 1, false],
      ['a number half the circle away', 0x80000005, false],
    ])('%s: 4404 (T17)', async (_, sequence, only) => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      await using bob = await WirePeer.join(rig);
      const end = await holding(bob, ann);
      await bob.exchange({ op: 'release', end, sequence: 1, only: true });
      bob.send({ op: 'release', end, sequence, only });
      expect(await bob.closed).toEqual({ code: 4404, reason: 'released what was not held' });
      expect(rig.spooler.stats()).toMatchObject({ heldObjects: 0, heldBytes: 0, registrations: 0 });
      expect(await ann.exchange()).toEqual([]);
    });

    test("another's reference, or an end that is none: 4404, and the owner keeps what it holds (T17)", async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      await using bob = await WirePeer.join(rig);
      const end = await holding(bob, ann);
      for (const wrong of [end, 4_000_000_000]) {
        await using eve = await WirePeer.join(rig);
        eve.send({ op: 'release', end: wrong, sequence: 1, only: false });
        expect((await eve.closed).code).toBe(4404);
      }
      expect(rig.spooler.stats().heldObjects).toBe(4);
    });

    test('is accepted on ends that are closed or unregistered', async () => {
      await using rig = await startRig({ transport });
      await using ann = await WirePeer.join(rig);
      await using bob = await WirePeer.join(rig);
      const end = await holding(bob, ann);
      await ann.exchange(ann.close(end));
      expect(brief(await bob.exchange({ op: 'release', end, sequence: 2, only: false }))).toEqual([
        `close ${end} #0 release closed`,
      ]);
      await bob.unregister(1);
      await bob.exchange({ op: 'release', end, sequence: 4, only: false });
      expect(rig.spooler.stats().heldObjects).toBe(0);
    });
  });
});
