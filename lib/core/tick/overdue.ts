/** A tick that is not decided is late when the time of a fail-over and this have passed, ms. */
export const SLACK_MS = 5000;

/** How far in the future a watermark may be: clocks of a store that fails over differ. */
export const AHEAD_MS = 5000;

/**
 * Whether a job has fallen behind a tick that should have been decided. A watermark in the future counts: nothing starts
 * until then. All in Unix ms by the store's clock.
 */
export function isBehind(watermark: number, lastDue: number, now: number): boolean {
  return watermark < lastDue || watermark > now + AHEAD_MS;
}
