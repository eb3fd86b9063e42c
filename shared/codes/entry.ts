/** One line of the tables of codes beside this file. */

export interface CodeEntry {
  readonly hresult: number;
  /** What it means. */
  readonly sentence: string;
  /** What the caller can do about it. */
  readonly advice: string;
}

export const entry = (hresult: number, sentence: string, advice: string): CodeEntry => ({ hresult, sentence, advice });
