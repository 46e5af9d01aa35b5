import type { Candidacy, CandidateNews, CandidateState } from './candidate-store.js';

/**
 * Where the lease lives. Every operation may reject: the answer is then *unknown*, for a command that timed
 * out may still have been applied. Unknown is settled by asking again with the same candidate.
 */
export interface LeaseStore {
  /**
   * Asks for the lease. Grants a new term when the lease is free, refreshes and returns the term when the
   * candidate holds it already (its earlier reply was lost).
   */
  acquire(request: AcquireRequest, signal: AbortSignal): Promise<AcquireAnswer>;
  /** Extends the lease of exactly this term. A lease that is gone is never re-created. */
  renew(request: RenewRequest, signal: AbortSignal): Promise<RenewAnswer>;
  /** Gives up the lease of exactly this term and tells the other candidates. Safe to repeat. */
  resign(request: ResignRequest, signal: AbortSignal): Promise<ResignAnswer>;
  /**
   * Asks the holder of a term to resign: because of a job, which it may not hear of; or, with an empty one, because
   * a person wants it, which it finds with its next renewal at the latest.
   */
  requestResignation(token: number, job: string, signal: AbortSignal): Promise<void>;
  /** Who leads, for display; takes no part in the election. */
  read(signal: AbortSignal): Promise<LeaseView>;
  /** Reports what happens around the lease from now on. One listener per store. */
  watch(listener: LeaseListener): void;
  /** Lets go of connections. The store is not usable afterwards. */
  close(): Promise<void>;
}

export interface AcquireRequest {
  /** Identity of the candidate: the nonce that makes the operation safe to repeat. */
  readonly candidateId: string;
  readonly ttlMs: number;
  /**
   * Highest token of the terms that this candidate has ended: should it still hold the lease by one of them, it gets a
   * new term. 0 for none.
   */
  readonly endedToken: number;
  /** Whether a holder that has been seen to be gone may be followed before its ttl has run out. */
  readonly evidence: boolean;
  /** Jobs whose marks the candidate wants to know when the lease is held: a look that costs no command of its own. */
  readonly watched: readonly string[];
  readonly pod?: PodNote;
  readonly candidacy?: Candidacy;
}

/** What the store notes of a candidate with each question, so that people see who competes. */
export interface PodNote {
  /** Version of the application. */
  readonly version: string;
  /** How far its clock is ahead of the store's, whole ms; `undefined`: not known yet. */
  readonly aheadMs: number | undefined;
}

export interface RenewRequest {
  readonly candidateId: string;
  readonly token: number;
  readonly ttlMs: number;
  readonly pod?: PodNote;
  readonly candidacy?: Candidacy;
}

export interface ResignRequest {
  readonly candidateId: string;
  readonly token: number;
  /** What is noted of the candidate from now on. @default 'resting' */
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
   * The holder has been found missing: ask again after so many milliseconds, and if it is missing still, its term
   * is over. `undefined`: it is there, or nobody can tell.
   */
  readonly missingMs: number | undefined;
  /** Changes whenever a job is given another schedule. */
  readonly orders: number;
  /** The store's clock, Unix ms. */
  readonly now: number;
  /** `undefined` where no candidacy was told. */
  readonly candidates?: CandidateNews;
  /** Of each job watched, in the order asked: where it stands; `undefined` for a job the store does not know. */
  readonly marks: readonly (JobMark | undefined)[];
}

/** Where a job stands in the store. */
export interface JobMark {
  /** The newest tick that was decided, Unix milliseconds. */
  readonly mark: number;
  /** Fingerprint of the schedule by which it ticks. */
  readonly schedule: string;
}

export type RenewAnswer = RenewedLease | { readonly kind: 'lost' };

export interface RenewedLease {
  readonly kind: 'renewed';
  /** How many runs of all pods have not ended. */
  readonly unfinished: number;
  /** How many runs are asked for that nobody has decided about. */
  readonly requests: number;
  /** Changes whenever a job is given another schedule. */
  readonly orders: number;
  /** Of how many jobs something is kept, also of those that no pod has any more. */
  readonly jobs: number;
  /** Whether a person asks the holder to resign. */
  readonly shouldResign: boolean;
  /** `undefined` where no candidacy was told. */
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

/** What a lease store reports by itself. */
export type LeaseSignal =
  /** Somebody gave up the lease: it is free now. */
  | { readonly kind: 'resigned' }
  /** Somebody asks the holder of this term to resign: because this job is overdue or, with an empty one, by choice. */
  | { readonly kind: 'resign-requested'; readonly token: number; readonly job: string }
  | ControlSignal
  /** The connection that carries the lease is open (again). */
  | { readonly kind: 'connected' }
  /** The connection that carries the lease has closed, or could not be opened: trust is suspended. */
  | { readonly kind: 'disconnected'; readonly cause: unknown };

/** Something was asked for that a process of this scheduler should look at. */
export type ControlSignal =
  /** A run. */
  | { readonly kind: 'run-requested' }
  /** That this run should end. */
  | { readonly kind: 'abort-requested'; readonly runId: string }
  /** Another schedule for a job. */
  | { readonly kind: 'rescheduled' }
  /** Not asked for: a run of the job has ended, or was given up, that blocked a tick of another term. */
  | { readonly kind: 'run-ended'; readonly job: string };

export type LeaseListener = (signal: LeaseSignal) => void;
