import type { PageListener } from './pages.js';
import type { RunRecord } from './history-store.js';
import type { JobMark } from './lease-store.js';
import type { TermRef } from './run-store.js';
import type { RunRef } from '../core/run/run-ref.js';

/** In place of a job's name: all jobs, those included that are not known yet. */
export const ALL_JOBS = '*';

/**
 * What people ask of a scheduler, from whatever process. It is kept where the runs are, and told to the pods that
 * listen; whoever does not hear of it finds it with its next renewal or heartbeat.
 *
 * Every operation may reject: whether it was applied is then unknown. All but `requestRun` are safe to repeat.
 */
export interface ControlStore {
  /**
   * Pauses a job, or all with `ALL_JOBS`, for `forMs` milliseconds by the store's clock; `Infinity` until `resume`. The
   * claim itself honours it: ticks that fall into a pause are skipped, whenever they are decided.
   */
  pause(request: PauseRequest, signal: AbortSignal): Promise<Pause>;
  /** Ends a pause; answers whether there was one. */
  resume(job: string, signal: AbortSignal): Promise<boolean>;
  /** Asks for a run beside the schedule. It stands until a leader has decided about it. */
  requestRun(request: RunWish, signal: AbortSignal): Promise<RunRequest>;
  /** Takes a request back; answers whether it stood still. */
  withdraw(id: string, signal: AbortSignal): Promise<boolean>;
  /**
   * A page of the requests that nobody has decided about; those of one page oldest first. Takes away those that no pod
   * has taken for too long, once whoever waits has had the time to see that.
   *
   * @param after `next` of the page before; empty: from the beginning
   */
  requests(after: string, signal: AbortSignal): Promise<RequestsPage>;
  /** Asks that a run that goes on should end; answers whether it does go on. */
  requestAbort(run: RunRef, signal: AbortSignal): Promise<boolean>;
  /** Gives a job another schedule than its own, on every pod; `undefined`: its own again. */
  reschedule(job: string, order: string | undefined, signal: AbortSignal): Promise<void>;
}

/** A request that no pod has taken for so long is not run any more: whoever waits is answered `expired`. */
export const REQUEST_AGE_MS = 3_600_000;
/** For so long after that it is seen that it has expired. */
export const EXPIRED_SHOWN_MS = 600_000;
/** About so many requests are read in one call. */
export const REQUESTS_A_PAGE = 250;

export interface RequestsPage {
  readonly requests: readonly RunRequest[];
  /** Those that were taken away by this reading. */
  readonly expired: readonly RunRequest[];
  /** Where the next page goes on; `undefined`: this was the last one. */
  readonly next: string | undefined;
}

export interface PauseRequest {
  readonly job: string;
  readonly forMs: number;
  /** Why, in words. Never contains control characters. */
  readonly reason: string;
}

/** A pause: by the store's clock, Unix ms. */
export interface Pause {
  readonly from: number;
  /** `Infinity`: until it is ended. */
  readonly until: number;
  /** Empty where none was given. */
  readonly reason: string;
}

export interface RunWish {
  /** Identity of the request, never given out twice: the handle of its run. Never contains `|`. */
  readonly id: string;
  readonly job: string;
}

/** A run that was asked for. */
export interface RunRequest extends RunWish {
  /** When it was asked for, by the store's clock (Unix ms): what its run has for a tick. */
  readonly tick: number;
}

/**
 * What can be seen of a scheduler from outside: what its leader told of its jobs, who competes, what became of a
 * request; and of which jobs something is kept.
 */
export interface ClusterStore {
  /**
   * Tells a page of the jobs that the leader of this term has, the first one instead of what was told before; fenced
   * terms are ignored. At most 250 jobs.
   */
  announce(request: Announcement, signal: AbortSignal): Promise<void>;
  /** What was announced last, by the name of the job. */
  announced(signal: AbortSignal, onPage?: PageListener): Promise<ReadonlyMap<string, string>>;
  /** How jobs stand, in the order asked, and the pause of all. */
  states(jobs: readonly string[], signal: AbortSignal, onPage?: PageListener): Promise<JobStates>;
  /** What became of a request. */
  outcome(request: RunRequest, signal: AbortSignal): Promise<RequestOutcome>;
  /** The candidates seen within the last ten minutes. */
  pods(signal: AbortSignal, onPage?: PageListener): Promise<PodsView>;
  /** Forgets a candidate that competes no more. */
  leave(candidateId: string, signal: AbortSignal): Promise<void>;
  /**
   * A page of the names of jobs of which something is kept: those that ran, were paused, or given another schedule.
   *
   * @param after `next` of the page before; empty: from the beginning
   */
  jobNames(after: string, signal: AbortSignal): Promise<StoredNames>;
  /**
   * Notes which jobs no pod has. What belongs to one is removed once that was noted long ago, its newest tick and the
   * end of its last run lie as far back, no run of it is unfinished, and none is requested. Resolves to the names of
   * those jobs; to `undefined` where the term is over. Opening a job (`RunStore.open`) takes the note back.
   */
  sweep(request: SweepRequest, signal: AbortSignal): Promise<readonly string[] | undefined>;
}

export interface StoredNames {
  /** One may come twice. */
  readonly names: readonly string[];
  /** Where the next page goes on; `undefined`: this was the last one. */
  readonly next: string | undefined;
}

/** For how long what belongs to a removed job is kept: as long as its history, within these bounds. Milliseconds. */
export interface KeptFor {
  readonly leastMs: number;
  readonly mostMs: number;
  /** Where a job has never said for how long its history is kept. */
  readonly unknownMs: number;
}

export interface SweepRequest extends TermRef {
  /** Names of jobs that no pod has. */
  readonly absent: readonly string[];
  /** Names of jobs that pods have, of which the contrary may have been noted. At most a page. */
  readonly present: readonly string[];
  readonly kept: KeptFor;
}

export interface Announcement {
  readonly candidateId: string;
  readonly token: number;
  readonly jobs: readonly { readonly job: string; readonly description: string }[];
  /** Whether it stands in place of what was told before. @default true */
  readonly isFirst?: boolean;
}

export interface JobStates {
  /** The store's clock, Unix ms. */
  readonly now: number;
  /** Of all jobs; `undefined` when it is over, or there was none. */
  readonly pause: Pause | undefined;
  readonly jobs: readonly JobState[];
}

export interface JobState {
  /** Where it stands, and by which schedule; `undefined` when it is not known. */
  readonly mark: JobMark | undefined;
  readonly pause: Pause | undefined;
  /** See `reschedule`; empty: none. */
  readonly order: string;
  readonly lastRun: RunRecord | undefined;
}

/**
 * `expired`: no pod has taken it for `REQUEST_AGE_MS`, and none will. `gone`: it was decided about, and its record is not
 * kept; or it expired long ago.
 */
export type RequestOutcome =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'recorded'; readonly record: RunRecord }
  | { readonly kind: 'gone' };

export interface PodsView {
  /** The store's clock, Unix ms. */
  readonly now: number;
  readonly pods: readonly Pod[];
}

/** A candidate, as it was seen with its last attempt or renewal. Instants by the store's clock, Unix ms. */
export interface Pod {
  readonly candidateId: string;
  readonly since: number;
  readonly seenAt: number;
  /** Version of the application; empty where there is none. */
  readonly version: string;
  /** How far its clock is ahead of the store's, ms; negative: behind. `undefined`: not known yet. */
  readonly aheadMs: number | undefined;
}
