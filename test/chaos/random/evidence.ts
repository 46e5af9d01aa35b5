import type { ChaosJob } from '../../pods/chaos-jobs.js';

/** Milliseconds of the machine's monotonic clock, unless it says `tick`: ticks are Unix milliseconds. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** One line of the ledger, as `chaos-pod.ts` writes it. `life` is one process of a pod: `pod-1#4711`. */
export type LedgerEntry = Start | End | Belief | Stall;

interface RunRef {
  readonly life: string;
  readonly job: string;
  readonly tick: number;
  readonly runId: string;
  readonly attempt: number;
  readonly at: number;
}

export interface Start extends RunRef {
  readonly kind: 'start';
  readonly token: number;
  readonly catchUp: boolean;
  readonly recovering: boolean;
  /** Whether the pod believed to lead when it called the handler. */
  readonly believes: boolean;
  /** How far the pod's wall clock was ahead. */
  readonly clockOffsetMs: number;
}

export interface End extends RunRef {
  readonly kind: 'end';
  /** `done`, or the name of the error that aborted it. */
  readonly ending: string;
}

export interface Belief extends Interval {
  readonly kind: 'belief';
  readonly life: string;
}

export interface Stall extends Interval {
  readonly kind: 'stall';
  readonly life: string;
}

/** A record of the pods' own history. */
export interface HistoryEntry {
  readonly job: string;
  readonly tick: number;
  readonly runId: string;
  readonly outcome: string;
  readonly reason?: string;
  /** The candidate that ran it, or decided that it does not run. */
  readonly by?: string;
  /** With outcome `missed`: the ticks after this one, up to `tick`. */
  readonly since?: number;
}

/** Something done to a pod or to Redis. */
export interface Fault extends Interval {
  readonly kind: string;
  /** `pod-1`, or what of Redis. */
  readonly target: string;
}

/** A time in which Redis may have forgotten what it had acknowledged. */
export interface Loss extends Interval {
  /** `empty`: all its memory. `fail-over`: what had not reached the replica that was promoted. */
  readonly kind: 'empty' | 'fail-over';
}

/** One process of a pod. */
export interface Life extends Interval {
  readonly life: string;
  /** `crashed`: ended by itself. `stuck`: SIGTERM did not end it. */
  readonly end: 'killed' | 'stopped' | 'crashed' | 'stuck' | 'alive';
  /** The end of its output, when it crashed. */
  readonly output: string;
}

/** Everything the judge may read. */
export interface Evidence {
  readonly jobs: readonly ChaosJob[];
  /** Ticks due in here are judged. */
  readonly observed: Interval;
  /** Real wall clock minus monotonic clock. */
  readonly epochMs: number;
  /** How long a lease or a run lock lasts without a sign of life. */
  readonly ttlMs: number;
  /** Whether claims wait for the replicas, so that a fail-over loses none. */
  readonly strict: boolean;
  readonly entries: readonly LedgerEntry[];
  readonly history: readonly HistoryEntry[];
  readonly faults: readonly Fault[];
  readonly losses: readonly Loss[];
  readonly lives: readonly Life[];
}
