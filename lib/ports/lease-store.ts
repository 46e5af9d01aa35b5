import type { Candidacy, CandidateNews, CandidateState } from './candidate-store.js';

/**
 * Stores the lease. Every operation may reject: the answer is then *unknown*, because a command that timed out may
 * still have been applied. The caller settles it by repeating the operation with the same candidate.
 */
export interface LeaseStore {
  /**
   * Requests the lease. Grants a new term when the lease is free, refreshes and returns the term when the
   * candidate holds it already (its earlier reply was lost).
   */
  acquire(request: AcquireRequest, signal: AbortSignal): Promise<AcquireAnswer>;
  /** Asks whether the holder of a term is there. Changes nothing, and costs less than an acquisition. */
  probe(request: ProbeRequest, signal: AbortSignal): Promise<ProbeAnswer>;
  /** Extends the lease of exactly this term. A lease that is gone is never re-created. */
  renew(request: RenewRequest, signal: AbortSignal): Promise<RenewAnswer>;
  /** Releases the lease of exactly this term and notifies the other candidates. Safe to repeat. */
  resign(request: ResignRequest, signal: AbortSignal): Promise<ResignAnswer>;
  /**
   * Requests that the holder of a term resigns. With a job, because that is overdue: the signal may be lost. With an
   * empty one, because a user wants it: the holder finds the request with its next renewal at the latest.
   */
  requestResignation(token: number, job: string, signal: AbortSignal): Promise<void>;
  /** Reads which candidate leads, for display; takes no part in the election. */
  read(signal: AbortSignal): Promise<LeaseView>;
  /** Notifies of the signals of the lease from now on. One listener per store. */
  watch(listener: LeaseListener): void;
  /** Closes the connections. The store is not usable afterwards. */
  close(): Promise<void>;
}

export interface AcquireRequest {
  /** Identity of the candidate: the nonce that makes the operation safe to repeat. */
  readonly podId: string;
  readonly ttlMs: number;
  /**
   * Highest token of the terms that this candidate has ended: should it still hold the lease by one of them, it gets a
   * new term. 0 for none.
   */
  readonly endedToken: number;
  /** Whether a holder that has been found missing may be followed before its ttl has run out. */
  readonly evidence: boolean;
  /**
   * Its rank among the followers that want to probe the lease after due ticks: 2 for one that knows a better candidate,
   * and gives way to those of rank 1. `undefined`: it does not want to.
   */
  readonly proberRank?: ProberRank | undefined;
  /** Jobs whose watermarks the answer brings when the lease is held: that needs no command of its own. */
  readonly watched: readonly string[];
  readonly pod?: PodNote;
  readonly candidacy?: Candidacy;
}

export type ProberRank = 1 | 2;

/** The note of a candidate with each attempt and renewal, for display. */
export interface PodNote {
  /** Version of the application. */
  readonly version: string;
  /** How far its clock is ahead of the store's, whole ms; `undefined`: not known yet. */
  readonly aheadMs: number | undefined;
}

/** The term of another candidate. */
export interface ProbeRequest {
  readonly podId: string;
  readonly token: number;
}

export interface RenewRequest {
  readonly podId: string;
  readonly token: number;
  readonly ttlMs: number;
  readonly pod?: PodNote;
  readonly candidacy?: Candidacy;
}

export interface ResignRequest {
  readonly podId: string;
  readonly token: number;
  /** The state of the candidate from now on. @default 'resting' */
  readonly state?: CandidateState;
  /** Whether it resigns for a larger job set, and this is to be remembered. */
  readonly isHandOver?: boolean;
}

export type AcquireAnswer =
  /** The candidate leads. `acquiredAt`: start of the term; `now`: both Unix ms by the store's clock. */
  | { readonly kind: 'acquired'; readonly token: number; readonly acquiredAt: number; readonly now: number }
  | HeldLease
  /** The lease is free, but its last term may still be trusted by its holder: wait that long. */
  | { readonly kind: 'wait'; readonly remainingMs: number };

