/** The benchmark measures what it says it does, and nothing that is wrong counts. Nobody looks at any time here. */

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type Cast, here } from './cast.ts';
import { appendLog } from './durable-peers/append-log.ts';
import { optionsFrom } from './options.ts';
import type { Peer } from './peer.ts';
import { load, takesPart } from './peers/index.ts';
import { rawWs } from './peers/raw-ws.ts';
import { type Result, run } from './run.ts';
import { runAll } from './series.ts';
import type { Settings } from './settings.ts';
import { summarize } from './summary.ts';
import { durableTable, figureTable, overTimeTable, ownTable, ratioTable } from './tables.ts';
import type { Workload } from './workload.ts';
import { WORKLOADS, workloadNamed } from './workloads/index.ts';

const TMPFS = 0x01021994;
const TINY: Settings = {
  warmUp: 0,
  duration: 10,
  patience: 1_000,
  limit: 8_000,
  settling: 10,
  idleListeners: 20,
  scale: 0.01,
  folder: tmpdir(),
};
const hasMemory = process.platform === 'linux' && existsSync('/dev/shm') && statfsSync('/dev/shm').type === TMPFS;
const hasProc = existsSync('/proc/self/status');

function tinyRun(peer: Peer, workload: Workload): Promise<Result> {
  return run(here({ peer, workload, settings: TINY }), workload, TINY);
}

describe.each(['raw ws', 'joined ws', 'append log', 'spoolpipe'])('%s', { timeout: 20_000 }, (name) => {
  const workloads = WORKLOADS.filter((workload) => takesPart(name, workload)).filter(
    (workload) => hasProc || workload.name !== 'idle',
  );

  test.each(workloads)('$name', async (workload) => {
    const result = await tinyRun(await load(name, workload), workload);
    if (!('figures' in result)) throw new Error(JSON.stringify(result));
    const { figures } = result;
    const missing = workload.figures.filter(({ name }) => !Number.isFinite(figures[name]));
    expect(missing.filter(({ name }) => hasProc || name !== 'peak')).toEqual([]);
  });
});

describe('no figure where something is wrong', () => {
  type Spoil = (bytes: Uint8Array, number: number) => readonly Uint8Array[];
  const held: Uint8Array[] = [];
  const only =
    (which: number, spoil: (bytes: Uint8Array) => readonly Uint8Array[]): Spoil =>
    (bytes, number) =>
      number === which ? spoil(bytes) : [bytes];
  const faults: readonly (readonly [string, Spoil, RegExp])[] = [
    ['lost', only(7, () => []), /number 8 of pipe 0 instead of 7/],
    ['lost, and nothing comes after it', (bytes, number) => (number < 7 ? [bytes] : []), /nothing came after 7/],
    ['twice', only(7, (bytes) => [bytes, bytes]), /number 7 of pipe 0 instead of 8/],
    [
      'in the wrong place',
      (bytes, number) => {
        if (number === 7) held.push(Uint8Array.from(bytes));
        return number === 7 ? [] : number === 8 ? [bytes, ...held] : [bytes];
      },
      /number 8 of pipe 0 instead of 7/,
    ],
    ['too short', only(7, (bytes) => [bytes.subarray(0, -1)]), /63 bytes instead of 64/],
    ['of another pipe', only(7, (bytes) => [Buffer.from(bytes).fill(1, 3, 4)]), /number 7 of pipe 1/],
    ['other bytes', only(64, (bytes) => [Buffer.from(bytes).fill(0, 40, 44)]), /other contents in number 64/],
  ];

  function spoiling(spoil: Spoil): Peer {
    return {
      ...rawWs,
      connectListener: (url, onObject) => {
        let number = 0;
        return rawWs.connectListener(url, (bytes, answer) => {
          for (const each of spoil(bytes, number++)) onObject(each, answer);
        });
      },
    };
  }

  test.each(faults)('%s', async (_, spoil, fault) => {
    expect(await tinyRun(spoiling(spoil), workloadNamed('pipe-64'))).toEqual({ fault: expect.stringMatching(fault) });
  });

  test('an answer that is not what was sent', async () => {
    const peer: Peer = {
      ...rawWs,
      connectSender: (url, onAnswer) => rawWs.connectSender(url, (bytes) => onAnswer(bytes.subarray(1))),
    };
    expect(await tinyRun(peer, workloadNamed('conversations'))).toEqual({
      fault: expect.stringMatching(/^sender: 63 bytes/),
    });
  });

  test('durable, and something acknowledged is lost', async () => {
    let number = 0;
    const peer: Peer = {
      ...appendLog,
      connectListener: (url, onObject) =>
        appendLog.connectListener(url, (bytes, answer) => {
          if (number++ !== 7) onObject(bytes, answer);
        }),
    };
    expect(await tinyRun(peer, workloadNamed('durable-256'))).toEqual({
      fault: expect.stringMatching(/number 8 of pipe 0 instead of 7/),
    });
  });

  test('a process that ends', async () => {
    const workload = workloadNamed('pipe-64');
    const cast = here({ peer: rawWs, workload, settings: TINY });
    const losing: Cast = async (role) => {
      const actor = await cast(role);
      return role === 'broker' ? { ...actor, lost: Promise.reject(new Error('the broker ended')) } : actor;
    };
    expect(await run(losing, workload, TINY)).toEqual({ fault: 'the broker ended' });
  });
});

