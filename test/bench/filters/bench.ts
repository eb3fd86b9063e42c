/** `npm run bench:filters`: evaluations per second of parameter filters, beside other libraries with the same expression. */

import { parseArgs } from 'node:util';
import { thisMachine } from '../machine.ts';
import { rateOf } from './measure.ts';
import { FILTER_PEERS } from './peers.ts';
import { type Rates, tableOf } from './table.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const times = values.quick ? { warmUp: 100, duration: 200 } : { warmUp: 500, duration: 1_000 };
const repetitions = values.quick ? 1 : 5;

const rates: Rates[] = [1, 100, 1_000].map((subscriptions) => ({ subscriptions, byPeer: new Map() }));
for (let repetition = 0; repetition < repetitions; repetition++) {
  for (const { subscriptions, byPeer } of rates) {
    // Nobody is always the first, or always behind the same.
    const by = repetition % FILTER_PEERS.length;
    for (const peer of [...FILTER_PEERS.slice(by), ...FILTER_PEERS.slice(0, by)]) {
      const rate = await rateOf(peer, subscriptions, times);
      byPeer.set(peer.name, [...(byPeer.get(peer.name) ?? []), rate]);
      console.error(`${repetition + 1}  ${subscriptions}  ${peer.name}  ${Math.round(rate).toLocaleString('en')}/s`);
    }
  }
}
const { processor, cores, memory, system, node } = thisMachine();
console.log(`${processor}, ${cores} cores, ${memory}, ${system}, Node ${node}`);
console.log(`${FILTER_PEERS.map((peer) => peer.version()).join(', ')}; medians of ${repetitions}\n`);
console.log(tableOf(rates));
