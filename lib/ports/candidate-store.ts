/*
 * Candidates publish here which jobs they have. Their notes are written with their ordinary attempts and renewals (see
 * `LeaseStore`); this store has the rest, which is read only when something has changed.
 *
 * Every operation may reject: whether it was applied is then unknown. All are safe to repeat.
 */
import type { PageListener } from './pages.js';

/** `resting`: it resigned and stays away for a while. `draining`: it shuts down. */
export type CandidateState = 'up' | 'resting' | 'draining';

/** A candidate as it was noted. Instants by the store's clock, Unix ms. */
export interface Candidate {
  readonly podId: string;
  /** With its last attempt or renewal. */
  readonly seenAt: number;
  /** When it first published its jobs. */
  readonly since: number;
  /** Digest of its job set; empty: none is published. */
  readonly jobSet: string;
  readonly state: CandidateState;
  /** Until then it is not preferred, for it lost a term through a fault of its own; 0: it is. */
  readonly distrustedUntil: number;
  /** Its `leader.interval`, ms: how often it renews its note. */
  readonly intervalMs: number;
  /** Its `leader.ttl`, ms. */
  readonly ttlMs: number;
}

/** The note of a candidate with each attempt and renewal, and the rival whose note it requests. */
export interface Candidacy extends Pick<
  Candidate,
  'jobSet' | 'state' | 'distrustedUntil' | 'intervalMs' | 'ttlMs'
> {
  /** The candidate whose note the answer should bring; empty: none. */
  readonly rival: string;
  /** The page of the own set whose age limit begins anew; `undefined`: none is published. */
  readonly page: { readonly index: number; readonly bytes: number } | undefined;
  /** A candidate that was not seen for longer and comes back counts as a change. */
  readonly staleMs: number;
}

/** The facts about candidates in the answer to an attempt or a renewal. */
export interface CandidateNews {
  /** Changes whenever a candidate comes, comes back, or changes its note. */
  readonly changes: string;
  /** The note of the requested rival; `undefined`: there is none, or it cannot be read. */
  readonly rival: Candidate | undefined;
  /** Whether the page is kept as it was published. */
  readonly isPageKept: boolean;
  /** When the lease was last handed over to a larger job set, at most three, the newest last. Unix ms. */
  readonly handOvers: readonly number[];
}

export interface CandidatesView {
  /** The store's clock, Unix ms. */
  readonly now: number;
  readonly candidates: readonly Candidate[];
}

export interface CandidateStore {
  /** The digest under which a set with these pages is stored. */
  digestOf(pages: readonly string[]): string;
  /** How many pages the set of a digest has; `undefined` for an invalid digest. */
  pagesIn(jobSet: string): number | undefined;
  /**
   * Stores one page of a set for an hour. Its age limit begins anew with the attempts of the pods that have the set.
   */
  publish(page: JobSetPage, signal: AbortSignal): Promise<void>;
  /** Reads one page of a set; `undefined` where it is not kept. */
  read(jobSet: string, index: number, signal: AbortSignal): Promise<string | undefined>;
  /** The candidates that were seen within the last ten minutes and have published their jobs. */
  candidates(signal: AbortSignal, onPage?: PageListener): Promise<CandidatesView>;
  /** Notes the state of a candidate at once. */
  mark(podId: string, state: CandidateState, signal: AbortSignal): Promise<void>;
}

export interface JobSetPage {
  readonly jobSet: string;
  readonly index: number;
  readonly text: string;
}