test('a ratio is that of one repetition; a fault in one leaves no figure, what was not tried a dash', () => {
  const workload = workloadNamed('pipe-64');
  const rates = (...values: number[]): Result[] => values.map((rate) => ({ figures: { rate } }));
  const summaries = summarize([
    { workload, peer: 'raw ws', results: rates(100, 200, 50) },
    { workload, peer: 'joined ws', results: [...rates(100, 200), { fault: 'lost' }] },
    { workload, peer: 'nats', results: [{ cannot: 'tired' }] },
    { workload, peer: 'spoolpipe', results: rates(300, 1_800, 500) },
  ]);
  expect(summaries).toMatchObject([
    { figures: { rate: 100 }, ratios: { rate: 1 } },
    { figures: {}, ratios: {}, fault: 'lost' },
    { figures: {}, ratios: {}, cannot: 'tired' },
    { figures: { rate: 500 }, ratios: { rate: 9 } },
  ]);
  expect(ratioTable(summaries)).toContain('| pipe-64 | objects/s | 1.00 | lost | – | 9.00 | ≥ 8 | yes |');
});

test('what is durable is compared with the append log, and says when it acknowledges', () => {
  const workload = workloadNamed('durable-256');
  const summaries = summarize([
    { workload, peer: 'append log', results: [{ figures: { rate: 200 } }] },
    { workload, peer: 'spoolpipe', results: [{ figures: { rate: 320 } }] },
  ]);
  const said = durableTable(summaries, { 'append log': 'after its sync', spoolpipe: 'after its sync' });
  expect(said).toContain('| durable-256 | append log | after its sync | 200 | 1.00 |  |  |');
  expect(said).toContain('| durable-256 | spoolpipe | after its sync | 320 | 1.60 | ≥ 1.5 | yes |');
  expect([ratioTable(summaries), figureTable(summaries)]).toEqual(['', '']);
});

test('each figure with much kept is compared with that of nothing kept', () => {
  const [none, much] = [workloadNamed('kept-0'), workloadNamed('kept-1000000')];
  const summaries = summarize([
    { workload: none, peer: 'spoolpipe', results: [{ figures: { sending: 8, memory: 60 } }] },
    { workload: much, peer: 'spoolpipe', results: [{ figures: { sending: 10, memory: 90 } }] },
  ]);
  const said = overTimeTable(summaries);
  expect(said).toContain(
    '| one more for somebody else | µs each | kept-0 | 8.00 | kept-1000000 | 10.0 | 1.25 | ≤ 1.3 | yes |',
  );
  expect(said).toContain('| resident after the start | MB | kept-0 | 60.0 | kept-1000000 | 90.0 | 1.50 | ≤ 1.3 | no |');
  expect([ratioTable(summaries), ownTable(summaries), figureTable(summaries)]).toEqual(['', '', '']);
});

test('each repetition begins with another peer', async () => {
  const order: string[] = [];
  const nobody: Cast = () => Promise.reject(new Error('nobody plays'));
  const plan = {
    workloads: [workloadNamed('pipe-64')],
    peers: ['raw ws', 'spoolpipe'],
    repetitions: 2,
    settings: TINY,
  };
  await runAll(
    plan,
    ({ peer }) => order.push(peer),
    () => nobody,
  );
  expect(order).toEqual(['raw ws', 'spoolpipe', 'spoolpipe', 'raw ws']);
});

test('what is not there is refused', () => {
  expect(() => optionsFrom(['--peers', 'carrier pigeon'])).toThrow('no peer carrier pigeon');
  expect(() => optionsFrom(['--workloads', 'siesta'])).toThrow('no workload siesta');
  expect(() => optionsFrom(['--repetitions', '0'])).toThrow('--repetitions');
  expect(() => optionsFrom(['--folder', '/no/such/folder'])).toThrow('ENOENT');
  expect(optionsFrom(['--workloads', 'pipe-64', '--quick'])).toMatchObject({
    repetitions: 1,
    workloads: [{ name: 'pipe-64' }],
  });
  const quick = optionsFrom(['--quick', '--folder', '.']).workloads.map(({ name }) => name);
  expect([quick.includes('durable-1'), quick.includes('kept-0')]).toEqual([true, false]);
});

test.skipIf(!hasMemory)('what is in memory is no disk', () => {
  expect(() => optionsFrom(['--folder', '/dev/shm'])).toThrow('/dev/shm is in memory: name a folder on a disk');
  expect(optionsFrom(['--folder', '/dev/shm', '--workloads', 'pipe'])).toMatchObject({
    settings: { folder: '/dev/shm' },
  });
});

test('the folder of a run goes with it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bench-test-'));
  try {
    const settings = { ...TINY, folder };
    const found: string[][] = [];
    const peer: Peer = {
      ...appendLog,
      startBroker(path) {
        found.push(
          readdirSync(folder).map((name) => join(folder, name)),
          [path],
        );
        return appendLog.startBroker(path);
      },
    };
    const workload = workloadNamed('durable-1');
    await run(here({ peer, workload, settings }), workload, settings);
    expect([found[0], readdirSync(folder)]).toEqual([found[1], []]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('as built, in processes', { timeout: 20_000 }, async () => {
  const command = fileURLToPath(new URL('../../dist/test/bench/bench.js', import.meta.url));
  if (!existsSync(command)) throw new Error('the benchmark is not built: npm run build');
  const args = ['--quick', '--json', '--peers', 'raw ws,spoolpipe', '--workloads', 'round-trip,stopped-listener-1'];
  const { stdout } = await promisify(execFile)(process.execPath, [command, ...args]);
  const { summaries } = JSON.parse(stdout) as { summaries: readonly { readonly fault?: string }[] };
  expect(summaries.map(({ fault }) => fault)).toEqual([undefined, undefined, undefined, undefined]);
});
