import type { PageListener } from './pages.js';
import type { RunRecord } from './history-store.js';
import type { JobWatermark } from './lease-store.js';
import type { TermRef } from './run-store.js';
import type { RunRef } from '../core/run/run-ref.js';

/** Instead of a job's name: all jobs, including those that are not known yet. */
export const ALL_JOBS = '*';

/**
 * Requests of users to a scheduler, from any process. They are kept where the runs are, and signalled to the pods that
 * listen. A pod that misses the signal finds the request with its next renewal or heartbeat.
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
  /** Requests a run beside the schedule. The request stands until a leader has decided about it. */
  requestRun(request: RunWish, signal: AbortSignal): Promise<RunRequest>;
  /**
   * Requests one run of each of these jobs at the start of a version of the application, unless one was requested before:
   * the store remembers its handle for as long as `keptMs` after this call, or longer. Resolves to the names of the jobs
   * whose run is requested now; to `undefined` where the term is over. At most 250 jobs.
   */
  requestStarts(request: StartRequest, signal: AbortSignal): Promise<readonly string[] | undefined>;
  /** Withdraws a request; answers whether it still stood. */
  withdraw(id: string, signal: AbortSignal): Promise<boolean>;
  /**
   * A page of the requests that are not decided; those of one page oldest first. Removes those that have expired, once
   * a caller that waits has had the time to see that.
   *
   * @param after `next` of the page before; empty: from the beginning
   */
  requests(after: string, signal: AbortSignal): Promise<RequestsPage>;
  /** Requests that a run ends; answers whether it goes on. */
  requestAbort(run: RunRef, signal: AbortSignal): Promise<boolean>;
  /** Overrides the schedule of a job, on every pod; `undefined`: its own again. */
  reschedule(job: string, override: string | undefined, signal: AbortSignal): Promise<void>;
}

/** A request that no pod has taken for this time expires: a caller that waits is answered `expired`. */
export const REQUEST_AGE_MS = 3_600_000;
/** The same of a run at the start of a version: pods of an earlier version may lead meanwhile, or the job is paused. */
export const START_REQUEST_AGE_MS = 86_400_000;

/** For this time after that its expiry can be read. */
export const EXPIRED_SHOWN_MS = 600_000;
/** One call reads about this many requests. */
export const REQUESTS_A_PAGE = 250;

export interface RequestsPage {
  readonly requests: readonly RunRequest[];
  /** Those that were removed by this reading. */
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

/** The runs of jobs at the start of a version. */
export interface StartRequest extends TermRef {
  readonly starts: readonly StartWish[];
}

export interface StartWish {
  readonly job: string;
  /** Of the version and the job: see `startHandle`. */
  readonly handle: string;
  /** For how long the store remembers it, at least. Milliseconds. */
  readonly keptMs: number;
}

/** A requested run. */
export interface RunRequest extends RunWish {
  /** When it was requested, by the store's clock (Unix ms): the tick of its run. */
  readonly tick: number;
}

/**
 * The state of a scheduler for clients from outside: the jobs that its leader announced, the candidates, the outcome of
 * a request; and the names of jobs of which something is kept.
 */
export interface ClusterStore {
  /**
   * Announces a page of the jobs of the leader of this term. The first page replaces the last announcement. Fenced
   * terms are ignored. At most 250 jobs.
   */
  announce(request: Announcement, signal: AbortSignal): Promise<void>;
  /** The last announcement, by the name of the job. */
  announced(signal: AbortSignal, onPage?: PageListener): Promise<ReadonlyMap<string, string>>;
  /** The states of jobs, in the order of `jobs`, and the pause of all. */
  states(jobs: readonly string[], signal: AbortSignal, onPage?: PageListener): Promise<JobStates>;
  /** The outcome of a request. */
  outcome(request: RunRequest, signal: AbortSignal): Promise<RequestOutcome>;
  /** The candidates seen within the last ten minutes. */
  pods(signal: AbortSignal, onPage?: PageListener): Promise<PodsView>;
  /** Removes a candidate that competes no more. */
  leave(podId: string, signal: AbortSignal): Promise<void>;
  /**
   * A page of the names of jobs of which something is kept: those that ran, were paused, or given another schedule.
   *
   * @param after `next` of the page before; empty: from the beginning
   */
  jobNames(after: string, signal: AbortSignal): Promise<StoredNames>;
  /**
   * Notes which jobs no pod has. The data of such a job is removed once the note, its newest tick and the end of its
   * last run are old enough, no run of it is unfinished, and none is requested. Resolves to the names of the removed
   * jobs; to `undefined` where the term is over. Opening a job (`RunStore.open`) deletes the note.
   */
  sweep(request: SweepRequest, signal: AbortSignal): Promise<readonly string[] | undefined>;
}

export interface StoredNames {
  /** One may come twice. */
  readonly names: readonly string[];
  /** Where the next page goes on; `undefined`: this was the last one. */
  readonly next: string | undefined;
}

/** For how long the data of a removed job is kept: as long as its history, within these bounds. Milliseconds. */
export interface KeptFor {
  readonly leastMs: number;
  readonly mostMs: number;
  /** Where the job has not recorded for how long its history is kept. */
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
  readonly podId: string;
  readonly token: number;
  readonly jobs: readonly { readonly job: string; readonly description: string }[];
  /** Whether it replaces the last announcement. @default true */
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
  /** Its watermark and the schedule of that; `undefined` when it is not known. */
  readonly watermark: JobWatermark | undefined;
  readonly pause: Pause | undefined;
  /** Its override, see `reschedule`; empty: none. */
  readonly override: string;
  readonly lastRun: RunRecord | undefined;
}

/**
 * `expired`: no pod has taken it for `REQUEST_AGE_MS`, and none will. `gone`: it was decided about, and its record is
 * not kept; or it expired long ago.
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
  readonly podId: string;
  readonly since: number;
  readonly seenAt: number;
  /** Version of the application; empty where there is none. */
  readonly version: string;
  /** How far its clock is ahead of the store's, ms; negative: behind. `undefined`: not known yet. */
  readonly aheadMs: number | undefined;
}
