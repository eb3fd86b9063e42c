/** Libraries that evaluate an expression somebody typed, each with the same one in its own language. */

import { compileExpression } from 'filtrex';
import jsonata from 'jsonata';
import { compileFilter, VERSION } from '../../../shared/index.ts';
import { packageVersion } from '../peers/package-version.ts';
import type { PrintEvent, Wish } from './crowd.ts';

export interface FilterPeer {
  readonly name: string;
  /** Whether it answers with promises. */
  readonly promises: boolean;
  version(): string;
  compile(wish: Wish): (event: PrintEvent) => unknown;
}

const spoolpipe: FilterPeer = {
  name: 'spoolpipe',
  promises: false,
  version: () => `spoolpipe ${VERSION}`,
  compile({ printers: [one, other], pages }) {
    const criteria = `(Printer = '${one}' OR Printer = '${other}') AND NOT Pages = ${pages} AND Paused = FALSE`;
    const { matches } = compileFilter(criteria).bind([
      { name: 'Printer', type: 'string' },
      { name: 'Pages', type: 'i32' },
      { name: 'Paused', type: 'boolean' },
    ]);
    return matches;
  },
};

/** MIT, no dependencies, any Node; last release of 2024. Makes JavaScript of an expression. */
const filtrex: FilterPeer = {
  name: 'filtrex',
  promises: false,
  version: () => packageVersion('filtrex'),
  compile({ printers: [one, other], pages }) {
    return compileExpression(
      `(Printer == "${one}" or Printer == "${other}") and not (Pages == ${pages}) and not Paused`,
    ) as (event: PrintEvent) => unknown;
  },
};

/** MIT, no dependencies, Node 8 and later, several releases a year. Walks a tree, and answers with a promise. */
const jsonataPeer: FilterPeer = {
  name: 'jsonata',
  promises: true,
  version: () => packageVersion('jsonata'),
  compile({ printers: [one, other], pages }) {
    const expression = jsonata(
      `(Printer = "${one}" or Printer = "${other}") and $not(Pages = ${pages}) and Paused = false`,
    );
    return (event) => expression.evaluate(event);
  },
};

export const FILTER_PEERS: readonly FilterPeer[] = [spoolpipe, filtrex, jsonataPeer];
