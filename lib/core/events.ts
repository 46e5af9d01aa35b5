import type { DifferenceKind } from './election/job-set-difference.js';
import type { Term } from './election/term.js';
import type { RunOutcome, SkipReason } from './run/run-outcome.js';

/** The calls of a user on the CronJob of a leader job. */
export type CronJobCall = 'start' | 'stop' | 'setTime' | 'deleteCronJob';

/** Why a term ended. */
export type LossReason =
  /** Trust ran out: no renewal was confirmed in time. */
  | 'deadline'
  /** The store said that the lease is not this candidate's any more. */
  | 'lease-lost'
  /** `resign()` was called. */
  | 'resigned'
  /** It resigned for a pod that has more jobs. */
  | 'handed-over'
  /** The application shuts down. */
  | 'shutdown';

/** The part of a store that an event is about: the election, or ticks and runs. */
export type StoreSource = 'lease' | 'runs';

/** Which run an event is about. */
export interface RunEventFacts {
  /** Name of the job. */
  readonly job: string;
  /** The nominal instant of the tick; of a manual run, the instant of its request. */
  readonly tick: Date;
  /** The same for all attempts of a run. */
  readonly runId: string;
  /** Fencing token of the term that claimed the run. */
  readonly token: number;
  /** Counts the calls of the handler for this tick, from 1. */
  readonly attempt: number;
  /** Whether the tick was missed when it fell due, and is caught up now. */
  readonly catchUp: boolean;
  /** Whether an earlier run of this tick crashed with its pod. */
  readonly recovering: boolean;
  /** Whether it is a manual run, beside the schedule. */
  readonly manual: boolean;
}

/** Which tick an event is about. */
export interface TickEventFacts {
  /** Name of the job. */
  readonly job: string;
  /** The nominal instant. */
  readonly tick: Date;
}

/** Every event by its name, in the order of a pod's life. `docs/events.md` has a row for each. */
export const SCHEDULE_EVENTS = [
  'leader.elected',
  'leader.suspended',
  'leader.resumed',
  'leader.lost',
  'leader.followed',
  'leader.unsteady',
  'leader.slow-takeover',
  'store.unavailable',
  'store.recovered',
  'store.invalid',
  'engine.error',
  'process.delayed',
  'clock.stepped',
  'jobs.different',
  'job.started',
  'job.succeeded',
  'job.failed',
  'job.retrying',
  'job.stale',
  'job.blocked',
  'job.skipped',
  'job.missed',
  'job.abandoned',
  'job.rescheduled',
  'job.override-invalid',
  'job.paused',
  'job.resumed',
  'job.requested',
  'request.expired',
  'job.overdue',
  'job.changed',
] as const;

/** Name of an event, such as `job.failed`. */
export type ScheduleEventType = (typeof SCHEDULE_EVENTS)[number];

/**
 * An event of this pod, distinguished by its `type`. `ScheduleEvent<'job.failed'>` is that one event.
 * Durations are in milliseconds.
 */
export type ScheduleEvent<Type extends ScheduleEventType = ScheduleEventType> = {
  [Name in Type]: { readonly type: Name } & ScheduleEventFacts[Name];
}[Type];

