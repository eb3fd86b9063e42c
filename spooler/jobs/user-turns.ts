/** At most four notifications of one user at a time (JOB-61). */

import { Lanes } from '../events/lanes.ts';

const AT_ONCE = 4;

interface Turns {
  readonly lanes: Lanes;
  /** Under way, and waiting. */
  count: number;
}

export class UserTurns {
  readonly #users = new Map<string, Turns>();

  /** Waits for a turn. Settles as `work` does. */
  async run<Value>(user: string, work: () => Promise<Value>): Promise<Value> {
    const turns = this.#users.get(user) ?? { lanes: new Lanes(AT_ONCE), count: 0 };
    this.#users.set(user, turns);
    turns.count++;
    try {
      return await turns.lanes.run(work);
    } finally {
      if (--turns.count === 0) this.#users.delete(user);
    }
  }

  /** Waits for nothing: `otherwise` where no turn is free. */
  async runIfFree<Value>(user: string, work: () => Promise<Value>, otherwise: Value): Promise<Value> {
    return (this.#users.get(user)?.count ?? 0) >= AT_ONCE ? otherwise : this.run(user, work);
  }
}
