import type { FoundDifference } from '../core/election/job-set-difference.js';
import type { RenewalCounts } from '../core/election/renewal-counts.js';
import type { PauseInfo } from './control.js';

/** How the scheduler is, as one pod sees it. */
export interface ScheduleStatus {
  readonly mode: 'redis' | 'ram';
  /** Empty in RAM mode. */
  readonly leaderKey: string;
  /** Identity of this pod among the candidates. */
  readonly podId: string;
  readonly isLeader: boolean;
  /** Of the term in which this pod leads. */
  readonly token: number | undefined;
  /** How much longer this pod trusts its lease unless it is renewed, ms; 0 when it does not lead. */
  readonly leaseRemainingMs: number;
  /** How far the clock of this pod is ahead of that of Redis, ms; `undefined`: not known yet. */
  readonly clockAheadMs: number | undefined;
  /** Whether Redis answers; what follows is empty where it does not. */
  readonly isStoreAvailable: boolean;
  /** Why it does not, without credentials. */
  readonly storeError: string | undefined;
  /** The leader; `undefined`: there is none, or it is not known. */
  readonly leader: StatusLeader | undefined;
  /**
   * Whether no pod has led for longer than any fail-over takes (a `leader.ttl` and 5 s) though Redis answers. The lease
   * key was set manually, or Redis refuses to write.
   */
  readonly isStuck: boolean;
  /** How the renewals of this pod have been answered since it started. */
  readonly renewals: RenewalCounts;
  /** The pods that compete, the oldest first. */
  readonly pods: readonly PodInfo[];
  /** Of all jobs. */
  readonly pause: PauseInfo | undefined;
  /** Runs under way on this pod. */
  readonly runningHere: number;
  /** The jobs that this pod has. */
  readonly jobCount: number;
  /** Jobs whose last tick should have been decided long since. */
  readonly overdue: readonly OverdueJob[];
  /**
   * How the jobs of this pod differ from those of the leader, so that some do not run, or not as they should; `undefined`:
   * they do not. That the leader has more jobs is no difference.
   */
  readonly jobDifference: JobDifference | undefined;
  /** Jobs of this pod that do not tick on some pod: they are disabled there, or were stopped. */
  readonly stoppedJobs: readonly StoppedJob[];
}

/** A job that does not tick everywhere. */
export interface StoppedJob {
  readonly job: string;
  /** The pods on which it does not tick, as far as this pod knows; this one, if it is among them, first. */
  readonly stoppedOn: readonly string[];
}

/** A difference, in words and in names: see the event `jobs.different`. */
export interface JobDifference extends FoundDifference {
  /** The difference, and the remedy. */
  readonly message: string;
}

/** The pod that holds the lease. */
export interface StatusLeader {
  readonly podId: string;
  /** 0: the key was set manually, and no pod runs jobs. */
  readonly token: number;
  /** Of the lease, ms; `Infinity` where it does not expire. */
  readonly remainingMs: number;
}

/** A pod that competes. Instants by the clock of Redis. */
export interface PodInfo {
  readonly podId: string;
  readonly isLeader: boolean;
  readonly since: Date;
  /** With its last attempt or renewal, which comes at each `leader.interval`. */
  readonly lastSeen: Date;
  /** Of the application; empty where there is none. */
  readonly version: string;
  /** How far its clock is ahead of that of Redis, ms; `undefined`: not known yet. */
  readonly clockAheadMs: number | undefined;
}

/** A job whose last tick no pod has decided. */
export interface OverdueJob {
  readonly job: string;
  /** The tick that should have been decided. */
  readonly tick: Date;
  /** The newest tick that was. */
  readonly watermark: Date;
}
