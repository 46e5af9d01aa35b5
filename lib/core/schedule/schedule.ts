/** When a job ticks: UTC instants, each later than the one before, equal on every pod. */
export interface Schedule {
  /** As a user would write it: an expression, `@every 30s`, `@timeout 5s`, a date in ISO 8601, or `-`. */
  readonly source: string;
  /** Equal as long as the schedule names the same ticks. */
  readonly fingerprint: string;
  /**
   * Zone in which the expression is read, by default that of the process, such as `Europe/Berlin`; `undefined` where no
   * zone matters: intervals, dates, `-`.
   */
  readonly timeZone: string | undefined;
  /** The first tick after an instant, both in Unix ms; `undefined` when no more will come. */
  next(afterMs: number): number | undefined;
  /** The newest tick in `(afterMs, untilMs]`, all in Unix ms; `undefined` when there is none. */
  latest(afterMs: number, untilMs: number): number | undefined;
}
