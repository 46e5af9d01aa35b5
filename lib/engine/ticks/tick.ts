import type { Instant } from '../../core/election/instant.js';
import type { SkipReason } from '../../core/run/run-outcome.js';
import type { Run } from '../../core/run/run.js';
import type { Schedule } from '../../core/schedule/schedule.js';
import type { Timer } from '../../ports/clock.js';
import type { Claim, ClaimAnswer, Intent } from '../../ports/run-store.js';

/** A tick, and what is to become of it. */
export interface DueTick {
  /** Unix ms. */
  readonly tick: number;
  readonly intent: Intent;
  /** Why it does not run, where it is not to. */
  readonly reason?: SkipReason;
  readonly catchUp?: boolean;
  readonly manual?: boolean;
  /** Of a manual run: names its slot beside the schedule. */
  readonly handle?: string | undefined;
  /** A requested run: the request stands in the store until it is decided. */
  readonly isRequested?: boolean;
  /** It was claimed or queued before, and released. */
  readonly isReleased?: boolean;
  /** The schedule that names it, where that is not the job's own any more. */
  readonly schedule?: Schedule;
  /** With intent `missed`: the ticks after this instant (Unix ms) were missed, `count` of them. */
  readonly since?: number;
  readonly count?: number;
}

/** A run whose tick belongs to this process. */
export interface Granted {
  readonly run: Run;
  /** Before the claim was written. */
  readonly askedAt: Instant;
}

/** See `TICK_TRANSITIONS` in `job-scheduler.ts`. */
export type TickState =
  | 'waiting'
  | 'jittering'
  | 'claiming'
  | 'queued'
  | 'settling'
  | 'withdrawing'
  | 'refused'
  | 'releasing'
  | 'released'
  | 'starting'
  | 'running'
  | 'done';

/** A step of a tick; see there. */
export type TickStep =
  | 'jitter'
  | 'claim'
  | 'recover'
  | 'grant'
  | 'started'
  | 'queue'
  | 'settle'
  | 'withdraw'
  | 'refuse'
  | 'release'
  | 'released'
  | 'decide'
  | 'put-back'
  | 'end'
  | 'drop';

/** A tick in progress. */
export interface Tick {
  readonly due: DueTick;
  /** Of the term in which it is claimed. */
  readonly token: number;
  /** Manual, or claimed before and released: it has no turn in the schedule. */
  readonly isBeside: boolean;
  /** It was due together with others: each of them runs to its end before the next one is claimed. */
  readonly isSerial: boolean;
  state: TickState;
  /** Ends the present wait. */
  timer: Timer | undefined;
  /** The newest claim, under a run id of its own. */
  claim: Claim | undefined;
  /** Whether a claim of the tick has failed. */
  hasFailed: boolean;
  /** Whether a run of the job has ended since the claim was sent: an answer that it goes on is out of date. */
  isOutdated: boolean;
  /** Of a queued tick: how long the run lock lasts that it waits for, ms. */
  lockMs: number;
  /** Of a manual run that waits here: nothing of it is in the store but its request. */
  isUndecided: boolean;
  /** How often a queued tick was claimed because that lock may have lapsed. */
  polls: number;
  granted: Granted | undefined;
}

/** The answer to a claim, or none that came while the term lasted. */
export type SettledAnswer = ClaimAnswer | { readonly kind: 'unknown' };
