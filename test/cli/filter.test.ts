/** `spoolpipe filter check`, for people and with `--json`. */

import { expect, test } from 'vitest';
import { run } from './command.ts';

const check = (...words: string[]): ReturnType<typeof run> => run(['filter', 'check', ...words]);
const GUID = '{f89859d1-6565-11d1-88c8-0080c7d771bf}';

test('people see which part was true or false, and what it was compared with', async () => {
  const criteria = "NOT (Printer = 'A' OR Printer = 'B') AND Paused = FALSE";
  const { code, text, stderr } = await check(criteria, '--with', '{"Printer": "B", "Paused": false}');
  expect(text).toBe(
    [
      "false  NOT (Printer = 'A' OR Printer = 'B') AND Paused = FALSE",
      "false    NOT (Printer = 'A' OR Printer = 'B')",
      "true       Printer = 'A' OR Printer = 'B'",
      `false        Printer = 'A'   it is "B"`,
      `true         Printer = 'B'   it is "B"`,
      'true     Paused = FALSE   it is false',
      '',
    ].join('\n'),
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test.each([
  ['Pages = 3', '{"Pages": 3}', true],
  ['pages = 3', '{"Pages": 4}', false],
  [`Job = ${GUID.toUpperCase()}`, `{"Job": "${GUID}"}`, true],
  ['Job = NULL', '{"Job": null}', true],
  ['ALL', '{}', true],
])('with --json: %s with %s', async (criteria, values, matches) => {
  const { code, text, stderr } = await check(criteria, '--with', values, '--json');
  expect(text).toBe(`${JSON.stringify({ matches })}\n`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('without --with only the syntax is checked', async () => {
  const [people, programs] = await Promise.all([check('Colour = 3'), check('Colour = 3', '--json')]);
  expect([people.code, people.text]).toEqual([0, 'valid\n']);
  expect([programs.code, programs.text]).toEqual([0, '{"valid":true}\n']);
});

test('EVC-170, EVC-176: wrong criteria have a caret, a code and a position; with --extended they are right', async () => {
  const words = ['Pages > 10', '--with', '{"Pages": 12}'];
  const [people, programs, extended] = await Promise.all([
    check(...words),
    check(...words, '--json'),
    check(...words, '--json', '--extended'),
  ]);
  expect([people.code, people.text]).toEqual([1, '']);
  expect(people.stderr).toMatch(/^Pages > 10\n {6}\^\nspoolpipe: \[EVENT_E_QUERYSYNTAX\] .*at 6: .*\n$/);
  expect(programs.code).toBe(1);
  expect(JSON.parse(programs.text)).toEqual({
    error: {
      code: 'EVENT_E_QUERYSYNTAX',
      hresult: 0x80040203,
      position: 6,
      offending: '>',
      message: expect.stringContaining('only in the language "extended"'),
    },
  });
  expect([extended.code, extended.text]).toEqual([0, '{"matches":true}\n']);
});

test('EVC-170: a name that is not among the parameters', async () => {
  const { code, text } = await check('Pages = 3 AND Colour = TRUE', '--with', '{"Pages": 3}', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(text)).toMatchObject({
    error: { code: 'EVENT_E_QUERYFIELD', position: 14, offending: 'Colour' },
  });
});

test.each(['[1]', 'null', '3', '{"Pages": }'])('parameters that are no JSON object: %s', async (values) => {
  const { code, text, stderr } = await check('ALL', '--with', values);
  expect({ code, text }).toEqual({ code: 2, text: '' });
  expect(stderr).toContain('JSON object');
});
