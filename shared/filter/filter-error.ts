/** What is wrong with a criteria string, and where (EVC-169, EVC-170). */

import { SpoolError } from '../errors.ts';

const SHOWN = 64;
/** Characters of a line that are shown on either side of the caret. */
const AROUND = 40;

export interface Trouble {
  /** UTF-16 code units before the trouble; the length of the criteria where they end too early. */
  readonly position: number;
  /** The text there; empty where the criteria end too early. */
  readonly offending: string;
  /** What is wrong with it, without a full stop. */
  readonly reason: string;
}

/** The only error of this folder: `EVENT_E_QUERYSYNTAX`, or `EVENT_E_QUERYFIELD` for a name or a type. */
export class FilterError extends SpoolError {
  override readonly name: string = 'FilterError';
  readonly criteria: string;
  readonly position: number;
  readonly offending: string;

  constructor(code: 'EVENT_E_QUERYSYNTAX' | 'EVENT_E_QUERYFIELD', criteria: string, trouble: Trouble) {
    const { position, offending, reason } = trouble;
    super(code, { input: `at ${position}: ${reason}`, details: { position, offending } });
    this.criteria = criteria;
    this.position = position;
    this.offending = offending;
  }

  /** Two lines: the criteria, or the part of them around the trouble, and a caret under its first character. */
  get picture(): string {
    const { criteria, position } = this;
    const lineStart = criteria.lastIndexOf('\n', position - 1) + 1;
    const lineEnd = criteria.indexOf('\n', lineStart);
    const from = Math.max(lineStart, position - AROUND);
    const to = Math.min(lineEnd < 0 ? criteria.length : lineEnd, position + AROUND);
    const [before, after] = [plain(criteria.slice(from, position)), plain(criteria.slice(position, to))];
    return `${before}${after}\n${before.replace(/./gsu, ' ')}^`;
  }
}

/** Somebody's text in a sentence: quoted, and cut where it is long. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
}

/** Every character one column wide, so that the caret stands where it should. */
function plain(text: string): string {
  return text.replace(/\p{C}/gu, ' ');
}
