/** Brokers that are programs of their own: found, started on a free loopback port, never left behind. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import type { Broker } from '../peer.ts';

/** A program, and what makes it print its version. */
export interface Command {
  /** Or its path. */
  readonly name: string;
  readonly versionArgument: string;
}

export interface Program extends Command {
  /** Of its address; default `ws`. */
  readonly scheme?: string;
  /** The text of its configuration file. The folder is there until it is ready. */
  configure(port: number, folder: string): string;
  /** How it is told where that is; default `-c`. */
  argumentsOf?(config: string, port: number): readonly string[];
  /** What it prints once it takes connections. */
  readonly ready: RegExp;
}

const ATTEMPTS = 3;
const START_MS = 10_000;
const STOP_MS = 1_500;

export function missingProgram({ name }: Command): string | undefined {
  return findExecutable(name) === undefined ? `${name} is not installed` : undefined;
}

export function programVersion({ name, versionArgument }: Command): string {
  const { stdout } = spawnSync(findExecutable(name) ?? name, [versionArgument], { encoding: 'utf8' });
  return `${name} ${/\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? 'of an unknown version'}`;
}

/** Resolves once it takes connections. Another process may take the port before it does, hence the attempts. */
export async function startProgram(program: Program): Promise<Broker> {
  const failures: unknown[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), `${basename(program.name)}-`));
    try {
      const config = join(folder, 'config');
      writeFileSync(config, program.configure(port, folder));
      const words = program.argumentsOf?.(config, port) ?? ['-c', config];
      return await launch(program, words, `${program.scheme ?? 'ws'}://127.0.0.1:${port}`);
    } catch (error) {
      failures.push(error);
    } finally {
      // Read once, at the start.
      rmSync(folder, { recursive: true });
    }
  }
  throw new AggregateError(failures, `${program.name} did not start: ${String(failures.at(-1))}`);
}

async function launch(program: Program, words: readonly string[], url: string): Promise<Broker> {
  const child = spawnWithUs(program.name, words);
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  try {
    await becomesReady(child, program.ready);
  } catch (error) {
    kill();
    throw error;
  }
  if (child.pid === undefined) {
    throw new Error(`${program.name} has no process`);
  }
  return { url, pid: child.pid, stop: () => end(child, 'SIGTERM'), kill: () => end(child, 'SIGKILL') };
}

/** Whoever kills us without our knowing kills it too, where `setpriv` (Linux) is there to ask for that. */
function spawnWithUs(name: string, args: readonly string[]): ChildProcess {
  const executable = findExecutable(name) ?? name;
  const setpriv = process.platform === 'linux' ? findExecutable('setpriv') : undefined;
  const stdio = ['ignore', 'pipe', 'pipe'] as const;
  return setpriv === undefined
    ? spawn(executable, args, { stdio: [...stdio] })
    : spawn(setpriv, ['--pdeathsig', 'KILL', executable, ...args], { stdio: [...stdio] });
}

function becomesReady(child: ChildProcess, ready: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const timer = setTimeout(() => reject(new Error(`not ready in time:\n${printed}`)), START_MS);
    const onPrinted = (chunk: Buffer) => {
      printed += chunk.toString();
      if (ready.test(printed)) {
        clearTimeout(timer);
        // Whatever else it prints is read, so that it never waits for us, and forgotten.
        for (const stream of [child.stdout, child.stderr]) {
          stream?.off('data', onPrinted).resume();
        }
        resolve();
      }
    };
    child.stdout?.on('data', onPrinted);
    child.stderr?.on('data', onPrinted);
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      reject(new Error(`exited:\n${printed}`));
    });
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    return;
  }
  const exited = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(timer);
}

function findExecutable(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') {
    throw new Error('no port');
  }
  return address.port;
}
