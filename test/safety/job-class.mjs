// What the spooler starts for a callback class of print jobs. Says `served`, and `finished PAGES` once a job is completed.
import { connectJobs } from '../../dist/client/jobs.js';

const say = (line) => process.stdout.write(`${line}\n`);
const jobs = await connectJobs(undefined, { onLost: () => process.exit() });
await jobs.registerClass(process.argv[2], () => ({
  async jobTransferred(job) {
    const { pagesPrinted } = job.description;
    await job.complete();
    say(`finished ${pagesPrinted}`);
  },
}));
say('served');
