/** Time, injected. Everything that waits asks a clock, so that a test moves time instead of sleeping. */

/** Ends a wait; harmless afterwards. */
export type Cancel = () => void;

export interface Clock {
  /** Milliseconds on a monotonic scale: setting the machine's clock has no effect on it. */
  now(): number;
  /** Calls `action` once, `delay` ms from now at the earliest. */
  after(delay: number, action: () => void): Cancel;
}

/** Asked for once: Node looks the global up anew each time. */
const monotonic = performance;

/** The machine's monotonic clock. */
export const systemClock: Clock = {
  now: () => monotonic.now(),
  after(delay, action) {
    const timer = setTimeout(action, delay);
    return () => clearTimeout(timer);
  },
};
