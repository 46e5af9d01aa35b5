/**
 * One moment, read from two clocks at once.
 *
 * The wall clock may jump, the monotonic clock stands still while a virtual machine is suspended; whoever
 * must not be fooled asks both, by `elapsedMs`.
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
