/** What the command line asks for. */

import { parseArgs } from 'node:util';
import { BASELINE, DURABLE_BASELINE, PEER_NAMES } from './peers/index.ts';
import { refuseMemory } from './run-folder.ts';
import { NORMAL, QUICK, type Settings } from './settings.ts';
import type { Workload } from './workload.ts';
import { WORKLOADS } from './workloads/index.ts';

const QUICK_PEERS = [BASELINE, 'joined ws', DURABLE_BASELINE, 'spoolpipe'];

const QUICK_WORKLOADS = WORKLOADS.filter(({ kind }) => kind !== 'over time');

export const HELP = `npm run bench -- [options]

  --quick            short runs, one of each, and nothing over time
  --repetitions N    how often everything is run; default 5, or 1 with --quick
  --peers A,B        default ${PEER_NAMES.join(', ')};
                     with --quick ${QUICK_PEERS.join(', ')}
  --workloads A,B    default all; by name or by how the name begins:
                     ${WORKLOADS.map(({ name }) => name).join(', ')}
  --folder DIR       where what must last is kept, on a disk; default ${NORMAL.folder}
  --json             all figures as JSON instead of tables
  --write            also writes docs/benchmarks.md
`;

export interface Options {
  readonly settings: Settings;
  readonly repetitions: number;
  readonly peers: readonly string[];
  readonly workloads: readonly Workload[];
  readonly json: boolean;
  readonly write: boolean;
  readonly help: boolean;
}

/** Throws where it cannot be understood. */
export function optionsFrom(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      repetitions: { type: 'string' },
      peers: { type: 'string' },
      workloads: { type: 'string' },
      folder: { type: 'string', default: NORMAL.folder },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick, folder, json, write, help } = values;
  const repetitions = Number(values.repetitions ?? (quick ? 1 : 5));
  if (!Number.isInteger(repetitions) || repetitions < 1) throw new Error('--repetitions takes a number from 1');
  const peers = values.peers?.split(',').map(peerNamed) ?? (quick ? QUICK_PEERS : PEER_NAMES);
  const workloads = values.workloads?.split(',').flatMap(workloadsNamed) ?? (quick ? QUICK_WORKLOADS : WORKLOADS);
  if (!help && workloads.some(({ kind = 'passing on' }) => kind !== 'passing on')) refuseMemory(folder);
  const settings = { ...(quick ? QUICK : NORMAL), folder };
  return { settings, repetitions, peers, workloads, json, write, help };
}

function peerNamed(name: string): string {
  if (!PEER_NAMES.includes(name)) throw new Error(`no peer ${name}; there are ${PEER_NAMES.join(', ')}`);
  return name;
}

function workloadsNamed(name: string): readonly Workload[] {
  const exact = WORKLOADS.filter((workload) => workload.name === name);
  const found = exact.length > 0 ? exact : WORKLOADS.filter((workload) => workload.name.startsWith(name));
  if (found.length === 0)
    throw new Error(`no workload ${name}; there are ${WORKLOADS.map((each) => each.name).join(', ')}`);
  return found;
}
