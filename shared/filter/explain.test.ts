import { expect, test } from 'vitest';
import { compileFilter } from './filter.ts';

test('every part is told, with what it was compared with, those too that could change nothing', () => {
  const filter = compileFilter("NOT (Printer == 'A' | Printer = 'B') AND paused = FALSE");
  expect(filter.explain({ Printer: 'B', Paused: false })).toEqual({
    criteria: "NOT (Printer = 'A' OR Printer = 'B') AND paused = FALSE",
    matches: false,
    parts: [
      {
        criteria: "NOT (Printer = 'A' OR Printer = 'B')",
        matches: false,
        parts: [
          {
            criteria: "Printer = 'A' OR Printer = 'B'",
            matches: true,
            parts: [
              { criteria: "Printer = 'A'", matches: false, value: 'B', parts: [] },
              { criteria: "Printer = 'B'", matches: true, value: 'B', parts: [] },
            ],
          },
        ],
      },
      { criteria: 'paused = FALSE', matches: true, value: false, parts: [] },
    ],
  });
});

test('ALL has no parts; a name that is not among the values is refused', () => {
  expect(compileFilter('ALL').explain({})).toEqual({ criteria: 'ALL', matches: true, parts: [] });
  expect(() => compileFilter('Pages = 3').explain({ Page: 3 })).toThrow(
    expect.objectContaining({ code: 'EVENT_E_QUERYFIELD', position: 0, offending: 'Pages' }),
  );
});
