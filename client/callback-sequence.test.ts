import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SpoolError } from '../shared/index.ts';
import { ManualClock } from '../test/harness/index.ts';
import { CallbackSequence } from './callback-sequence.ts';
import { type Problem, reportToConsole } from './problem.ts';

const clock = new ManualClock();
let problems: Problem[] = [];
let calls: string[] = [];
let sequence = new CallbackSequence(clock, (problem) => problems.push(problem));

/** Runs a callback that is noted when it begins and when its turn has ended. */
function run(name: string, callback: () => unknown = () => {}, of = sequence): void {
  of.run(
    name,
    () => {
      calls.push(name);
      return callback();
    },
    () => calls.push(`${name} ended`),
    undefined,
  );
}

beforeEach(() => {
  problems = [];
  calls = [];
  sequence = new CallbackSequence(clock, (problem) => problems.push(problem));
});

afterEach(() => {
  if (clock.pending > 0) throw new Error(`${clock.pending} timers are left`);
});

describe('callbacks of one channel (GAP-30)', () => {
  test('run at once when nothing is before them', () => {
    run('first');
    run('second');
    expect(calls).toEqual(['first', 'first ended', 'second', 'second ended']);
  });

  test('begin when the promise of the one before has settled', async () => {
    const { promise, resolve } = deferred();
    run('first', () => promise);
    run('second');
    run('third');
    await Promise.resolve();
    expect(calls).toEqual(['first']);
    resolve();
    await vi.waitFor(() => expect(calls).toHaveLength(6));
    expect(calls).toEqual(['first', 'first ended', 'second', 'second ended', 'third', 'third ended']);
  });

  test('asked for from inside one run after it', () => {
    run('outer', () => {
      run('inner');
      calls.push('still outer');
    });
    expect(calls).toEqual(['outer', 'still outer', 'outer ended', 'inner', 'inner ended']);
  });

  test('do not wait for those of another channel', () => {
    const other = new CallbackSequence(clock, (problem) => problems.push(problem));
    const { promise, resolve } = deferred();
    run('first', () => promise);
    run('of another', undefined, other);
    expect(calls).toEqual(['first', 'of another', 'of another ended']);
    resolve();
    return vi.waitFor(() => expect(calls).toContain('first ended'));
  });

  test('may be as many as they like', async () => {
    const many = 20_000;
    const { promise, resolve } = deferred();
    run('first', () => promise);
    for (let i = 0; i < many; i++) run('next');
    resolve();
    await vi.waitFor(() => expect(calls).toHaveLength(2 + 2 * many));
    expect(problems).toEqual([]);
  });
});

describe('a callback that fails (PAN-195, T14)', () => {
  const reason = new Error('mine');

  test('by throwing is reported, its turn ends, the next runs', () => {
    run('first', () => {
      throw reason;
    });
    run('second');
    expect(calls).toEqual(['first', 'first ended', 'second', 'second ended']);
    expect(problems).toEqual([{ kind: 'callbackThrew', what: 'first', reason }]);
  });

  test('by rejecting is reported, its turn ends, the next runs', async () => {
    run('first', () => Promise.reject(reason));
    run('second');
    await vi.waitFor(() => expect(calls).toHaveLength(4));
    expect(problems).toEqual([{ kind: 'callbackThrew', what: 'first', reason }]);
  });

  test('by returning something like a promise that throws is reported as well', async () => {
    const broken = {
      // oxlint-disable-next-line unicorn/no-thenable -- what a careless callback may return
      then: () => {
        throw reason;
      },
    };
    run('first', () => broken);
    run('second');
    await vi.waitFor(() => expect(calls).toHaveLength(4));
    expect(problems).toEqual([{ kind: 'callbackThrew', what: 'first', reason }]);
  });

  test('by releasing what it had only borrowed is reported, and the next runs (GAP-2, OBS-9)', () => {
    sequence.run(
      'first',
      () => calls.push('first'),
      () => {
        throw reason;
      },
      undefined,
    );
    run('second');
    expect(calls).toEqual(['first', 'second', 'second ended']);
    expect(problems).toEqual([{ kind: 'callbackThrew', what: 'first', reason }]);
  });

  test('by never returning is reported after half a minute, and left alone', async () => {
    const { promise, resolve } = deferred();
    run('first', () => promise);
    clock.advance(29_999);
    expect(problems).toEqual([]);
    clock.advance(1);
    expect(problems).toEqual([{ kind: 'callbackStuck', what: 'first' }]);
    expect(calls).toEqual(['first']);
    resolve();
    await vi.waitFor(() => expect(calls).toEqual(['first', 'first ended']));
  });

  test.each(['CONNECTION_LOST', 'CONNECTION_ENDED'] as const)(
    'that was overtaken by %s is no fault: the end itself is told',
    async (code) => {
      run('first', () => Promise.reject(new SpoolError(code)));
      await vi.waitFor(() => expect(calls).toEqual(['first', 'first ended']));
      expect(problems).toEqual([]);
    },
  );

  test('fails nobody even where reporting it fails', () => {
    sequence = new CallbackSequence(clock, () => {
      throw new Error('the report');
    });
    run('first', () => {
      throw reason;
    });
    run('second');
    expect(calls).toEqual(['first', 'first ended', 'second', 'second ended']);
  });

  // oxlint-disable-next-line unicorn/no-thenable -- what a careless callback may return
  test.each([0, '', false, {}, { then: 1 }, null, undefined])('does not fail by returning %j', (value) => {
    run('first', () => value);
    expect(calls).toEqual(['first', 'first ended']);
    expect(problems).toEqual([]);
  });
});

test('problems go to the console of a program that does not ask for them', () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  const reason = new Error('mine');
  reportToConsole({ kind: 'callbackThrew', what: 'onEventNotify', reason });
  reportToConsole({ kind: 'callbackStuck', what: 'channelClosed' });
  expect(warn.mock.calls).toEqual([
    ['spoolpipe: callbackThrew: onEventNotify', reason],
    ['spoolpipe: callbackStuck: channelClosed'],
  ]);
  warn.mockRestore();
});

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
