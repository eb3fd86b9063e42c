/** How long a session remembers the ends it has finished (PROTOCOL.md section 8). */

import { describe, expect, test } from 'vitest';
import { hresultOf } from '../../shared/errors.ts';
import { EndTable } from './end-table.ts';
import type { End } from './ends.ts';

const CLOSED = hresultOf('CHANNEL_CLOSED_BY_SERVER');
const FORGOTTEN = hresultOf('CHANNEL_ALREADY_CLOSED');
const NEVER = hresultOf('CHANNEL_NOT_OPENED');
/** At least, as the document says. */
const REMEMBERED = 1_024;

/** The table looks at nothing of an end but its number. */
const end = (number: number): End => ({ number }) as End;

function finished(table: EndTable, number: number): void {
  table.add(end(number));
  expect(table.remove(end(number), 'bySource')).toBe(true);
}

const answer = (table: EndTable, number: number): number => table.refusal(number, 'notify', true);

describe('a finished end', () => {
  test('is remembered until as many others have finished, and no longer', () => {
    const table = new EndTable();
    for (let number = 1; number <= REMEMBERED; number++) finished(table, number);
    expect([answer(table, 1), table.knows(1)]).toEqual([CLOSED, true]);
    finished(table, REMEMBERED + 1);
    expect([answer(table, 1), table.knows(1)]).toEqual([FORGOTTEN, false]);
    for (let number = 2; number <= REMEMBERED + 1; number++) expect(answer(table, number)).toBe(CLOSED);
    for (let number = REMEMBERED + 2; number <= 3 * REMEMBERED; number++) finished(table, number);
    expect(answer(table, 2 * REMEMBERED)).toBe(FORGOTTEN);
    expect(answer(table, 2 * REMEMBERED + 1)).toBe(CLOSED);
  });

  test('that is finished again stays as it was first finished, and is remembered as long', () => {
    const table = new EndTable();
    finished(table, 1);
    expect(table.remove(end(1), 'bySelf')).toBe(false);
    for (let number = 2; number <= REMEMBERED; number++) finished(table, number);
    expect(answer(table, 1)).toBe(CLOSED);
  });

  test('is not remembered where nobody says how it was finished', () => {
    const table = new EndTable();
    table.add(end(1));
    table.remove(end(1));
    expect([table.size, table.knows(1), answer(table, 1)]).toEqual([0, false, FORGOTTEN]);
  });
});

test('a number that nobody was given is not one that was closed', () => {
  const table = new EndTable();
  expect([table.refusal(7, 'notify', false), table.refusal(7, 'close', true)]).toEqual([NEVER, FORGOTTEN]);
});
