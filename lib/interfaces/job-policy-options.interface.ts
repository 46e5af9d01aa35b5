import type { Duration } from '../core/options/duration.js';
import type { CatchUp, Overlap } from '../core/job/job-policy.js';

/** How a job treats its ticks: in `jobs.defaults` for every job, on the decorator, field by field, for one. */
export interface JobPolicyOptions {
  /**
   * Decides about a tick while an earlier run of the job goes on, on any pod: `skip` it, `allow` both runs, or `queue`
   * the tick. One tick waits, further ones are skipped.
   * @default 'skip'
   */
  readonly overlap?: Overlap;
  /**
   * Which missed ticks are caught up (there was no leader, no Redis, or a process stood still for more than a `ttl`):
   * the `latest`; `all`, oldest first and at most the newest 100; or none with `skip`. Nothing runs in retrospect when
   * a job is new or its schedule has changed.
   * @default 'latest'
   */
  readonly catchUp?: CatchUp;
  /**
   * How far back missed ticks are caught up; at least 3 × `leader.ttl`, at most 720 hours.
   * @default '1h', or 3 × `leader.ttl` where that is longer
   */
  readonly catchUpWindow?: Duration;
  /**
   * Spreads starts: a tick is claimed, and starts, at a random moment within this time after it is due, 0 to 1 h. The
   * job's ticks keep their order, `ctx.tick` its nominal value. A tick that is found later does not wait, and a manual
   * run never waits. A waiting tick is not claimed: if the term ends, the next leader claims it.
   * @default '0s'
   */
  readonly jitter?: Duration;
  /**
   * How long one attempt may take, 1 ms to 24 h, before its signal aborts with `AttemptTimeoutError`. The handler
   * is not stopped: it must listen to the signal. One that does not end within 5 s (1 s at shutdown) is given up: its
   * run is recorded, and the next tick may start beside it. `Infinity`: no limit.
   * @default Infinity
   */
  readonly timeout?: Duration;
  /** How often a handler that fails is called again. @default once, no retry */
  readonly retry?: RetryOptions;
  /**
   * Whether a run whose pod crashed is run again by the next leader, with `recovering: true`: at least once, where
   * otherwise it is at most once. After the fifth crash it is given up: it may be what kills its pods.
   * @default false
   */
  readonly recover?: boolean;
  /**
   * Whether the job runs once when a new version of the application first has a leader, beside its schedule, with
   * `atStart: true`. Redis remembers the versions that it has seen, so a restart, a change of the leader and the return to
   * an earlier version repeat nothing, for `history.maxAge` after the version last led and 7 days at least. The run waits until the pod has been up for an `interval`, while the job is paused
   * and while another run of it goes on. Needs `appVersion`. In RAM mode: once for each process.
   * @default false
   */
  readonly runAtStart?: boolean;
  /** How much of the past is kept; `false`: nothing, `true`: as much as by default. @default true */
  readonly history?: boolean | HistoryOptions;
}

/** How often and how soon a handler that threw is called again. A `PermanentError` is never retried. */
export interface RetryOptions {
  /** Calls in all, the first included: 1 (no retry) to 100. @default 1 */
  readonly attempts?: number;
  /** Delay before the second call, 0 to 24 h; it doubles from call to call. @default '1s' */
  readonly backoff?: Duration;
  /** The longest delay, `backoff` to 24 h. @default '1m', or `backoff` where that is longer */
  readonly maxBackoff?: Duration;
  /** Share of each delay that is random, 0 to 1. @default 0.2 */
  readonly jitter?: number;
}

/** How much of a job's past is kept: what breaks either bound goes. */
export interface HistoryOptions {
  /** Number of ended runs, 0 to 10000. @default 100 */
  readonly keep?: number;
  /** Age of a run's tick, 1 ms to 87600 hours (10 years). @default '720h' */
  readonly maxAge?: Duration;
}
