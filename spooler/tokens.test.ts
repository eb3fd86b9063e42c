import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { SpoolError } from '../shared/index.ts';
import { TokenTable } from './tokens.ts';

const TOKEN = 'a-token-of-some-length';
const sha256 = createHash('sha256').update(TOKEN).digest('hex');
const NOW = Date.parse('2026-01-01T00:00:00Z');

const ann = { user: 'ann', rights: ['listen'] };

function table(...tokens: readonly object[]): TokenTable {
  return TokenTable.parse(JSON.stringify({ tokens }));
}

/** How a file is refused. */
function refusal(text: string): SpoolError {
  try {
    TokenTable.parse(text);
  } catch (reason) {
    if (reason instanceof SpoolError) return reason;
    throw reason;
  }
  throw new Error('the file was taken');
}

describe('who carries a token', () => {
  test('is named by it or by its digest, in either letter case (PROTOCOL.md 9)', () => {
    for (const named of [{ token: TOKEN }, { sha256 }, { sha256: sha256.toUpperCase() }]) {
      expect(table({ ...named, ...ann }).identify(TOKEN, NOW)).toEqual({
        user: 'ann',
        rights: { listen: true, send: false, administer: false },
      });
    }
  });

  test.each([undefined, '', TOKEN.slice(1), `${TOKEN} `, TOKEN.toUpperCase(), sha256])(
    'is not known by anything else: %s (T12)',
    (token) => {
      expect(table({ token: TOKEN, ...ann }).identify(token, NOW)).toBeUndefined();
    },
  );

  test('is known until the token expires, and not at that moment any more (T12)', () => {
    const tokens = table({ token: TOKEN, ...ann, expires: '2026-01-01T00:00:00Z' });
    expect(tokens.identify(TOKEN, NOW - 1)).toMatchObject({ user: 'ann', expiresAt: NOW });
    expect(tokens.identify(TOKEN, NOW)).toBeUndefined();
  });

  test('is a user, others are none; an expired token still names its user', () => {
    const tokens = table({ token: TOKEN, ...ann, expires: '2000-01-01T00:00:00Z' });
    expect(tokens.isUser('ann')).toBe(true);
    expect(tokens.isUser('bob')).toBe(false);
    expect(tokens.isUser(TOKEN)).toBe(false);
  });

  test('has the name in Unicode NFC, so that the same name is the same user', () => {
    expect(table({ token: TOKEN, ...ann, user: 'Zoe\u0308' }).identify(TOKEN, NOW)?.user).toBe('Zo\u00eb');
  });

  test.each([
    [['listen', 'send'], undefined, false],
    [['administer'], undefined, true],
    [['listen'], ['\\\\srv\\Lab'], false],
  ])('with rights %j and printers %j administers %s', (rights, printers, administer) => {
    const identity = table({ token: TOKEN, user: 'ann', rights, ...(printers && { printers }) }).identify(TOKEN, NOW);
    expect(identity?.rights.administer).toEqual(administer);
  });

  test('administers the printers that are listed, in any letter case', () => {
    const printers = ['\\\\SRV\\Lab', '\\\\srv\\Hall'];
    const identity = table({ token: TOKEN, user: 'ann', rights: ['administer'], printers }).identify(TOKEN, NOW);
    expect(identity?.rights.administer).toEqual(new Set(['\\\\srv\\lab', '\\\\srv\\hall']));
  });
});

describe('a file that cannot be used', () => {
  const entry = { token: TOKEN, ...ann };

  test.each<[what: string, text: string, place: string]>([
    ['is no JSON', `{"tokens": [{"token": "${TOKEN}"`, 'not JSON'],
    ['is a list', JSON.stringify([entry]), 'tokens'],
    ['lists nothing', JSON.stringify({}), 'tokens'],
    ['has a token as text', JSON.stringify({ tokens: [TOKEN] }), 'tokens.0'],
    ['has a token by its name', JSON.stringify({ tokens: { [TOKEN]: ann } }), 'tokens'],
    ['has a token for a key', JSON.stringify({ tokens: [entry], [TOKEN]: ann }), 'the whole: an unknown key'],
    ['has a token for a key inside', JSON.stringify({ tokens: [{ ...entry, [TOKEN]: true }] }), 'tokens.0'],
    ['has a token that is no text', JSON.stringify({ tokens: [{ ...entry, token: [TOKEN] }] }), 'tokens.0.token'],
    ['has a short token', JSON.stringify({ tokens: [{ ...entry, token: TOKEN.slice(0, 15) }] }), 'tokens.0.token'],
    ['has a token for a digest', JSON.stringify({ tokens: [{ ...ann, sha256: TOKEN }] }), 'tokens.0.sha256'],
    ['has token and digest', JSON.stringify({ tokens: [{ ...entry, sha256 }] }), 'tokens.0'],
    ['has neither', JSON.stringify({ tokens: [ann] }), 'tokens.0'],
    ['has no user', JSON.stringify({ tokens: [{ ...entry, user: '' }] }), 'tokens.0.user'],
    ['has a right that is none', JSON.stringify({ tokens: [{ ...entry, rights: [TOKEN] }] }), 'tokens.0.rights.0'],
    ['has an end that is no time', JSON.stringify({ tokens: [{ ...entry, expires: TOKEN }] }), 'tokens.0.expires'],
    [
      'has a printer that is none',
      JSON.stringify({ tokens: [{ ...entry, rights: ['administer'], printers: ['Lab'] }] }),
      'tokens.0.printers',
    ],
    ['has a token twice', JSON.stringify({ tokens: [entry, { ...ann, sha256 }] }), 'tokens.1'],
  ])('%s: the place is named, the token never (T12)', (_, text, place) => {
    const error = refusal(text);
    expect(error.code).toBe('TOKEN_FILE_INVALID');
    expect(error.input).toContain(place);
    const shown = [error.message, error.input, error.stack, String(error), JSON.stringify(error)].join('\n');
    expect(shown).not.toContain(TOKEN.slice(0, 10));
  });
});
