import type { Instant } from '../core/election/instant.js';

export type { Instant };

/** A timer that has been set. */
export interface Timer {
  /** Forgets the timer; harmless when it has fired or was cancelled already. */
  cancel(): void;
  /** Lets the process end before the timer fires, where the clock is that of a process. */
  unref?(): void;
}

/** Time as a port, so that every decision about it can be tested on a virtual clock. */
export interface Clock {
  /** Reads both clocks. */
  now(): Instant;
  /**
   * Calls `fire` once, `delayMs` milliseconds from now; `Infinity` never fires, a negative delay counts as 0.
   * A busy or paused process fires late, never early.
   */
  timer(delayMs: number, fire: () => void): Timer;
  /** Calls `fire` once, after everything that is due now: what belongs together can be collected until then. */
  immediate(fire: () => void): void;
}
