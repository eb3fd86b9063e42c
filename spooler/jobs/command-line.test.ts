import { expect, test } from 'vitest';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { CommandLines } from './command-line.ts';

function commandLines() {
  const clock = new ManualClock();
  const lines: string[] = [];
  return { clock, lines, programs: new CommandLines(clock, (line) => void lines.push(line)) };
}

/** A program of Node. */
const node = (script: string, ...more: string[]) => ({
  program: process.execPath,
  parameters: [process.execPath, '-e', script, ...more],
  user: 'ann',
});

test.each([
  [0, true],
  [1, false],
  [10, false],
])('JOB-143: exit code %d: a success is %s', async (code, succeeds) => {
  const { programs, lines } = commandLines();
  expect(await programs.run(node(`process.exit(${code})`))).toBe(succeeds);
  expect(lines).toHaveLength(succeeds ? 0 : 1);
});

test('JOB-141: the parameters after the first are its arguments, and no shell reads them', async () => {
  const { programs, lines } = commandLines();
  expect(await programs.run(node('console.log(process.argv.slice(1).join("|"))', 'a b', '$HOME', '*'))).toBe(true);
  expect(lines).toEqual([`${process.execPath}: a b|$HOME|*`]);
});

test('JOB-143, decided: a program that is not there has failed; the operator hears of it', async () => {
  const { programs, lines } = commandLines();
  expect(await programs.run({ program: '/no/such/program', parameters: [], user: 'ann' })).toBe(false);
  expect(lines).toEqual([expect.stringContaining('/no/such/program')]);
});

test('JOB-143, decided: one that has not ended in a minute is ended, and has failed', async () => {
  const { clock, programs } = commandLines();
  const ran = programs.run(node('setInterval(() => {}, 1000)'));
  clock.advance(60_000);
  expect(await ran).toBe(false);
});
