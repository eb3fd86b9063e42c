/**
 * Whatever ends a store, what it has acknowledged is there, in order. Faults that need more than this machine allows are
 * skipped, and say so. `SPOOLPIPE_ROUNDS=50` kills as often.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../spooler/store/open-store.ts';
import { injects, mounts, UNSHARE, withDisk, works } from './disks.ts';

const ROUNDS = Number(process.env['SPOOLPIPE_ROUNDS'] ?? 5);
const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const WRITER = script('store-writer.mjs');
const FILLER = script('store-filler.mjs');

const loops = process.getuid?.() === 0 && works(...UNSHARE, 'sh', '-c', inLoop('$(mktemp -d)', 'true'));

/** A shell's words: an ext4 file system in `folder`/image, mounted at `folder`/mounted, in which a command runs. */
function inLoop(folder: string, command: string): string {
  return [
    `d=${folder}; mkdir -p $d/mounted`,
    '[ -e $d/image ] || { truncate -s 64M $d/image && mkfs.ext4 -q -F $d/image; }',
    `mount -o loop $d/image $d/mounted && { ${command}; }`,
  ].join(' && ');
}

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'spoolpipe-faults-'));
});

afterAll(() => rm(root, { recursive: true, force: true }));

/** A process that says what it has acknowledged. */
class Writer {
  readonly acknowledged: number[] = [];
  refused: string | undefined;
  readonly ended: Promise<unknown>;
  readonly #child: ChildProcess;
  #wake = (): void => {};

  constructor([file = '', ...args]: readonly string[]) {
    this.#child = spawn(file, args, { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
    this.ended = once(this.#child, 'close').then(() => this.#wake());
    if (!this.#child.stdout) throw new Error('nothing can be heard');
    createInterface(this.#child.stdout).on('line', (line) => {
      if (line.startsWith('refused ')) this.refused = line.slice(8);
      else if (line !== '') this.acknowledged.push(Number(line));
      this.#wake();
    });
  }

  async has(count: number): Promise<void> {
    while (this.acknowledged.length < count) {
      if (this.#child.exitCode !== null) throw new Error(`it ended after ${this.acknowledged.length}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** To it and what it has started. */
  signal(name: NodeJS.Signals): void {
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, name);
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }
}

/** The numbers that are there: from 0 on, none is left out, and each has its value. Resolves with how many. */
async function intact(folder: string): Promise<number> {
  const store = await openStore(folder);
  let count = 0;
  for await (const [key, value] of store.entries('k/')) {
    if (Number(key.slice(2)) !== count || !Buffer.alloc(256, count % 251).equals(value)) break;
    count++;
  }
  let entries = 0;
  for await (const [key] of store.entries('')) if (key !== '') entries++;
  await store.close();
  expect(entries).toBe(count);
  return count;
}

test(
  `kill -9 under load, ${ROUNDS} times: what was acknowledged is there, and nothing is missing before it`,
  async () => {
    const folder = join(root, 'killed');
    let count = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const writer = new Writer([process.execPath, WRITER, folder, String(count)]);
      await writer.has(200 + ((round * 97) % 400));
      await writer.kill();
      count = await intact(folder);
      expect(count).toBeGreaterThan(Math.max(...writer.acknowledged));
    }
  },
  30_000 + ROUNDS * 3_000,
);

/** The system calls with which the journal and the store behind it get their bytes on the disk. */
const SYNCS = [
  ['the journal', 'pwrite64'],
  ['the store behind', 'fdatasync'],
] as const;

test.runIf(injects).each(SYNCS)(
  'a sync of %s that fails is STORE_FAILED, and nothing that was acknowledged is lost',
  async (_, call) => {
    const folder = join(root, `failed-${call}`);
    const failing = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `inject=${call}:error=EIO:when=20+`];
    const writer = new Writer([...failing, process.execPath, WRITER, folder, '0']);
    await writer.ended;
    expect(writer.refused).toBe('STORE_FAILED');
    expect(writer.acknowledged.length).toBeGreaterThan(0);
    expect(await intact(folder)).toBeGreaterThan(Math.max(...writer.acknowledged));
  },
  30_000,
);

test.runIf(injects).each(SYNCS)(
  'a disk that does not answer %s is STORE_STALLED, and nothing is lost either',
  async (_, call) => {
    const folder = join(root, `stalled-${call}`);
    const slow = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', `inject=${call}:delay_enter=1500000:when=20+`];
    const writer = new Writer([...slow, process.execPath, WRITER, folder, '0', '300']);
    await writer.ended;
    expect(writer.refused).toBe('STORE_STALLED');
    expect(await intact(folder)).toBeGreaterThan(Math.max(...writer.acknowledged));
  },
  30_000,
);

/** What a store on a disk that fills up says. */
const FULL = ['refused STORE_FULL', 'heard STORE_FULL', 'goes on well', 'lost 0, strange 0'];

function linesOf(command: string, ...args: readonly string[]): readonly string[] {
  const text = execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return text.trim().split('\n');
}

test.runIf(mounts)(
  'a full disk is STORE_FULL; with room again it goes on, and has everything',
  async () => {
    const folder = join(root, 'tmpfs');
    await mkdir(folder);
    const [command = '', ...words] = withDisk(folder, 3);
    expect(linesOf(command, ...words, process.execPath, FILLER, join(folder, 'data'))).toEqual(FULL);
  },
  30_000,
);

test.runIf(mounts)(
  'a disk without room for the journal is STORE_FULL at the start, and keeps the room it had',
  async () => {
    const folder = join(root, 'small');
    await mkdir(folder);
    const [command = '', ...words] = withDisk(folder, 1);
    const program = `try { await (await import('${script('../../dist/spooler/index.js')}')).openStore('${folder}/data') }
      catch ({ code }) { console.log(code, (await import('node:fs')).readdirSync('${folder}/data').filter((name) => name.startsWith('journal')).length) }`;
    expect(linesOf(command, ...words, process.execPath, '--input-type=module', '-e', program)).toEqual([
      'STORE_FULL 0',
    ]);
  },
  30_000,
);

test.runIf(process.platform !== 'win32')(
  'a file that may not grow is STORE_FULL in the same way',
  () => {
    const words = `ulimit -f 4000; exec '${process.execPath}' '${FILLER}' '${join(root, 'limited')}'`;
    expect(linesOf('sh', '-c', words)).toEqual(FULL);
  },
  30_000,
);

test.runIf(loops)(
  'a loss of power: the disk as it was in the middle of writing has all that was acknowledged',
  async () => {
    const [before, after] = [join(root, 'power'), join(root, 'power-back')];
    await Promise.all([mkdir(before), mkdir(after)]);
    const writing = `exec '${process.execPath}' '${WRITER}' $d/mounted/data 0`;
    const writer = new Writer([...UNSHARE, 'sh', '-c', inLoop(before, writing)]);
    await writer.has(2_000);
    // What only the page cache of the file system has is not in the image.
    writer.signal('SIGSTOP');
    await copyFile(join(before, 'image'), join(after, 'image'));
    await writer.kill();
    const acknowledged = Math.max(...writer.acknowledged);
    execFileSync(UNSHARE[0], [...UNSHARE.slice(1), 'sh', '-c', inLoop(after, `cp -r $d/mounted/data $d/data`)]);
    expect(await intact(join(after, 'data'))).toBeGreaterThan(acknowledged);
  },
  30_000,
);

test.skipIf(mounts && injects && loops)('what is skipped here: it takes strace, and a root that may mount', () => {
  expect([mounts, injects, loops]).toContain(false);
});
