/** Payloads as they are shown. */

import { array, assert, constantFrom, nat, oneof, property, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytes as counted, escapeJson, escapeLines, forPeople, inJson, type JsonPayload } from '../../bin/display.ts';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const utf16 = (text: string): Uint8Array => Buffer.from(text, 'utf16le');
/** Any code units, those more often that make trouble. */
const text = array(oneof(nat({ max: 0xffff }), constantFrom(0, 0x1b, 0x41, 0x9b, 0x2028, 0x202e, 0xfeff))).map(
  (units) => String.fromCharCode(...units),
);

describe('for people', () => {
  test.each([
    ['NULL', null, 'NULL'],
    ['no bytes', bytes(), '(empty)'],
    ['text', utf8('Grüße 👩‍🔧'), 'Grüße 👩\\u{200d}🔧'],
    ['lines stay on one', utf8('a\r\n\tb'), 'a\\r\\n\\tb'],
    ['a terminal is not commanded', utf8('\x1b[2Jx'), '\\u{1b}[2Jx'],
    ['nor is the direction of text', utf8('a\u202eb'), 'a\\u{202e}b'],
    ['a number that happens to be valid UTF-8 (PAN-374)', bytes(0x0f, 0, 0, 0), '0f 00 00 00'],
    ['bytes', bytes(0xff, 1), 'ff 01'],
    ['UTF-16LE XML without a mark (PAN-272)', utf16('<a>ä</a>'), '<a>ä</a>'],
    ['with a mark and a terminator (GAP-19)', utf16('\ufeff<a/>\0'), '\\u{feff}<a/>\\u{0}'],
  ])('%s', (_, data, shown) => {
    expect(forPeople(data)).toBe(shown);
  });

  test('what is long is cut', () => {
    expect(forPeople(utf8('x'.repeat(5000)))).toBe(`${'x'.repeat(2000)}…`);
    expect(forPeople(new Uint8Array(100))).toBe(`${'00 '.repeat(64)}…`);
  });
});

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [999, '999 bytes'],
  [10_485_760, '10,485,760 bytes'],
])('%i: %s', (count, shown) => {
  expect(counted(count)).toBe(shown);
});

describe('in JSON', () => {
  test('the bytes can be had back', () => {
    const payloads = oneof(
      uint8Array({ maxLength: 64 }),
      text.map(utf8),
      text.map((rest) => utf16(`<${rest}`)),
    );
    assert(
      property(payloads, (payload) => {
        const { encoding, data } = JSON.parse(escapeJson(JSON.stringify(inJson(payload)))) as JsonPayload;
        return Buffer.from(data ?? '', encoding ?? undefined).equals(payload);
      }),
    );
  });

  test('NULL is neither text nor bytes', () => {
    expect(inJson(null)).toEqual({ encoding: null, data: null });
  });
});

test('no character that a terminal obeys is left', () => {
  assert(
    property(
      text,
      (text) =>
        !/[^\P{Cc}\n]|\p{Cf}|\p{Zl}|\p{Zp}/u.test(escapeLines(text)) &&
        !/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u.test(escapeJson(JSON.stringify(text))),
    ),
  );
});
