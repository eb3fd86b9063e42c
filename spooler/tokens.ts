/**
 * The token file: who may connect, as whom, with which rights (docs/serve.md). Looked up by digest, so that no
 * comparison leaks a token.
 */

import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { nameKey, SpoolError, validName } from '../shared/index.ts';
import type { Identity } from './core/identity.ts';
import { explainIssue } from './file-issue.ts';

const right = v.picklist(['listen', 'send', 'administer']);

const entry = v.pipe(
  v.strictObject({
    token: v.optional(
      v.pipe(
        v.string(),
        v.minLength(16, 'a token has at least 16 characters'),
        v.regex(/^[\x21-\x7e]+$/, 'a token is made of ASCII characters without spaces, as a header carries it'),
      ),
    ),
    sha256: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/i, 'sha256 is 64 hexadecimal digits'))),
    user: v.pipe(v.string(), v.minLength(1), v.maxLength(256)),
    rights: v.array(right),
    /** Where `administer` holds; everywhere if left out. */
    printers: v.optional(v.array(v.string())),
    expires: v.optional(v.pipe(v.string(), v.isoTimestamp('expires is an ISO 8601 time such as 2030-01-01T00:00:00Z'))),
  }),
  v.check(({ token, sha256 }) => (token === undefined) !== (sha256 === undefined), 'either token or sha256'),
);

const file = v.strictObject({ tokens: v.array(entry) });

type Entry = v.InferOutput<typeof entry>;

/** The tokens in force. */
export class TokenTable {
  readonly #identities: ReadonlyMap<string, Identity>;

  private constructor(identities: ReadonlyMap<string, Identity>) {
    this.#identities = identities;
  }

  /** Reads the text of a token file. Throws `TOKEN_FILE_INVALID`, which names the place but never a token. */
  static parse(text: string): TokenTable {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      throw new SpoolError('TOKEN_FILE_INVALID', { input: 'not JSON' });
    }
    const parsed = v.safeParse(file, json);
    if (!parsed.success) {
      throw new SpoolError('TOKEN_FILE_INVALID', { input: explainIssue(parsed.issues[0]) });
    }
    const identities = new Map<string, Identity>();
    for (const [index, one] of parsed.output.tokens.entries()) {
      const key = one.token === undefined ? (one.sha256 ?? '').toLowerCase() : digest(one.token);
      if (identities.has(key))
        throw new SpoolError('TOKEN_FILE_INVALID', { input: `tokens.${index}: the same token twice` });
      identities.set(key, identityOf(one, index));
    }
    return new TokenTable(identities);
  }

  /** Whether any token names the user, expired or not. */
  isUser(user: string): boolean {
    return [...this.#identities.values()].some((identity) => identity.user === user);
  }

  /** Who carries this token; undefined where nobody does, or not any more. `now` in milliseconds since 1970. */
  identify(token: string | undefined, now: number): Identity | undefined {
    const identity = token === undefined ? undefined : this.#identities.get(digest(token));
    return identity && (identity.expiresAt ?? Number.POSITIVE_INFINITY) > now ? identity : undefined;
  }
}

function identityOf({ user, rights, printers, expires }: Entry, index: number): Identity {
  const administer = rights.includes('administer');
  let where: boolean | ReadonlySet<string> = administer;
  try {
    if (administer && printers) where = new Set(printers.map((name) => nameKey(validName(name))));
  } catch (reason) {
    throw new SpoolError('TOKEN_FILE_INVALID', { input: `tokens.${index}.printers`, cause: reason });
  }
  return {
    user: user.normalize('NFC'),
    rights: { listen: rights.includes('listen'), send: rights.includes('send'), administer: where },
    ...(expires === undefined ? {} : { expiresAt: Date.parse(expires) }),
  };
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
