import { describe, expect, test } from 'vitest';
import { completeName, nameKey, validName } from './printer-name.ts';

const refused = expect.objectContaining({ code: 'ERROR_INVALID_NAME', hresult: 0x8007007b });

describe('a valid name (PAN-54)', () => {
  test.each([
    String.raw`\\server\Lab`,
    String.raw`\\print.example.com\Lab`,
    String.raw`\\SRV_01\Lab`,
    String.raw`\\10.0.0.7\Lab`,
    String.raw`\\::1\Lab`,
    String.raw`\\[::1]\Lab`,
    String.raw`\\2001:db8:0:0:0:0:0:7\Lab`,
    String.raw`\\fe80::1%eth0\Lab`,
    String.raw`\\::ffff:10.0.0.7\Lab`,
    String.raw`\\drucker-münchen\Büro 2`,
    String.raw`\\server\HP LaserJet (2. Stock) #3 / color; duplex: "A4"`,
    String.raw`\\server\プリンター`,
  ])('is %s', (name) => {
    expect(validName(name)).toBe(name);
  });

  test('is null, the server itself', () => {
    expect(validName(null)).toBeNull();
  });

  test('is brought to NFC, so that one name has one spelling', () => {
    expect(validName('\\\\server\\Bu\u0308ro')).toBe('\\\\server\\B\u00fcro');
  });

  test('has up to 256 characters', () => {
    const longest = `\\\\server\\${'p'.repeat(247)}`;
    expect(longest).toHaveLength(256);
    expect(validName(longest)).toBe(longest);
    expect(() => validName(`${longest}p`)).toThrow(refused);
  });
});

describe('an invalid name (PAN-54, PAN-85)', () => {
  test.each([
    ['empty', ''],
    ['bare', 'Lab'],
    ['a server alone', String.raw`\\server`],
    ['without a printer', '\\\\server\\'],
    ['without a server', String.raw`\\\Lab`],
    ['one backslash in front', String.raw`\server\Lab`],
    ['three backslashes in front', String.raw`\\\server\Lab`],
    ['two backslashes between', String.raw`\\server\\Lab`],
    ['slashes', '//server/Lab'],
    ['a backslash in the printer', String.raw`\\server\Lab\2`],
    ['a backslash at the end', '\\\\server\\Lab\\'],
    ['a comma in the printer', String.raw`\\server\Lab,2`],
    ['a comma in the server', String.raw`\\ser,ver\Lab`],
    ['a space in the server', String.raw`\\my server\Lab`],
    ['a server that begins with a dot', String.raw`\\.server\Lab`],
    ['a colon for a server', String.raw`\\:\Lab`],
    ['two runs of zeros in the address', String.raw`\\1::2::3\Lab`],
    ['nine groups in the address', String.raw`\\1:2:3:4:5:6:7:8:9\Lab`],
    ['seven groups in the address', String.raw`\\1:2:3:4:5:6:7\Lab`],
    ['five digits in a group', String.raw`\\::12345\Lab`],
    ['half a bracket', String.raw`\\[::1\Lab`],
    ['a port', String.raw`\\server:6310\Lab`],
    ['a line break', '\\\\server\\Lab\n'],
    ['NUL', '\\\\server\\La\0b'],
    ['DEL', '\\\\server\\La\u007fb'],
  ])('is %s', (_, name) => {
    expect(() => validName(name)).toThrow(refused);
  });

  test('is shown in the error, but not more of it than fits a line', () => {
    expect(() => validName('x'.repeat(10_000))).toThrow(expect.objectContaining({ input: `"${'x'.repeat(80)}"` }));
  });
});

describe('two names', () => {
  test('mean one printer where they differ in letter case only (GAP-4)', () => {
    expect(nameKey(String.raw`\\SERVER\Büro`)).toBe(nameKey(String.raw`\\server\BÜRO`));
    expect(nameKey(String.raw`\\server\Lab`)).not.toBe(nameKey(String.raw`\\server\Lab2`));
  });

  test('never mean one place where one is the server', () => {
    expect(nameKey(null)).toBe('');
  });
});

describe('a bare printer name (PAN-55)', () => {
  test('is completed with the server', () => {
    expect(completeName('Lab', 'print01')).toBe(String.raw`\\print01\Lab`);
  });

  test.each([[null], [String.raw`\\other\Lab`], [String.raw`\Lab`]])('is not %s', (name) => {
    expect(completeName(name, 'print01')).toBe(name);
  });
});
