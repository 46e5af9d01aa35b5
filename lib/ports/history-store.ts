import type { RunState } from '../core/run/run-outcome.js';
import type { RunRef } from '../core/run/run-ref.js';
import type { PageListener } from './pages.js';
import type { RunFacts } from '../core/run/run-facts.js';

/** Reads the history. The order is newest tick first; equal ticks by run id. */
export interface HistoryStore {
  /** Ended runs and ticks that did not run. Without `job`: of all jobs the store knows, merged. */
  history(query: HistoryQuery, signal: AbortSignal, onPage?: PageListener): Promise<readonly RunRecord[]>;
  /** The run of a job that ended last, having started; known even when its record was dropped since. */
  last(job: string, which: 'run' | 'success', signal: AbortSignal): Promise<RunRecord | undefined>;
  /** Runs that go on now, of whatever pod. */
  running(signal: AbortSignal, onPage?: PageListener): Promise<readonly RunRecord[]>;
}

export interface HistoryQuery {
  readonly job?: string | undefined;
  readonly limit: number;
  /** Only ticks before this instant (Unix ms), or what comes after this run in the order. */
  readonly before?: number | RunRef | undefined;
  /** None: all. */
  readonly states?: readonly RunState[] | undefined;
}

/** One tick as it was recorded. */
export interface RunRecord extends RunRef {
  readonly state: RunState;
  readonly token: number;
  readonly attempt: number;
  /** Why it was skipped or missed, what is unreadable; empty otherwise. */
  readonly reason: string;
  /** When the record got its state, by the store's clock (Unix ms). */
  readonly at: number;
  readonly facts: RunFacts;
}
