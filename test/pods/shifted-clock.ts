/*
 * A wall clock that is wrong: `node --import .build/pods/shifted-clock.js` shifts `Date` of the whole process by
 * CHAOS_CLOCK_OFFSET_MS milliseconds. Timers and the monotonic clock stay as they are, as when a machine's clock
 * is set wrongly.
 */
const RealDate = Date;
let offsetMs = Number(process.env['CHAOS_CLOCK_OFFSET_MS'] ?? 0);

const now = (): number => RealDate.now() + offsetMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget): Date =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
  apply: () => new RealDate(now()).toString(),
  get: (target, key): unknown => (key === 'now' ? now : Reflect.get(target, key)),
});

/** How far the clock is ahead of the machine's. */
export function clockOffsetMs(): number {
  return offsetMs;
}

/** Sets the clock, as an administrator or NTP would, in one leap. */
export function setClockOffset(ms: number): void {
  offsetMs = ms;
}
