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
}

export interface RenewRequest extends AcquireRequest {
  readonly token: number;
}

export interface ResignRequest {
  readonly candidateId: string;
  readonly token: number;
}

export type AcquireAnswer =
  /** The candidate leads. `acquiredAt`: start of the term in Unix milliseconds, by the store's clock. */
  | { readonly kind: 'acquired'; readonly token: number; readonly acquiredAt: number }
  /** Another candidate holds the lease. `remainingMs` is `Infinity` for a lease that does not expire. */
  | { readonly kind: 'held'; readonly holder: string; readonly token: number; readonly remainingMs: number }
  /** The lease is free, but its last term may still be trusted by its holder: wait that long. */
  | { readonly kind: 'wait'; readonly remainingMs: number };

export type RenewAnswer = { readonly kind: 'renewed' } | { readonly kind: 'lost' };

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
  /** The connection that carries the lease is open (again). */
  | { readonly kind: 'connected' }
  /** The connection that carries the lease has closed, or could not be opened: trust is suspended. */
  | { readonly kind: 'disconnected'; readonly cause: unknown };

export type LeaseListener = (signal: LeaseSignal) => void;
