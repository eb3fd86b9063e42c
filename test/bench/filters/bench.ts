/**
 * `npm run bench:filters`: evaluations per second of parameter filters, beside other libraries with the same
 * expression. Each figure is made in a process of its own, so that nobody finds the machine as another has left it.
 */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { thisMachine } from '../machine.ts';
import { rateOf } from './measure.ts';
import { FILTER_PEERS } from './peers.ts';
import { type Rates, tableOf } from './table.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, peer: { type: 'string' }, subscriptions: { type: 'string' } },
});
const times = values.quick ? { warmUp: 100, duration: 200 } : { warmUp: 500, duration: 1_000 };
const peer = FILTER_PEERS.find(({ name }) => name === values.peer);

if (peer === undefined) compare(values.quick ? 1 : 5);
else console.log(await rateOf(peer, Number(values.subscriptions), times));

function compare(repetitions: number): void {
  const rates = [1, 100, 1_000].map((subscriptions): Rates => ({ subscriptions, byPeer: new Map() }));
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const { subscriptions, byPeer } of rates) {
      // Nobody is always the first, or always behind the same.
      const by = repetition % FILTER_PEERS.length;
      for (const { name } of [...FILTER_PEERS.slice(by), ...FILTER_PEERS.slice(0, by)]) {
        const rate = measured(name, subscriptions);
        byPeer.set(name, [...(byPeer.get(name) ?? []), rate]);
        console.error(`${repetition + 1}  ${subscriptions}  ${name}  ${Math.round(rate).toLocaleString('en')}/s`);
      }
    }
  }
  const { processor, cores, memory, system, node } = thisMachine();
  console.log(`${processor}, ${cores} cores, ${memory}, ${system}, Node ${node}`);
  console.log(`${FILTER_PEERS.map((each) => each.version()).join(', ')}; medians of ${repetitions}\n`);
  console.log(tableOf(rates));
}

function measured(name: string, subscriptions: number): number {
  const args = ['--peer', name, '--subscriptions', String(subscriptions), ...(values.quick ? ['--quick'] : [])];
  return Number(execFileSync(process.execPath, [fileURLToPath(import.meta.url), ...args], { encoding: 'utf8' }));
}
