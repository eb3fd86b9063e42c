/** `spoolpipe events`: the event system of a spooler (docs/events.md). */

import type { Command } from 'commander';
import { addDeadLetters } from './dead-letters.ts';
import { addFire } from './fire.ts';
import { addInstall } from './install.ts';
import { addList } from './list.ts';
import { addRemove } from './remove.ts';
import { addSubscribe } from './subscribe.ts';
import { addSubscriptions } from './subscriptions.ts';

export function addEvents(program: Command): void {
  const events = program
    .command('events')
    .summary('event classes: install, fire, subscribe, see what is there')
    .description('Event classes: publishers fire events at a class, the spooler calls whoever has subscribed.');
  addInstall(events);
  addList(events);
  addRemove(events);
  addFire(events);
  addSubscribe(events);
  addSubscriptions(events);
  addDeadLetters(events);
}
