import { elapsedMs, type Instant } from '../../core/election/instant.js';
import type { Job } from '../../core/job/job.js';
import { AHEAD_MS, isOverdue, lateTick, toleranceMs, type DueTick } from '../../core/tick/overdue.js';
import type { ElectionTiming } from '../../core/election/timing.js';
import type { Clock } from '../../ports/clock.js';
import type { HeldLease, JobWatermark } from '../../ports/lease-store.js';
import type { ActiveSchedule } from '../../ports/ticker.js';
import type { EngineErrors } from '../engine-errors.js';
import type { EventBus } from '../event-bus.js';
import type { ActiveJob, JobTimers } from '../job-timers.js';
import type { JobSets } from './job-sets.js';
import type { LeaseLookup } from './lease-lookup.js';
import type { StoreClock } from './store-clock.js';

/** The store's time is known no better than this: a tick that is late by this pod's clock is late by the store's. */
const CLOCK_ERROR_MS = 10;
/** The number of jobs that are checked with each attempt; all of them come round. */
const WATCHED_AT_ONCE = 20;

export interface ZombieGuardDeps {
  readonly leaseLookup: Pick<LeaseLookup, 'requestResignation'>;
  readonly timing: ElectionTiming;
  readonly clock: Clock;
  readonly storeClock: StoreClock;
  readonly events: EventBus;
  readonly errors: EngineErrors;
  readonly timers: Pick<JobTimers, 'active'>;
  /** `undefined` where there is one pod. */
  readonly jobSets: Pick<JobSets, 'isMissingOn' | 'scheduleOn'> | undefined;
}

interface Watched {
  readonly job: Job;
  /** The job's watermark should have reached this tick. */
  readonly due: DueTick;
}

/** When a job ticks, and which late ticks count. */
export interface OverdueQuestion {
  readonly job: Job;
  readonly activeSchedule: ActiveSchedule;
  /** The watermark and the schedule in the store. */
  readonly found: JobWatermark;
  /** The store's clock, Unix ms. */
  readonly now: number;
  /** How long a fail-over may take, ms. */
  readonly ttlMs: number;
}

/** That a job is overdue. */
interface Report {
  readonly holder: string;
  readonly token: number;
  readonly at: Instant;
  /** How often it was reported under this leader. */
  readonly times: number;
}

/**
 * Finds a leader that keeps its lease and runs nothing: the watermark of a job lies before its last due tick, though a
 * fail-over would have been over long since. The leader is requested to resign. The watermarks come when the follower
 * reads the lease.
 */
export class ZombieGuard {
  private watching: readonly Watched[] = [];
  private offset = 0;
  /** The pod that was last seen to lead. */
  private holder = '';
  /** When a leader was last seen without a job (the store's clock, Unix ms): ticks up to then are not its fault. */
  private readonly missingAt = new Map<string, number>();
  /** The last report on each job that is overdue. */
  private readonly reported = new Map<string, Report>();
  /** When this process began (the store's clock, Unix ms). */
  private since: number;

  constructor(private readonly deps: ZombieGuardDeps) {
    const { storeClock } = deps;
    this.since = storeClock.nowMs;
    // By a clock that was ahead it would lie in the future.
    storeClock.watch(() => (this.since = Math.min(this.since, storeClock.nowMs)));
  }

  /** Names of the jobs to check next. */
  watched(): readonly string[] {
    const now = this.deps.storeClock.nowMs;
    this.watching = this.nextInTurn().flatMap(({ job, activeSchedule }) => {
      const due = this.lateTick(job, activeSchedule, now - CLOCK_ERROR_MS, this.deps.timing.ttlMs);
      return due === undefined ? [] : [{ job, due }];
    });
    return this.watching.map(({ job }) => job.name);
  }

