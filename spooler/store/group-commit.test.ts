import { expect, test } from 'vitest';
import { type Code, SpoolError } from '../../shared/index.ts';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { turn } from '../../test/harness/real-time.ts';
import { type Group, GroupCommit } from './group-commit.ts';
import type { Change } from './store.ts';

const COMMIT_TIME = 1_000;
const put = (key: string): readonly Change[] => [{ put: [key, new Uint8Array(0)] }];

/** The keys that are asked for; two fill it. */
class Keys implements Group {
  readonly keys: string[] = [];
  get isFull(): boolean {
    return this.keys.length >= 2;
  }
  add(changes: readonly Change[]): void {
    this.keys.push(...changes.map((change) => ('put' in change ? change.put[0] : change.remove)));
  }
}

/** The code of the refusal that is to come. */
async function refusal(write: Promise<void>): Promise<Code | undefined> {
  try {
    await write;
    return undefined;
  } catch (reason) {
    return reason instanceof SpoolError ? reason.code : undefined;
  }
}

/** A disk whose commits end when they are told to. */
function stage(): {
  readonly clock: ManualClock;
  readonly commits: GroupCommit<Keys>;
  readonly stalls: readonly Code[];
  readonly asked: string[][];
  readonly end: (failure?: SpoolError) => Promise<void>;
} {
  const clock = new ManualClock();
  const asked: string[][] = [];
  const ends: ((failure?: SpoolError) => void)[] = [];
  const stalls: Code[] = [];
  const commits = new GroupCommit({
    clock,
    commitTime: COMMIT_TIME,
    newGroup: () => new Keys(),
    onStalled: ({ code }) => void stalls.push(code),
    commit({ keys }) {
      asked.push(keys);
      return new Promise((resolve, reject) => {
        ends.push((failure) => (failure ? reject(failure) : resolve()));
      });
    },
  });
  const end = async (failure?: SpoolError): Promise<void> => {
    ends.shift()?.(failure);
    await turn();
  };
  return { clock, commits, stalls, asked, end };
}

test('what is asked for in one turn, and what is asked for during a commit, is one commit each', async () => {
  const { clock, commits, asked, end } = stage();
  const ended: string[] = [];
  const write = (key: string): void => void commits.write(put(key)).then(() => ended.push(key));
  write('a');
  write('b');
  await turn();
  write('c');
  write('d');
  await turn();
  expect([asked, ended]).toEqual([[['a', 'b']], []]);
  await end();
  expect([asked, ended]).toEqual([
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
    ['a', 'b'],
  ]);
  await end();
  expect(ended).toEqual(['a', 'b', 'c', 'd']);
  await commits.idle();
  expect(clock.pending).toBe(0);
});

test('STORE_FULL refuses those of the commit; the next one is tried', async () => {
  const { commits, end } = stage();
  const refused = Promise.all(['a', 'b'].map((key) => refusal(commits.write(put(key)))));
  await turn();
  await end(new SpoolError('STORE_FULL'));
  expect(await refused).toEqual(['STORE_FULL', 'STORE_FULL']);
  expect(commits.failure).toBeUndefined();
  const third = commits.write(put('c'));
  await turn();
  await end();
  await expect(third).resolves.toBeUndefined();
});

test('after any other failure nothing more is committed: those that wait and those that come are refused', async () => {
  const { commits, asked, end } = stage();
  const failing = refusal(commits.write(put('a')));
  await turn();
  const waiting = refusal(commits.write(put('b')));
  await end(new SpoolError('STORE_FAILED'));
  const coming = refusal(commits.write(put('c')));
  expect(await Promise.all([failing, waiting, coming])).toEqual(['STORE_FAILED', 'STORE_FAILED', 'STORE_FAILED']);
  await commits.idle();
  expect(asked).toEqual([['a']]);
});

test('a commit that is not over in time is STORE_STALLED, and its late end changes nothing', async () => {
  const { clock, commits, stalls, asked, end } = stage();
  const stalled = refusal(commits.write(put('a')));
  await turn();
  clock.step(COMMIT_TIME - 1);
  expect(commits.failure).toBeUndefined();
  clock.step(COMMIT_TIME);
  expect(await stalled).toBe('STORE_STALLED');
  expect(stalls).toEqual(['STORE_STALLED']);
  await end();
  expect(await refusal(commits.write(put('b')))).toBe('STORE_STALLED');
  expect(asked).toEqual([['a']]);
  expect(clock.pending).toBe(0);
});

test('what is asked for once a group is full is another commit', async () => {
  const { commits, asked, end } = stage();
  const written = Promise.all(['a', 'b', 'c'].map((key) => commits.write(put(key))));
  await turn();
  await end();
  await end();
  await written;
  expect(asked).toEqual([['a', 'b'], ['c']]);
});

test('who is told that it fails has all that wait refused, and all that come', async () => {
  const { commits, asked, end } = stage();
  const running = commits.write(put('a'));
  await turn();
  const waiting = refusal(commits.write(put('b')));
  commits.fail(new SpoolError('STORE_FAILED'));
  expect(await Promise.all([waiting, refusal(commits.write(put('c')))])).toEqual(['STORE_FAILED', 'STORE_FAILED']);
  await end();
  await expect(running).resolves.toBeUndefined();
  expect(asked).toEqual([['a']]);
});
