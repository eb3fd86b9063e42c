/**
 * One write to the store at a time: what is to be kept or forgotten meanwhile, for whatever registration, goes into the
 * next, and gets one promise together. Whoever asks while none is under way waits for nothing but the code that runs now.
 */

import { hresultOf, SpoolError } from '../../shared/index.ts';
import type { Change, Store } from '../store/store.ts';

/** Somebody for whom something is to be written. */
export interface StepMember {
  /** Called before each write that is for him. Rejects as the store does. */
  prepare(): Promise<void> | undefined;
  /** Everything that is to be written. One of the other two follows. */
  take(): readonly Change[];
  committed(): void;
  /** Nothing was written. */
  failed(): void;
}

interface Step {
  readonly members: Set<StepMember>;
  readonly outcome: Promise<number>;
  readonly end: (hresult: number) => void;
}

const S_OK = hresultOf('S_OK');
/** Reactions are microtasks: the end of what runs now. */
const now = Promise.resolve();

export class Steps {
  readonly #store: Store;
  readonly #fault: (reason: unknown) => void;
  #next: Step | undefined;
  #running: Promise<void> | undefined;

  /** `fault` hears of what a member could not do. */
  constructor(store: Store, fault: (reason: unknown) => void) {
    this.#store = store;
    this.#fault = fault;
  }

  /** The member takes part in the next write. Resolves with its code. */
  join(member: StepMember): Promise<number> {
    this.#next ??= newStep();
    this.#next.members.add(member);
    this.#running ??= this.#run();
    return this.#next.outcome;
  }

  /** Resolves when nothing is to be written any more. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    await now;
    while (this.#next !== undefined) {
      await this.#prepare(this.#next.members);
      const step = this.#next;
      this.#next = undefined;
      await this.#write(step);
    }
    this.#running = undefined;
  }

  async #prepare(members: ReadonlySet<StepMember>): Promise<void> {
    for (const member of members) {
      try {
        const preparing = member.prepare();
        if (preparing) await preparing;
      } catch (reason) {
        this.#fault(reason);
      }
    }
  }

  async #write({ members, end }: Step): Promise<void> {
    const changes: Change[] = [];
    try {
      for (const member of members) changes.push(...member.take());
      await this.#store.write(changes);
    } catch (reason) {
      for (const member of members) this.#guarded(() => member.failed());
      return end(SpoolError.from(reason, 'STORE_FAILED').hresult);
    }
    end(S_OK);
    for (const member of members) this.#guarded(() => member.committed());
  }

  #guarded(action: () => void): void {
    try {
      action();
    } catch (reason) {
      this.#fault(reason);
    }
  }
}

function newStep(): Step {
  let end: Step['end'] = () => {};
  const outcome = new Promise<number>((resolve) => {
    end = resolve;
  });
  return { members: new Set(), outcome, end };
}