  /** An answer has brought the watermarks. */
  held({ holder, token, watermarks, now }: HeldLease): void {
    // A key that was set manually has no token: a user stops the jobs on purpose.
    if (token === 0) return;
    this.holder = holder;
    // Of all jobs: one that is started there again may have missed its only tick long before that one counts as late.
    for (const { job } of this.deps.timers.active)
      if (this.isMissingOn(holder, job.name)) this.missingAt.set(job.name, now);
    const overdue = this.watching.filter(({ job, due }, index) => {
      const found = watermarks[index];
      // By the store's clock as well: this pod's may be far ahead.
      return found !== undefined && this.isOverdue(job, due, found, now);
    });
    for (const watched of this.watching)
      if (!overdue.includes(watched)) this.reported.delete(watched.job.name);
    for (const { job, due } of overdue) {
      if (this.hasJustAsked(job.name, token)) continue;
      const { watermark = 0 } = watermarks[this.watching.findIndex(one => one.job === job)] ?? {};
      // It would refuse, and rightly: another leader may have other jobs stopped, and the difference is reported. And a
      // watermark in the future delays any other leader as well: the next claim repairs it, if it can be repaired.
      const isResignationRequested = !this.isMissingOn(holder, job.name) && watermark <= now + AHEAD_MS;
      const ordinal = this.reportNumber(job.name, holder, token);
      const facts = {
        job: job.name,
        tick: new Date(due.tick),
        podId: holder,
        watermark: new Date(watermark),
      };
      this.deps.events.emit({ type: 'job.overdue', ...facts, isResignationRequested, ordinal });
      // For each of them: the leader may well be at work on some.
      if (isResignationRequested)
        this.deps.errors.inBackground(this.deps.leaseLookup.requestResignation(token, job.name));
    }
  }

  /** The late tick with which a job is overdue, Unix ms; `undefined`: it is not, or the leader is not to blame. */
  overdueTick({ job, activeSchedule, found, now, ttlMs }: OverdueQuestion): number | undefined {
    const due = this.lateTick(job, activeSchedule, now, ttlMs);
    return due !== undefined && this.isOverdue(job, due, found, now) ? due.tick : undefined;
  }

  private lateTick(
    job: Job,
    { schedule, startedAt }: ActiveSchedule,
    now: number,
    ttlMs: number,
  ): DueTick | undefined {
    const from = Math.max(this.since, startedAt);
    return lateTick({ schedule, from, toleranceMs: toleranceMs(ttlMs, job.policy.jitterMs) }, now);
  }

  private isOverdue(job: Job, due: DueTick, found: JobWatermark, now: number): boolean {
    return (
      isOverdue(due, found.watermark, now) &&
      !this.isExcused(job, due.tick) &&
      this.follows(job, due.schedule, found)
    );
  }

  /** Whether the leader was without the job when the tick fell due, and has it now: its next tick shows whether it runs it. */
  private isExcused({ name }: Job, tick: number): boolean {
    return tick <= (this.missingAt.get(name) ?? -Infinity) && !this.isMissingOn(this.holder, name);
  }

  /**
   * Whether the job follows this schedule, so that its watermark can be judged. The store may have lost the schedule, and
   * its leader writes it only when it opens the job: until then the schedule on the leader counts.
   */
  private follows({ name }: Job, schedule: string, found: JobWatermark): boolean {
    const { jobSets } = this.deps;
    const known = found.schedule === '' ? jobSets?.scheduleOn(this.holder, name) : found.schedule;
    return known === schedule;
  }

  /** The job is no more. */
  forget({ name }: Job): void {
    this.reported.delete(name);
    this.missingAt.delete(name);
  }

  /** Whether a pod is known not to have a job, or to have it stopped. */
  private isMissingOn(holder: string, job: string): boolean {
    return this.deps.jobSets?.isMissingOn(holder, job) ?? false;
  }

  private reportNumber(job: string, holder: string, token: number): number {
    const before = this.reported.get(job);
    const times = before?.holder === holder ? before.times + 1 : 1;
    this.reported.set(job, { holder, token, at: this.deps.clock.now(), times });
    return times;
  }

  /** A request may be lost, or come to a leader that has not led for long enough to obey it: it is repeated. */
  private hasJustAsked(job: string, token: number): boolean {
    const before = this.reported.get(job);
    const { clock, timing } = this.deps;
    return before?.token === token && elapsedMs(before.at, clock.now()) < timing.ttlMs;
  }

  private nextInTurn(): readonly ActiveJob[] {
    const all = this.deps.timers.active;
    const from = this.offset % Math.max(1, all.length);
    this.offset = from + WATCHED_AT_ONCE;
    return all.slice(from, from + WATCHED_AT_ONCE);
  }
}
