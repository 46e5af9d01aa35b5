import type { HandlerOutcome } from '../core/run/run-outcome.js';
import type { Overlap, Retention } from '../core/job/job-policy.js';
import type { RunFacts } from '../core/run/run-facts.js';
import type { RunRef } from '../core/run/run-ref.js';

export type { Overlap, Retention };

/**
 * Claims ticks and keeps runs: a tick starts only after its claim was granted here.
 *
 * Every operation may reject: the answer is then *unknown*, because a command that timed out may still have been
 * applied. The caller settles it by repeating the operation with the same run id, which makes it safe to repeat.
 *
 * The signal aborts when the caller does not wait for the answer any more.
 *
 * The store uses its own clock only. A run is *live* until its run lock expires: `lockMs` after its claim or its last
 * heartbeat.
 */
export interface RunStore {
  /**
   * Answers the watermarks of jobs, in the order of the request. A job that is new, or whose schedule has changed,
   * starts at the present, so that nothing runs in retrospect: its watermark is set to the store's now, or to `from`
   * where that is earlier. A watermark without a known schedule (a store may lose its last writes) stays.
   */
  open(request: OpenRequest, signal: AbortSignal): Promise<OpenAnswer>;
  /** Claims ticks, in order and in one go; one answer each, in the same order. */
  claim(request: ClaimRequest, signal: AbortSignal): Promise<readonly ClaimAnswer[]>;
  /** Keeps runs live for another `lockMs`; one answer each, in the same order. */
  heartbeat(request: HeartbeatRequest, signal: AbortSignal): Promise<readonly HeartbeatAnswer[]>;
  /**
   * Records how runs ended and releases their run locks; one answer each, in the same order. A run that was adopted or
   * abandoned by another term is stale.
   */
  finish(requests: readonly FinishRequest[], signal: AbortSignal): Promise<readonly FinishAnswer[]>;
  /** Releases a tick that was claimed or queued but never started: it may be claimed again. */
  release(request: RunRef, signal: AbortSignal): Promise<ReleaseAnswer>;
  /**
   * A page of the runs that have not ended, of any pod: running, queued, released, or crashed. Those whose lock has
   * expired come first, then the others as their locks expire; those of one page oldest tick first. A run that changes
   * while the pages are read may be missing, or come twice.
   *
   * @param after `next` of the page before; empty: from the beginning
   */
  unfinished(after: string, signal: AbortSignal): Promise<UnfinishedPage>;
  /**
   * Settles runs whose pod died; one answer each, in the same order. Live runs do not change. A repeated request is
   * answered `abandoned` again for the runs that it abandoned the first time, also when its term is over, until the
   * candidate makes another request in that term. At most a page of runs.
   */
  adopt(request: AdoptRequest, signal: AbortSignal): Promise<readonly AdoptAnswer[]>;
}

/** The term of a request; any other term is refused as `fenced`. */
export interface TermRef {
  readonly podId: string;
  readonly token: number;
}

export interface OpenRequest extends TermRef {
  readonly jobs: readonly JobToOpen[];
}

export interface JobToOpen {
  readonly job: string;
  /** Fingerprint of the schedule by which it ticks here. */
  readonly schedule: string;
  /**
   * Where its ticks begin, if it is new: Unix ms by the store's clock. A term's tick may be due before it is opened.
   */
  readonly from?: number | undefined;
  /** The override that it follows, as it stands in the store; empty: none. */
  readonly override?: string;
}

/**
 * The watermark of a job (Unix ms); or an override that is not followed here yet: follow it, and open the job again.
 */
export type OpenedWatermark = number | { readonly override: string };

export type OpenAnswer =
  /**
   * `watermarks`: the watermark of each job, in the order of the request; `now`: the store's clock, by which the watermarks
   * of new jobs were set.
   */
  | { readonly kind: 'opened'; readonly now: number; readonly watermarks: readonly OpenedWatermark[] }
  | { readonly kind: 'fenced' };

export interface ClaimRequest extends TermRef {
  readonly lockMs: number;
  readonly claims: readonly Claim[];
}

/** The intent of a claim: run the tick, or record why it does not run. */
export type Intent = 'run' | 'skipped' | 'missed';

export interface Claim extends RunRef {
  readonly intent: Intent;
  /** Why it does not run, with intents `skipped` and `missed`. Never contains `|`. */
  readonly reason: string;
  readonly overlap: Overlap;
  /** Whether crashed runs of the job are run again: a tick then never takes the run lock of one. */
  readonly recover: boolean;
  readonly retention: Retention;
  readonly facts: RunFacts;
  /**
   * A requested run; its `handle` is the request's. It is decided only while the request stands, and the decision ends
   * the request.
   */
  readonly isRequested?: boolean;
}

