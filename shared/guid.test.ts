import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  guid,
  guidFromBytes,
  guidToBytes,
  NOTIFICATION_RELEASE,
  nameOfType,
  notificationType,
  WELL_KNOWN_TYPES,
} from './guid.ts';

const invalid = expect.objectContaining({ code: 'E_INVALIDARG' });
const text = 'ba9a5027-a70e-4ae7-9b7d-eb3e06ad4157';

describe('the text form', () => {
  test.each([text, text.toUpperCase(), `{${text}}`, `{${text.toUpperCase()}}`])('is read from %s', (given) => {
    expect(guid(given)).toBe(text);
  });

  test.each([
    '',
    'ba9a5027a70e4ae79b7deb3e06ad4157',
    'ba9a5027-a70e-4ae7-9b7d-eb3e06ad415',
    'ba9a5027-a70e-4ae7-9b7d-eb3e06ad41577',
    'ga9a5027-a70e-4ae7-9b7d-eb3e06ad4157',
    ` ${text}`,
    `${text}\n`,
    `{${text}`,
    `${text}}`,
    `{{${text}}}`,
  ])('is not %j', (given) => {
    expect(() => guid(given)).toThrow(invalid);
  });

  test('that is refused is shown, but not more of it than fits a line', () => {
    expect(() => guid('x'.repeat(10_000))).toThrow(
      expect.objectContaining({ input: `not a GUID: "${'x'.repeat(64)}"` }),
    );
  });
});

describe('the bytes', () => {
  test('stand in the order of the text (PROTOCOL.md section 3.1)', () => {
    expect([...guidToBytes(guid(text))]).toEqual([
      0xba, 0x9a, 0x50, 0x27, 0xa7, 0x0e, 0x4a, 0xe7, 0x9b, 0x7d, 0xeb, 0x3e, 0x06, 0xad, 0x41, 0x57,
    ]);
  });

  test('may be any sixteen: no version, no variant, nothing reserved (PAN-7)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const value = guidFromBytes(bytes);
        expect(guidToBytes(value)).toEqual(bytes);
        expect(guid(value)).toBe(value);
      }),
    );
  });
});

describe('the well-known types', () => {
  test('NOTIFICATION_RELEASE has the documented value (PAN-46)', () => {
    expect(NOTIFICATION_RELEASE).toBe(text);
  });

  test('PrinterConfiguration has the digits of the header (GAP-18)', () => {
    const type = '2abad223-b994-4aca-82fc-4571b1b585ac';
    expect(WELL_KNOWN_TYPES['AsyncPrintNotificationType_PrinterConfiguration']).toBe(type);
    expect(WELL_KNOWN_TYPES['PRINT_APP_BIDI_NOTIFY_CHANNEL']).toBe(type);
  });

  test('are found by name in any letter case, other types by their text', () => {
    expect(notificationType('Sample_Notification_UI')).toBe('0b20806a-328a-4e1c-931c-0250308574c7');
    expect(notificationType(`{${text}}`)).toBe(text);
    expect(() => notificationType('SAMPLE_NOTIFICATION')).toThrow(invalid);
    expect(() => notificationType('constructor')).toThrow(invalid);
  });

  test("have names, the documents' first where there are two", () => {
    expect(nameOfType(guid('f6853f92-eb31-4e23-b6e7-fd69056153f0'))).toBe('AsyncPrintNotificationType_AsyncUI');
    expect(nameOfType(guid('00000000-0000-0000-0000-000000000000'))).toBeUndefined();
  });
});
