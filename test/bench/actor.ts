/** A process of a run. Its arguments say which part it plays; it ends with the process that started it. */

import { load } from './peers/index.ts';
import { play, type RoleName } from './roles.ts';
import type { Settings } from './settings.ts';
import { workloadNamed } from './workloads/index.ts';

/** Milliseconds from one look to the next. */
const LOOK = 100;

const [role, peerName, workloadName, settings] = process.argv.slice(2) as [RoleName, string, string, string];
if (!process.send) throw new Error('started by bench.js only');
/** Whoever is not there any more does not care. */
const send = (message: unknown): void => void process.send?.(message, () => {});

// Whoever started this one decides when it ends; leaving by `exit` lets a broker take its program along.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => process.exit());
process.on('disconnect', () => process.exit());

/** Not even what would end it is heard: so it looks itself whether the one that started it is still there. */
function freeze(): void {
  const parent = process.ppid;
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  while (process.ppid === parent) Atomics.wait(nothing, 0, 0, LOOK);
  process.exit();
}

const workload = workloadNamed(workloadName);
const peer = await load(peerName, workload);
play(
  role,
  { peer, workload, settings: JSON.parse(settings) as Settings, freeze },
  {
    post: send,
    onMessage: (take) => void process.on('message', take),
  },
);
send('ready');
