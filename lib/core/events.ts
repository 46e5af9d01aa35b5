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
  /** An earlier run of the job goes on and the job waits for completion. */
  | 'running'
  /** It was found later than the job's threshold. */
  | 'late'
  /** More than 100 ticks were due at once; the newest of them started. */
  | 'passed-over'
  /** It was claimed before. */
  | 'claimed'
  /** The term ended before the start. */
  | 'not-leader'
  /** The claim got no answer. */
  | 'store-unavailable';

interface RunFacts {
  readonly job: string;
  readonly tick: Date;
  readonly runId: string;
  readonly token: number;
}

/** All that the engine tells the world, by its dotted name. */
export type ScheduleEvent =
  | { readonly type: 'leader.elected'; readonly term: Term }
  | { readonly type: 'leader.suspended'; readonly term: Term }
  | { readonly type: 'leader.resumed'; readonly term: Term }
  | { readonly type: 'leader.lost'; readonly term: Term; readonly reason: LossReason }
  | { readonly type: 'leader.followed'; readonly holder: string; readonly token: number }
  | { readonly type: 'store.unavailable'; readonly cause: unknown }
  | { readonly type: 'store.recovered' }
  | ({ readonly type: 'job.started' } & RunFacts)
  | ({ readonly type: 'job.succeeded'; readonly durationMs: number } & RunFacts)
  | ({ readonly type: 'job.failed'; readonly durationMs: number; readonly error: unknown } & RunFacts)
  | { readonly type: 'job.skipped'; readonly job: string; readonly tick: Date; readonly reason: SkipReason };