/** Another candidate holds the lease. */
export interface HeldLease {
  readonly kind: 'held';
  readonly holder: string;
  readonly token: number;
  /** `Infinity` for a lease that does not expire. */
  readonly remainingMs: number;
  /** Whether the store would see it if the holder died. */
  readonly presence: boolean;
  /**
   * The holder has been found missing: repeat after this many milliseconds; if it is still missing, its term is over.
   * `undefined`: it is there, or the store cannot know.
   */
  readonly missingMs: number | undefined;
  /** Whether this candidate has to probe the lease after due ticks: two followers do. */
  readonly isProber: boolean;
  /** Changes with every override of a schedule. */
  readonly overrides: number;
  /** The store's clock, Unix ms. */
  readonly now: number;
  /** `undefined` where the request had no candidacy. */
  readonly candidates?: CandidateNews;
  /** The watermark of each watched job, in that order; `undefined` for a job that the store does not know. */
  readonly watermarks: readonly (JobWatermark | undefined)[];
}

/** The watermark of a job in the store, and its schedule. */
export interface JobWatermark {
  /** The newest tick that was decided, Unix milliseconds. */
  readonly watermark: number;
  /** Fingerprint of the schedule by which it ticks. */
  readonly schedule: string;
}

export type ProbeAnswer =
  /** It holds its lease, and the store sees it, or cannot say. */
  | { readonly kind: 'there' }
  /** It does not, or was found missing: what that means, an acquisition settles. */
  | { readonly kind: 'changed' };

export type RenewAnswer = RenewedLease | { readonly kind: 'lost' };

export interface RenewedLease {
  readonly kind: 'renewed';
  /** How many runs of all pods have not ended. */
  readonly unfinished: number;
  /** How many requested runs are not decided. */
  readonly requests: number;
  /** Changes with every override of a schedule. */
  readonly overrides: number;
  /** The number of jobs of which something is kept, including those that no pod has any more. */
  readonly jobs: number;
  /** Whether a user requests that the holder resigns. */
  readonly shouldResign: boolean;
  /** `undefined` where the request had no candidacy. */
  readonly candidates?: CandidateNews;
  /** The store's clock, Unix ms. */
  readonly now: number;
}

export type ResignAnswer = { readonly kind: 'resigned' } | { readonly kind: 'lost' };

export type LeaseView =
  | {
      readonly kind: 'held';
      readonly holder: string;
      readonly token: number;
      readonly remainingMs: number;
      readonly acquiredAt: number | undefined;
    }
  | { readonly kind: 'free' };

/** The signals of a lease store. */
export type LeaseSignal =
  /** A candidate has released the lease: it is free now. */
  | { readonly kind: 'resigned' }
  /** The holder of this term is requested to resign: because this job is overdue or, with an empty one, by a user. */
  | { readonly kind: 'resign-requested'; readonly token: number; readonly job: string }
  | ControlSignal
  /** Another candidate does not see the holder of this term: unless that renews, its term ends soon. */
  | { readonly kind: 'holder-missing'; readonly token: number }
  /** The store may no longer see this candidate, though the connection that carries the lease is open. */
  | { readonly kind: 'presence-lost' }
  /** It can see it (again). */
  | { readonly kind: 'presence-found' }
  /** The connection that carries the lease is open (again). */
  | { readonly kind: 'connected' }
  /** The connection that carries the lease has closed, or could not be opened: trust is suspended. */
  | { readonly kind: 'disconnected'; readonly cause: unknown };

/** A request to the pods of this scheduler, or the end of a run. */
export type ControlSignal =
  /** A run is requested. */
  | { readonly kind: 'run-requested' }
  /** The end of this run is requested. */
  | { readonly kind: 'abort-requested'; readonly runId: string }
  /** The schedule of a job was overridden. */
  | { readonly kind: 'rescheduled' }
  /** A run of the job that blocked a tick of another term has ended, or was given up. */
  | { readonly kind: 'run-ended'; readonly job: string };

export type LeaseListener = (signal: LeaseSignal) => void;
