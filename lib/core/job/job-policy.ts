/** Decides about a tick while an earlier run of its job goes on, on any pod. */
export type Overlap =
  /** It does not run. */
  | 'skip'
  /** It runs beside the earlier one. */
  | 'allow'
  /** One tick waits; further ones do not run. */
  | 'queue';

/** Which of the missed ticks are caught up. */
export type CatchUp =
  /** The newest one. */
  | 'latest'
  /** All, oldest first; the newest 100 if there are more. */
  | 'all'
  /** None. */
  | 'skip';

/** How much of a job's past is kept. */
export interface Retention {
  /** Number of ended runs kept; 0 keeps none. */
  readonly keep: number;
  /** Ended runs whose tick is older than this are dropped. */
  readonly maxAgeMs: number;
}

/** How often and how soon a handler that failed is called again. */
export interface RetryPolicy {
  /** Calls in all, the first one included. */
  readonly attempts: number;
  /** Delay before the second call; it doubles from call to call. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  /** Share of each delay that is random, 0 to 1. */
  readonly jitter: number;
}

/** How a job treats its ticks. */
export interface JobPolicy {
  readonly overlap: Overlap;
  readonly catchUp: CatchUp;
  /** A tick is claimed at a random moment within this time after it was due, ms; 0: at once. */
  readonly jitterMs: number;
  /** How far back missed ticks are caught up, ms. */
  readonly catchUpWindowMs: number;
  /** How long one attempt may take; `Infinity`: as long as it likes. */
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  /** Whether a run whose pod died is run again by the next leader. */
  readonly recover: boolean;
  /** Whether it runs once when a new version of the application first has a leader. */
  readonly runAtStart: boolean;
  readonly retention: Retention;
}