/** The fields of each event beside its `type`. A name that is missing here, or in the list above, does not compile. */
export interface ScheduleEventFacts {
  /** This pod leads now. */
  readonly 'leader.elected': { readonly term: Term };
  /** This pod holds the lease and does not trust it for now: a connection to Redis is lost. */
  readonly 'leader.suspended': { readonly term: Term };
  /** The lease was confirmed again: the term goes on. */
  readonly 'leader.resumed': { readonly term: Term };
  /** This pod leads no longer. */
  readonly 'leader.lost': { readonly term: Term; readonly reason: LossReason };
  /** Another pod leads: emitted once a term of that pod. */
  readonly 'leader.followed': { readonly podId: string; readonly token: number };
  /** Leadership has moved three times within 10 ttl to a pod with more jobs: the next move waits twice as long. */
  readonly 'leader.unsteady': { readonly podId: string };
  /** Fast takeover is off on this pod, and why: emitted once. A pod that crashes is followed when its lease ends. */
  readonly 'leader.slow-takeover': { readonly reason: string };
  /** A store does not answer: emitted once until it recovers. */
  readonly 'store.unavailable': { readonly source: StoreSource; readonly cause: unknown };
  /** It answers again. */
  readonly 'store.recovered': { readonly source: StoreSource };
  /**
   * Redis holds a value that the scheduler cannot have written: a person or another program did. `field` is empty where
   * the whole key is meant; `value` is the beginning of it. It counts as absent and stays (`ignored`; emitted once), was
   * replaced (`repaired`), or was brought back into its range (`clamped`).
   */
  readonly 'store.invalid': {
    readonly key: string;
    readonly field: string;
    readonly value: string;
    readonly action: 'ignored' | 'repaired' | 'clamped';
  };
  /**
   * A bug in this package: an answer of Redis could not be read, or work in the background failed. The failed work is
   * repeated. One kind of error is reported once a minute at most; `repeats`: how often it has occurred in between.
   */
  readonly 'engine.error': { readonly error: unknown; readonly repeats: number };
  /** A timer of the election fired this late: the event loop was busy, or the process paused. */
  readonly 'process.delayed': { readonly delayMs: number };
  /**
   * A clock moved by `byMs`. Of this pod: the wall clock against the monotonic one, because it was set, or the machine
   * slept. Of Redis: against both clocks of this pod, because it was set, or another server took over. Negative: back.
   */
  readonly 'clock.stepped': { readonly byMs: number; readonly clock: 'pod' | 'redis' };
  /** The jobs of this pod are not those that the leader has: emitted once for each difference. */
  readonly 'jobs.different': {
    readonly kind: DifferenceKind;
    readonly podId: string;
    /** Jobs that tick on this pod, and that the leader does not have, or that are stopped there: they do not run. */
    readonly missing: readonly string[];
    /** Of those, the jobs that are stopped on the leader. */
    readonly stopped: readonly string[];
    /** Jobs that have another schedule on the leader. */
    readonly schedules: readonly string[];
    /** Settings of jobs that are others on the leader, as `<job>.<setting>`. */
    readonly settings: readonly string[];
    /** Whether the versions differ and a rolling update may be under way: for the first 10 minutes. */
    readonly isInformation: boolean;
  };
  /** A run begins, `lagMs` after it was due; emitted before the handler is called. */
  readonly 'job.started': { readonly lagMs: number } & RunEventFacts;
  /** The handler is done, after `durationMs` with all its attempts. */
  readonly 'job.succeeded': { readonly durationMs: number } & RunEventFacts;
  /** The last attempt failed, took too long, or was ended from outside. */
  readonly 'job.failed': {
    readonly outcome: Extract<RunOutcome, 'failed' | 'timed-out' | 'aborted'>;
    readonly durationMs: number;
    /** The value that the handler threw, of any type, or the reason of its signal. */
    readonly error: unknown;
  } & RunEventFacts;
  /** An attempt failed, and another one follows after `delayMs`. */
  readonly 'job.retrying': { readonly delayMs: number; readonly error: unknown } & RunEventFacts;
  /** It ended, but its pod had been given up meanwhile: what was recorded stays. */
  readonly 'job.stale': {
    readonly outcome: Extract<RunOutcome, 'succeeded' | 'failed' | 'timed-out' | 'aborted'>;
  } & RunEventFacts;
  /** Redis refuses to decide about the tick, or to record its end (no memory, too few replicas, a tampered key): it is asked until it does. */
  readonly 'job.blocked': { readonly message: string } & TickEventFacts;
  /** A tick that was due did not start. */
  readonly 'job.skipped': { readonly reason: SkipReason } & TickEventFacts;
  /** The ticks after `since` up to `tick` did not run, and will not. */
  readonly 'job.missed': { readonly since: Date; readonly count: number } & TickEventFacts;
  /**
   * The pod of a run died, and the run is not to be repeated: emitted by the pod that has recorded it. `count` runs of
   * the job were abandoned together; this is the one with the number `ordinal`, from 1.
   */
  readonly 'job.abandoned': {
    readonly runId: string;
    readonly count: number;
    readonly ordinal: number;
  } & TickEventFacts;
  /** A job follows another schedule from now on, on this pod: an override, or its own again. */
  readonly 'job.rescheduled': {
    readonly job: string;
    readonly schedule: string;
    /** The schedule that stands in the code of this pod. */
    readonly ownSchedule: string;
    /** When it was put in place; `undefined`: it is its own, or was put in place by 0.3. */
    readonly since: Date | undefined;
  };
  /** The override of a job's schedule cannot be read here: the job follows its own schedule. */
  readonly 'job.override-invalid': {
    readonly job: string;
    readonly override: string;
    readonly error: unknown;
  };
  /** A job, or all of them (`*`), was paused through this pod; emitted here only. `until`: `undefined` for ever. */
  readonly 'job.paused': { readonly job: string; readonly until: Date | undefined; readonly reason: string };
  /** The pause of a job, or of all of them (`*`), was ended through this pod; emitted here only. */
  readonly 'job.resumed': { readonly job: string };
  /** A run was requested through this pod; emitted here only. */
  readonly 'job.requested': { readonly requestId: string } & TickEventFacts;
  /**
   * No pod has started a requested run within its age limit, and none will: emitted by the leader. `count` requests of
   * the job expired together; this is the one with the number `ordinal`, from 1.
   */
  readonly 'request.expired': {
    readonly requestId: string;
    readonly count: number;
    readonly ordinal: number;
  } & TickEventFacts;
  /**
   * The leader does not run a job that is due. It is asked to resign, unless it is known not to have the job, or the job's
   * watermark lies in the future. Emitted once a ttl at most; `ordinal` counts, from 1, how often, until the job is not
   * overdue any more or another pod leads.
   */
  readonly 'job.overdue': {
    readonly podId: string;
    readonly watermark: Date;
    readonly isResignationRequested: boolean;
    readonly ordinal: number;
  } & TickEventFacts;
  /** A user has called this on the CronJob of a leader job, which concerns this pod only: emitted once per job and call. */
  readonly 'job.changed': { readonly job: string; readonly call: CronJobCall };
}
