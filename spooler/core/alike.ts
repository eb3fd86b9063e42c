/**
 * What many sessions have alike, such as who they are and what they are interested in: kept once for all of them. What
 * it gives is shared, and never changed.
 */

/** So many different ones are remembered; then it begins anew. */
const MOST = 1_000;

export class Alike<Value> {
  readonly #values = new Map<string, Value>();

  /** What was made for the same text before, or what is made now. */
  get(text: string, make: (text: string) => Value): Value {
    const known = this.#values.get(text);
    if (known !== undefined) return known;
    if (this.#values.size >= MOST) this.#values.clear();
    const made = make(text);
    this.#values.set(text, made);
    return made;
  }
}
