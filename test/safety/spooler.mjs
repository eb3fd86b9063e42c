// A spooler in a process of its own: `node spooler.mjs PORT`. Says its address; answers each line it is told with what it
// holds and how many descriptors it has open.
import { existsSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { serve } from '../../dist/spooler/index.js';

const server = await serve({ port: Number(process.argv[2]) });
process.stdout.write(`${server.url}\n`);

const lines = createInterface(process.stdin);
lines.on('line', () => {
  const descriptors = existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0;
  process.stdout.write(`${JSON.stringify({ ...server.spooler.stats(), descriptors })}\n`);
});
// Whoever started it is gone.
lines.on('close', () => process.exit());
