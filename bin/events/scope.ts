/** The options that say which events a subscription is for. */

import type { Command } from 'commander';
import type { InstalledEventClass } from '../../client/subscriber.ts';

export interface ScopeOptions {
  readonly interface?: string;
  readonly method?: string;
  readonly filter?: string;
  readonly extended?: true;
  readonly publisherId?: string;
  readonly name?: string;
}

export function addScope(command: Command): Command {
  return command
    .option('--interface <name>', 'only the events of this interface: its name, or its IID')
    .option('--method <name>', 'only this event')
    .option('--filter <criteria>', 'only events whose arguments match, such as: tray = (2 OR 3)')
    .option('--extended', 'the criteria are in the language "extended"')
    .option('--publisher-id <id>', 'events like these of every class that publishes under this ID')
    .option('--name <name>', 'what logs call the subscription');
}

/** All but the interface, which decides what an object has to have. */
export function specificationOf(eventClass: InstalledEventClass, options: ScopeOptions) {
  const { method, filter, extended, publisherId, name = 'spoolpipe events subscribe' } = options;
  return {
    eventClass,
    name,
    ...(method !== undefined && { method }),
    ...(filter !== undefined && { filterCriteria: filter }),
    ...(extended && { filterLanguage: 'extended' as const }),
    ...(publisherId !== undefined && { publisherId }),
  };
}
