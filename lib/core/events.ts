import type { Term } from './term.js';

/** Why a term ended. */
export type LossReason =
  /** Trust ran out: no renewal was confirmed in time. */
  | 'deadline'
  /** The store said that the lease is not this candidate's any more. */
  | 'lease-lost'
  /** `resign()` was called. */
  | 'resigned'
  /** The application shuts down. */
  | 'shutdown';

/** Why a tick that was due did not start. */
export type SkipReason =
  /** An earlier run of the job goes on, and the job does not overlap. */
  | 'running'
  /** An earlier run goes on, and another tick waits for it already. */
  | 'queue-full'
  /** The job is paused. */
  | 'paused'
  /** It was found later than the job's threshold. */
  | 'late'
  /** It was claimed or decided before. */
  | 'claimed'
  /** The term ended before the claim; the next leader decides. */
  | 'not-leader'
  /** The claim got no answer before the term ended; the next leader decides. */
  | 'store-unavailable';

/** What a store is asked about: the election, or ticks and runs. */
export type StoreSource = 'lease' | 'runs';

/** How a run ended that did not succeed. */
export type FailedOutcome = 'failed' | 'timed-out' | 'aborted';

export interface RunFacts {
  readonly job: string;
  readonly tick: Date;
  readonly runId: string;
  readonly token: number;
  readonly attempt: number;
  readonly catchUp: boolean;
  readonly recovering: boolean;
}

export interface TickFacts {
  readonly job: string;
  readonly tick: Date;
}

/** All that the engine tells the world, by its dotted name. */
export type ScheduleEvent =
  | { readonly type: 'leader.elected'; readonly term: Term }
  | { readonly type: 'leader.suspended'; readonly term: Term }
  | { readonly type: 'leader.resumed'; readonly term: Term }
  | { readonly type: 'leader.lost'; readonly term: Term; readonly reason: LossReason }
  | { readonly type: 'leader.followed'; readonly holder: string; readonly token: number }
  | { readonly type: 'store.unavailable'; readonly source: StoreSource; readonly cause: unknown }
  | { readonly type: 'store.recovered'; readonly source: StoreSource }
  /** A timer of the election fired this late: the event loop was busy, or the process paused. */
  | { readonly type: 'process.delayed'; readonly delayMs: number }
  | ({ readonly type: 'job.started' } & RunFacts)
  | ({ readonly type: 'job.succeeded'; readonly durationMs: number } & RunFacts)
  | ({
      readonly type: 'job.failed';
      readonly outcome: FailedOutcome;
      readonly durationMs: number;
      readonly error: unknown;
    } & RunFacts)
  /** An attempt failed, and another one follows. */
  | ({ readonly type: 'job.retrying'; readonly delayMs: number; readonly error: unknown } & RunFacts)
  /** It ended, but its pod had been given up meanwhile: what was recorded stays. */
  | ({ readonly type: 'job.stale'; readonly outcome: 'succeeded' | FailedOutcome } & RunFacts)
  /** Redis refuses to decide about the tick (no memory, too few replicas, a tampered key): it is asked until it does. */
  | ({ readonly type: 'job.blocked'; readonly message: string } & TickFacts)
  | ({ readonly type: 'job.skipped'; readonly reason: SkipReason } & TickFacts)
  /** Nobody ran the ticks after `since` up to `tick`, and nobody will. */
  | ({ readonly type: 'job.missed'; readonly since: Date; readonly count: number } & TickFacts)
  /** The pod of a run died, and the run is not to be repeated. */
  | ({ readonly type: 'job.abandoned' } & TickFacts)
  /** A job goes by another schedule from now on, on this pod: its own again, or one that was put in its place. */
  | { readonly type: 'job.rescheduled'; readonly job: string; readonly schedule: string }
  /** The schedule that was put in place of a job's own cannot be read here: the job goes by its own. */
  | {
      readonly type: 'job.misordered';
      readonly job: string;
      readonly order: string;
      readonly error: unknown;
    }
  /** Somebody paused a job, or all of them (`*`), by this pod; told there only. `until`: `undefined` for ever. */
  | {
      readonly type: 'job.paused';
      readonly job: string;
      readonly until: Date | undefined;
      readonly reason: string;
    }
  /** Somebody ended the pause of a job, or of all of them (`*`), by this pod; told there only. */
  | { readonly type: 'job.resumed'; readonly job: string }
  /** Somebody asked for a run, by this pod; told there only. */
  | ({ readonly type: 'job.requested'; readonly requestId: string } & TickFacts)
  /** The leader does not run a job that is due; it is asked to resign. */
  | ({ readonly type: 'job.overdue'; readonly holder: string; readonly mark: Date } & TickFacts);
