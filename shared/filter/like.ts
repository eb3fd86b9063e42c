/**
 * LIKE of the language `extended`: `%` is any run of characters, `_` any one, `[%]`, `[_]` and `[[]` are the character
 * between; all else, `\` too, is itself. Letter case counts, as in `=`.
 */

/** UTF-16 code units of a text that LIKE looks at. A longer one is like nothing: what a filter costs has a bound. */
export const MAX_LIKE_LENGTH = 1_024;

/** What is read of a text: a string is one, and a test counts with another. */
export interface Characters {
  readonly length: number;
  codePointAt(index: number): number | undefined;
}

const ANY_RUN = -1;
const ANY_ONE = -2;

/** Looks at characters at most 2 × (length of the text + 1) × (length of the pattern + 1) times. */
export function like(pattern: string): (text: Characters) => boolean {
  const parts = partsOf(pattern);
  return (text) => text.length <= MAX_LIKE_LENGTH && matches(parts, text);
}

function partsOf(pattern: string): readonly number[] {
  const pieces = pattern.match(/\[[%_[]\]|%+|[^]/gu) ?? [];
  return pieces.map((piece) => {
    if (piece.startsWith('%')) return ANY_RUN;
    if (piece === '_') return ANY_ONE;
    return (piece.length === 3 ? piece.codePointAt(1) : piece.codePointAt(0)) ?? ANY_ONE;
  });
}

/** Only the last run that was begun is ever made longer: an earlier one could not help. */
function matches(parts: readonly number[], text: Characters): boolean {
  let [at, part] = [0, 0];
  let [runPart, runEnd] = [-1, 0];
  while (at < text.length) {
    const wanted = parts[part];
    if (wanted === ANY_RUN) {
      runPart = part++;
      runEnd = at;
      continue;
    }
    const found = text.codePointAt(at) ?? 0;
    if (wanted === ANY_ONE || wanted === found) {
      part++;
      at += width(found);
    } else if (runPart >= 0) {
      runEnd += width(text.codePointAt(runEnd) ?? 0);
      at = runEnd;
      part = runPart + 1;
    } else return false;
  }
  return part === parts.length || (part === parts.length - 1 && parts[part] === ANY_RUN);
}

function width(codePoint: number): 1 | 2 {
  return codePoint > 0xffff ? 2 : 1;
}
