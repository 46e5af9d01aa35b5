/**
 * One moment, read from two clocks at once.
 *
 * The wall clock may jump, and the monotonic clock stands still while a virtual machine is suspended. Code that must
 * not be fooled reads both, with `elapsedMs`.
 */
export interface Instant {
  /** Unix time in milliseconds. */
  readonly wallMs: number;
  /** Milliseconds since an arbitrary origin; never runs backwards. */
  readonly monoMs: number;
}

/** Milliseconds gone by between two instants, by the clock that says more. */
export function elapsedMs(since: Instant, now: Instant): number {
  return Math.max(now.monoMs - since.monoMs, now.wallMs - since.wallMs);
}