/**
 * The checks, in this order: a record of the tick, the term, the request, the time, a pause, the watermark, overlap.
 * Of a manual run time, pause and watermark are not checked.
 */
export type ClaimAnswer =
  /** The tick is this run's: start it. `attempt`: above 1 when earlier attempts crashed; 1 where it is left out. */
  | { readonly kind: 'go'; readonly attempt?: number }
  /** The tick was this run's already (the earlier reply was lost): start it. */
  | { readonly kind: 'mine'; readonly attempt?: number }
  /** Recorded as skipped or missed, as intended. */
  | { readonly kind: 'noted' }
  /** Another run, or another decision, has this tick. */
  | { readonly kind: 'taken' }
  /** The term is over: step down. */
  | { readonly kind: 'fenced' }
  /** The job is paused; recorded as skipped. */
  | { readonly kind: 'paused' }
  /** The tick lies at or before the job's watermark. */
  | { readonly kind: 'past' }
  /** By the store's clock the tick is not due for another `waitMs`: claim it again then. */
  | { readonly kind: 'early'; readonly waitMs: number }
  /**
   * A run of an earlier term is live and the job's overlap is `skip`: its pod may be at work or dead, which shows when
   * its lock expires, in `waitMs` at the latest. Or it has crashed, is to be run again, and goes first: adopt it.
   * Nothing was decided: claim the tick again then.
   */
  | { readonly kind: 'blocked'; readonly waitMs: number }
  /** An earlier run of this term is live and the job's overlap is `skip`, or its queue is full; recorded as skipped. */
  | { readonly kind: 'overlap'; readonly reason: 'running' | 'queue-full' }
  /**
   * Waits for the live run, whose lock lasts another `waitMs`, or for one that is to be adopted: claim it again with
   * the same run id.
   */
  | { readonly kind: 'queued'; readonly waitMs: number }
  /**
   * The store could not decide this one (its keys were tampered with, its memory is full, the replicas may not have it
   * in strict mode). It may be this run's: release it, and claim it again under another run id. `isDataInvalid`: the
   * store's data of the job is invalid, so that any leader is refused until that is corrected.
   */
  | { readonly kind: 'failed'; readonly message: string; readonly isDataInvalid?: boolean };

export interface HeartbeatRequest {
  readonly lockMs: number;
  readonly runs: readonly RunRef[];
}

/**
 * `lost`: the run lock is gone, and another run of the job may have started. `aborted`: it is kept, and the end of the
 * run is requested.
 */
export type HeartbeatAnswer = 'kept' | 'lost' | 'aborted';

export interface FinishRequest extends RunRef {
  readonly state: HandlerOutcome;
  readonly attempt: number;
  readonly retention: Retention;
  /** Replaces the facts of the claim. */
  readonly facts: RunFacts;
}

/**
 * `stale`: the run was abandoned or taken over meanwhile; nothing was recorded. `failed`: the store could not record
 * it. `invalid`: the same, because its data of the job is invalid: no leader can work on the job until that is
 * corrected.
 */
export type FinishAnswer = 'finished' | 'stale' | 'failed' | 'invalid';

export type ReleaseAnswer = 'released' | 'stale';

export interface UnfinishedPage {
  readonly runs: readonly UnfinishedRun[];
  /** Where the next page goes on; `undefined`: this was the last one. */
  readonly next: string | undefined;
}

export interface UnfinishedRun extends RunRef {
  /** How much longer it counts as live; 0 when its lock has expired. */
  readonly liveMs: number;
  /** Whether it counts as live for longer than its lock was set for, until a request to adopt it. @default false */
  readonly isOverlong?: boolean;
  /** Above 1 when earlier attempts crashed. */
  readonly attempt: number;
}

export interface AdoptRequest extends TermRef {
  readonly lockMs: number;
  readonly orphans: readonly Adoption[];
}

export interface Adoption {
  readonly orphan: RunRef;
  /** `recover`: claim it again, under `runId`, unless its abort is requested; `abandon`: record that it crashed. */
  readonly wish: 'recover' | 'abandon';
  /** Identity of the new attempt. */
  readonly runId: string;
  /** Of the new attempt; a run that is abandoned keeps its own. */
  readonly facts: RunFacts;
  readonly retention: Retention;
}

export type AdoptAnswer =
  /** The tick is the new run's; `attempt` counts the earlier ones. */
  | { readonly kind: 'recovered'; readonly attempt: number }
  /** As recovered, but the replicas may not have it (strict mode): release it. */
  | { readonly kind: 'unconfirmed' }
  | { readonly kind: 'abandoned' }
  /** It had been queued or released, and never started: claim it as any tick. */
  | { readonly kind: 'released' }
  /**
   * It is live, has ended meanwhile, lost its run lock to a run that is live, or its job is paused: try again later.
   */
  | { readonly kind: 'left' }
  | { readonly kind: 'fenced' };
