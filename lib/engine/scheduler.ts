import type { Job } from '../core/job/job.js';
import type { Run } from '../core/run/run.js';
import type { Clock } from '../ports/clock.js';
import type { JobWatermark } from '../ports/lease-store.js';
import type { ActiveSchedule } from '../ports/ticker.js';
import { settlesWithin } from '../ports/time.js';
import type { ClockCorrections } from './clock-corrections.js';
import type { JobCatalog } from './control/job-catalog.js';
import type { JobRegistry } from './control/job-registry.js';
import type { OverrideSync } from './control/override-sync.js';
import type { RunRequests } from './control/run-requests.js';
import type { ScheduleOverrides } from './control/schedule-overrides.js';
import type { LeaderElector } from './election/elector.js';
import type { JobSets } from './election/job-sets.js';
import type { ZombieGuard } from './election/zombie-guard.js';
import type { EngineErrors } from './engine-errors.js';
import type { JobTimers } from './job-timers.js';
import type { OrphanRecovery } from './runs/orphan-recovery.js';
import type { RunExecutor } from './runs/run-executor.js';
import type { TermDuties } from './term-duties.js';
import type { CatchUpGate } from './ticks/catch-up-gate.js';
import type { JobSchedulers } from './ticks/job-schedulers.js';
import type { WakeUps } from './ticks/wake-ups.js';

/** A shutdown waits no longer than this for open claims before it releases the lease. */
const RELEASE_MS = 200;

export interface SchedulerDeps {
  readonly clock: Clock;
  readonly errors: EngineErrors;
  readonly jobs: JobRegistry;
  readonly timers: JobTimers;
  readonly elector: LeaderElector;
  readonly termDuties: TermDuties;
  readonly clockCorrections: ClockCorrections;
  readonly wakeUps: WakeUps;
  readonly orphans: OrphanRecovery;
  readonly schedulers: JobSchedulers;
  readonly executor: RunExecutor;
  readonly guard: ZombieGuard;
  readonly gate: CatchUpGate;
  readonly requests: RunRequests;
  readonly overrides: ScheduleOverrides;
  readonly overrideSync: OverrideSync;
  readonly catalog: JobCatalog;
  /** `undefined` where there is one pod. */
  readonly jobSets: JobSets | undefined;
}

/** One scheduler: an election and the jobs that depend on it, from start to shutdown. */
export class Scheduler {
  private isStarted = false;

  constructor(private readonly deps: SchedulerDeps) {}

  /** Puts the jobs on their timers, stopped. Throws `DuplicateJobError` when a timer's name is taken. */
  mount(): void {
    for (const job of this.deps.jobs.jobs) this.put(job);
  }

  private put(job: Job): void {
    const { timers, schedulers } = this.deps;
    try {
      timers.add(job, schedulers.of(job));
    } catch (error) {
      schedulers.forget(job);
      throw error;
    }
  }

  /** Begins to compete and to tick. Does no I/O before it returns: a store that is away delays nothing. */
  start(): void {
    const { timers, clockCorrections, gate, errors, termDuties, elector } = this.deps;
    this.isStarted = true;
    for (const job of timers.all.keys()) timers.begin(job);
    clockCorrections.start();
    gate.start(() => errors.inBackground(termDuties.catchUp()));
    elector.start();
  }

  /** Takes a job that came later. Throws `DuplicateJobError` when its timer's name is taken. */
  add(job: Job): void {
    this.put(job);
    if (!this.isStarted) return;
    this.deps.timers.begin(job);
    const token = this.deps.elector.currentTerm()?.token;
    // A leader reads the override of a job when it opens the job.
    if (token === undefined) this.deps.overrideSync.soon();
    else this.lead(job, token);
  }

  private lead(job: Job, token: number): void {
    const { timers, wakeUps, catalog, errors, requests } = this.deps;
    const activeSchedule = timers.activeScheduleOf(job);
    if (activeSchedule !== undefined) wakeUps.check({ job, activeSchedule }, token);
    catalog.announceSoon(token);
    errors.inBackground(requests.settle(token));
  }

  /** Removes a job: it ticks no more here. Runs under way continue. */
  remove(job: Job): void {
    const { timers, overrides, schedulers, orphans, guard, elector, catalog } = this.deps;
    timers.remove(job);
    overrides.forget(job);
    schedulers.forget(job);
    orphans.forget(job);
    guard.forget(job);
    const token = elector.currentTerm()?.token;
    if (token !== undefined) catalog.announceSoon(token);
  }

  /** The schedule that a job follows now; `undefined` while it is stopped. */
  activeScheduleOf(job: Job): ActiveSchedule | undefined {
    return this.deps.timers.activeScheduleOf(job);
  }

  /** Whether it is not to tick on this pod: see `JobTimer`. A job in its initial delay is not stopped. */
  isStopped(job: Job): boolean {
    return this.deps.timers.isStopped(job);
  }

  /**
   * The late tick with which a job is overdue, Unix ms; `undefined`: it is not. A job of which a run goes on here is not
   * overdue: its ticks may wait for the run.
   *
   * @param ttlMs how long a fail-over may take
   */
  overdueTick(job: Job, found: JobWatermark, now: number, ttlMs: number): number | undefined {
    const { elector, executor, guard } = this.deps;
    const activeSchedule = this.activeScheduleOf(job);
    if (activeSchedule === undefined || executor.atWork.has(job.name)) return undefined;
    const isOwn = elector.termToken !== undefined && found.schedule === '';
    const known = isOwn ? { ...found, schedule: activeSchedule.schedule.fingerprint } : found;
    return guard.overdueTick({ job, activeSchedule, found: known, now, ttlMs });
  }

  /**
   * Takes no new ticks, releases the lease, and only then waits for the runs under way, whose run locks are kept: other
   * jobs go on elsewhere at once, and a job that drains here is not started there. Resolves to the runs that did not end
   * in time.
   */
  async shutdown(drainTimeoutMs: number): Promise<readonly Run[]> {
    const { schedulers, orphans, elector, executor, clock } = this.deps;
    this.stopTicking();
    // Open claims are released first, so that the next leader finds their ticks. A slow store does not delay the shutdown.
    const closed = Promise.all([schedulers.close(), orphans.settled()]);
    await settlesWithin(clock, RELEASE_MS, closed);
    await elector.stop();
    await closed;
    return executor.drain(drainTimeoutMs);
  }

  private stopTicking(): void {
    this.deps.jobSets?.drain();
    this.deps.clockCorrections.stop();
    this.deps.gate.stop();
    this.deps.timers.stop();
    this.deps.orphans.close();
  }
}
