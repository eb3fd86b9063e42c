/** Real programs, ended by a clock that stands still. */

import { expect, test } from 'vitest';
import { ManualClock } from '../../test/harness/index.ts';
import { Program } from './program.ts';

interface Started extends AsyncDisposable {
  readonly program: Program;
  readonly clock: ManualClock;
  readonly lines: string[];
  /** Resolves when the program has said it. */
  said(line: string): Promise<void>;
}

function start(script: string, environment: Readonly<Record<string, string>> = {}): Started {
  const clock = new ManualClock();
  const lines: string[] = [];
  const wakers = new Set<() => void>();
  const program = new Program({
    command: [process.execPath, '-e', script],
    directory: undefined,
    environment: { ...process.env, ...environment },
    clock,
    onLine: (line) => {
      lines.push(line);
      for (const wake of wakers) wake();
    },
  });
  return {
    program,
    clock,
    lines,
    said: async (line) => {
      while (!lines.includes(line)) await new Promise<void>((resolve) => wakers.add(resolve));
    },
    async [Symbol.asyncDispose]() {
      const ending = program.end();
      clock.advance(500);
      await ending;
      expect(clock.pending).toBe(0);
    },
  };
}

test('how it ends is said with its exit code and the last line of its standard error', async () => {
  await using quiet = start('process.exit(0)');
  expect(await quiet.program.ended).toBe('exit code 0');
  await using loud = start('console.log("hello"); console.error("no such"); console.error("printer"); process.exit(7)');
  expect(await loud.program.ended).toBe('exit code 7: printer');
  expect(loud.lines.toSorted()).toEqual(['hello', 'no such', 'printer']);
});

test('of an error that nobody caught the words are said, not what Node prints after them', async () => {
  await using broken = start('throw new TypeError("no such tray")');
  expect(await broken.program.ended).toBe('exit code 1: TypeError: no such tray');
});

test('it gets its environment, and nothing to read', async () => {
  const script = 'process.stdin.on("end", () => console.log("end")).resume(); console.log(process.env.TRAY)';
  await using started = start(script, { TRAY: 'two' });
  expect(await started.program.ended).toBe('exit code 0');
  expect(started.lines).toEqual(['two', 'end']);
});

test('one that is not there has ended', async () => {
  const clock = new ManualClock();
  const command = ['/no/such/program'];
  const program = new Program({ command, directory: undefined, environment: {}, clock, onLine: () => {} });
  expect(await program.ended).toMatch(/ENOENT/);
  await program.end();
  expect(clock.pending).toBe(0);
});

test('it is asked to end, and may take its time', async () => {
  const script = 'setInterval(() => {}, 1e6); process.on("SIGTERM", () => process.exit(3)); console.log("ready")';
  await using started = start(script);
  await started.said('ready');
  await started.program.end();
  expect(await started.program.ended).toBe('exit code 3');
});

test('one that does not listen is ended half a second later', async () => {
  const script = 'setInterval(() => {}, 1e6); process.on("SIGTERM", () => console.log("no")); console.log("ready")';
  await using started = start(script);
  await started.said('ready');
  const endings = [started.program.end(), started.program.end()];
  await started.said('no');
  started.clock.advance(500);
  await Promise.all(endings);
  expect(await started.program.ended).toBe('ended by SIGKILL');
});

test('whoever it leaves behind with its standard error does not keep it from having ended', async () => {
  const grandchild = 'process.on("SIGTERM", () => process.exit()); setTimeout(() => {}, 60000)';
  const script = `
    const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(grandchild)}],
      { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
    child.unref();
    console.log('child ' + child.pid);
    process.exit(5);`;
  await using started = start(script);
  let ended = '';
  void started.program.ended.then((how) => {
    ended = how;
  });
  while (started.clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  started.clock.advance(100);
  await started.program.ended;
  expect(ended).toBe('exit code 5');
  const pid = Number(/^child (\d+)$/.exec(started.lines[0] ?? '')?.[1]);
  process.kill(pid, 'SIGKILL');
});
