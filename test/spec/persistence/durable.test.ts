/** The same over a store on a disk: our own decision (docs/decisions/0033). */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../../spooler/index.ts';
import { RegistrationStage } from './registration-stage.ts';

test('what was kept before the spooler ended is there, however often it ends', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'spoolpipe-registrations-'));
  try {
    const given: (string | null)[] = [];
    const sent: string[] = [];
    for (let round = 1; round <= 4; round++) {
      const store = await openStore(folder);
      const stage = await RegistrationStage.start({ store });
      const ann = await stage.client();
      const one = await ann.attach('desk');
      const texts = Array.from({ length: 700 }, (_, index) => `${round} ${index} ${'x'.repeat(index % 300)}`);
      expect(new Set(await stage.send(...texts))).toEqual(new Set(['S_OK']));
      sent.push(...texts);
      // The last round takes everything, the others leave something.
      const end = sent.length - (round === 4 ? 0 : 50);
      for (let number = 0; number < end; ) {
        number = Math.min(end, one.numbers.at(-1) ?? 0);
        await ann.acknowledge(one, number);
        await stage.rig.settle();
      }
      given.push(...one.given.filter((each) => each.number <= end).map(({ text }) => text));
      await stage[Symbol.asyncDispose]();
      await store.close();
    }
    expect(given).toEqual(sent);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
