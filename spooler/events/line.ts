/** Messages that are played strictly one after another; while the first one rests, all do. */

import type { Cancel, Clock } from '../../shared/index.ts';
import type { QueuedMessage } from './queued-message.ts';

/** What is to happen after a message was played. */
export interface Step {
  /** What is left of it, and stays at the front; undefined: the next one is at the front. */
  readonly rest?: QueuedMessage;
  /** Milliseconds the line rests now. */
  readonly pause: number;
  /** It rests because the message is held, which may change at any time. */
  readonly held?: boolean;
}

export interface LineHooks {
  readonly clock: Clock;
  /** Never rejects. */
  play(message: QueuedMessage): Promise<Step>;
  /** A message could not be stored and is gone from the line. */
  dropped(message: QueuedMessage): void;
  /** The line has nothing left; it is not used again. */
  emptied(line: Line): void;
}

interface Entry {
  message: QueuedMessage;
  /** Resolves once the store has it; undefined: it does. */
  readonly stored: Promise<void> | undefined;
}

type State =
  | { readonly kind: 'idle' | 'stopped' }
  | { readonly kind: 'playing'; readonly until: Promise<void> }
  | { readonly kind: 'resting'; readonly cancel: Cancel; readonly held: boolean };

const IDLE: State = { kind: 'idle' };

export class Line {
  readonly key: string;
  readonly #hooks: LineHooks;
  readonly #entries: Entry[] = [];
  #state: State = IDLE;

  constructor(key: string, hooks: LineHooks) {
    this.key = key;
    this.#hooks = hooks;
  }

  /** Messages in it, the one being played included. */
  get length(): number {
    return this.#entries.length;
  }

  /** At the end of the line. Played once `stored` has resolved; dropped if it rejects. */
  stand(message: QueuedMessage, stored?: Promise<void>): void {
    const entry = { message, stored };
    this.#entries.push(entry);
    stored?.catch(() => this.#drop(entry));
  }

  /** Begins to play where it neither plays nor rests. */
  advance(): void {
    if (this.#state.kind === 'idle') this.#state = { kind: 'playing', until: this.#play() };
  }

  /** Rests before it plays again. Precondition: it does not play. */
  rest(milliseconds: number, held = false): void {
    const cancel = this.#hooks.clock.after(milliseconds, () => this.#resume());
    this.#state = { kind: 'resting', cancel, held };
  }

  /** What held it may have changed. */
  wake(): void {
    if (this.#state.kind !== 'resting' || !this.#state.held) return;
    this.#state.cancel();
    this.#resume();
  }

  /** Plays nothing more. Resolves when what is being played has ended. */
  async stop(): Promise<void> {
    const state = this.#state;
    this.#state = { kind: 'stopped' };
    if (state.kind === 'resting') state.cancel();
    if (state.kind === 'playing') await state.until;
  }

  #resume(): void {
    this.#state = IDLE;
    this.advance();
  }

  async #play(): Promise<void> {
    // Whoever put something in goes on first.
    await Promise.resolve();
    for (;;) {
      if (this.#state.kind === 'stopped') return;
      const [first] = this.#entries;
      if (!first) break;
      // Where it could not be stored it has left by now.
      const isStored = await (first.stored ?? Promise.resolve()).then(
        () => true,
        () => false,
      );
      if (!isStored || this.#isStopped) continue;
      const { rest, pause, held } = await this.#hooks.play(first.message);
      if (rest) first.message = rest;
      else this.#entries.shift();
      if (this.#isStopped) return;
      if (pause > 0) return this.rest(pause, held);
    }
    this.#state = IDLE;
    this.#hooks.emptied(this);
  }

  // Asked anew: the compiler cannot know that it changes while something is awaited.
  get #isStopped(): boolean {
    return this.#state.kind === 'stopped';
  }

  #drop(entry: Entry): void {
    this.#entries.splice(this.#entries.indexOf(entry), 1);
    this.#hooks.dropped(entry.message);
  }
}
