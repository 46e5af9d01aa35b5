import type { Job } from '../core/job/job.js';
import type { Run } from '../core/run/run.js';
import { SLACK_MS } from '../core/tick/overdue.js';
import type { Term } from '../core/election/term.js';
import type { Clock } from '../ports/clock.js';
import type { ControlSignal, HeldLease, JobWatermark, RenewedLease } from '../ports/lease-store.js';
import type { ActiveSchedule, JobTimer, Ticker, Wake } from '../ports/ticker.js';
import { settlesWithin } from '../ports/time.js';
import type { CatchUpGate } from './ticks/catch-up-gate.js';
import { ClockWatch } from './election/clock-watch.js';
import type { RunRequests } from './control/run-requests.js';
import type { EngineErrors } from './engine-errors.js';
import type { EventBus } from './event-bus.js';
import type { JobCatalog } from './control/job-catalog.js';
import type { ScheduleOverrides } from './control/schedule-overrides.js';
import type { JobRegistry } from './control/job-registry.js';
import type { JobSweeper } from './control/job-sweeper.js';
import type { ElectionObserver } from './election/election-observer.js';
import type { LeaderElector } from './election/elector.js';
import type { OrphanRecovery } from './runs/orphan-recovery.js';
import type { RunExecutor } from './runs/run-executor.js';
import type { StoreClock, StoreClockStep } from './election/store-clock.js';
import type { ActiveJob, Takeover } from './ticks/takeover.js';
import type { JobSchedulers } from './ticks/job-schedulers.js';
import type { ZombieGuard } from './election/zombie-guard.js';

/** With each renewal the ticks of this many jobs are checked, also without a wake-up of their timers. */
const REVISITED_AT_ONCE = 20;

/** A wall clock that steps by less is set right, and not reported. */
const REPORTED_STEP_MS = 1000;

/** A shutdown waits no longer than this for open claims before it releases the lease. */
const RELEASE_MS = 200;

export interface ScheduleEngineDeps {
  readonly clock: Clock;
  readonly storeClock: StoreClock;
  /** How often the wall clock is compared with the monotonic one; `Infinity`: never. */
  readonly clockCheckMs: number;
  readonly events: EventBus;
  readonly errors: EngineErrors;
  readonly jobs: JobRegistry;
  readonly ticker: Ticker;
  readonly elector: LeaderElector;
  readonly takeover: Takeover;
  readonly orphans: OrphanRecovery;
  readonly schedulers: JobSchedulers;
  readonly executor: RunExecutor;
  readonly guard: ZombieGuard;
  readonly gate: CatchUpGate;
  readonly requests: RunRequests;
  readonly overrides: ScheduleOverrides;
  readonly catalog: JobCatalog;
  readonly sweeper: JobSweeper;
  /** Called first when the scheduler shuts down. */
  readonly onShutdown: () => void;
  /** Of the jobs, filled here. */
  readonly timers: Map<Job, JobTimer>;
}

/** The part of the observer that is the engine; the rest is `JobSets`. */
type EngineObserver = Omit<ElectionObserver, 'candidacy' | 'deferMs' | 'distrusted'>;

/** One scheduler: an election and the jobs that depend on it, from start to shutdown. */
export class ScheduleEngine implements EngineObserver {
  private readonly timers: Map<Job, JobTimer>;
  private revisited = 0;
  private isStarted = false;
  /** The store's count of overrides when they were last read; `undefined`: it was not known then. */
  private overridesSeen: number | undefined = 0;
  /** Of the term that this pod is in, be its trust suspended or not. */
  private termToken: number | undefined;
  private isFollowDue = false;
  private readonly clockWatch: ClockWatch;

  constructor(private readonly deps: ScheduleEngineDeps) {
    this.timers = deps.timers;
    this.clockWatch = new ClockWatch(deps.clock, deps.clockCheckMs, byMs => this.clockStepped(byMs));
    deps.storeClock.watchSteps(step => this.storeClockStepped(step));
    deps.storeClock.watch(() => this.realign());
  }

  /** Puts the jobs on their timers, stopped. Throws `DuplicateJobError` when a timer's name is taken. */
  mount(): void {
    for (const job of this.deps.jobs.jobs) this.put(job);
  }

  /** Begins to compete and to tick. Does no I/O before it returns: a store that is away delays nothing. */
  start(): void {
    this.isStarted = true;
    for (const job of this.timers.keys()) this.deps.ticker.begin(job);
    this.clockWatch.start();
    this.deps.gate.start(() => this.deps.errors.inBackground(this.catchUp()));
    this.deps.elector.start();
  }

  /** Takes a job that came later. Throws `DuplicateJobError` when its timer's name is taken. */
  add(job: Job): void {
    this.put(job);
    if (!this.isStarted) return;
    this.deps.ticker.begin(job);
    const activeSchedule = this.timers.get(job)?.activeSchedule;
    const token = this.deps.elector.currentTerm()?.token;
    // A leader reads the override of a job when it opens the job.
    if (token === undefined) return this.followOverridesSoon();
    if (activeSchedule !== undefined) this.look(job, activeSchedule, token);
    this.deps.catalog.announceSoon(token);
    this.deps.errors.inBackground(this.deps.requests.settle(token));
  }

  /** Removes a job: it ticks no more here. Runs under way continue. */
  remove(job: Job): void {
    this.deps.ticker.remove(job);
    this.timers.delete(job);
    this.deps.overrides.forget(job);
    this.deps.schedulers.forget(job);
    this.deps.orphans.forget(job);
    this.deps.guard.forget(job);
    const token = this.deps.elector.currentTerm()?.token;
    if (token !== undefined) this.deps.catalog.announceSoon(token);
  }

  /** The schedule that a job follows now; `undefined` while it is stopped. */
  activeScheduleOf(job: Job): ActiveSchedule | undefined {
    return this.timers.get(job)?.activeSchedule;
  }

  /** Whether it is not to tick on this pod: see `JobTimer`. A job in its initial delay is not stopped. */
  isStopped(job: Job): boolean {
    return this.timers.get(job)?.isStopped ?? true;
  }

  /** Whether it is in its initial delay on this pod. */
  isDelayed(job: Job): boolean {
    return this.timers.has(job) && this.activeScheduleOf(job) === undefined && !this.isStopped(job);
  }

  /**
   * The late tick with which a job is overdue, Unix ms; `undefined`: it is not. A job of which a run goes on here is not
   * overdue: its ticks may wait for the run.
   *
   * @param ttlMs how long a fail-over may take
   */
  overdueTick(job: Job, found: JobWatermark, now: number, ttlMs: number): number | undefined {
    const activeSchedule = this.activeScheduleOf(job);
    if (activeSchedule === undefined || this.deps.executor.isRunning(job.name)) return undefined;
    const isOwn = this.termToken !== undefined && found.schedule === '';
    const known = isOwn ? { ...found, schedule: activeSchedule.schedule.fingerprint } : found;
    return this.deps.guard.overdueTick({ job, activeSchedule, found: known, now, ttlMs });
  }

  /**
   * Takes no new ticks, releases the lease, and only then waits for the runs under way, whose run-locks are kept:
   * other jobs go on elsewhere at once, and a job that drains here is not started there. Resolves to the runs that
   * did not end in time.
   */
  async shutdown(drainTimeoutMs: number): Promise<readonly Run[]> {
    const { ticker, schedulers, orphans, elector, executor, clock } = this.deps;
    this.deps.onShutdown();
    this.clockWatch.stop();
    this.deps.gate.stop();
    ticker.stop();
    orphans.close();
    this.timers.clear();
    // Open claims are released first, so that the next leader finds their ticks. A slow store does not delay the shutdown.
    const closed = Promise.all([schedulers.close(), orphans.settled()]);
    await settlesWithin(clock, RELEASE_MS, closed);
    await elector.stop();
    await closed;
    return executor.drain(drainTimeoutMs);
  }

  /** The jobs that tick on this pod. */
  get activeJobs(): readonly ActiveJob[] {
    return [...this.timers].flatMap(([job, { activeSchedule }]) =>
      activeSchedule === undefined ? [] : [{ job, activeSchedule }],
    );
  }

  termBegan({ token, since }: Term): void {
    this.termToken = token;
    this.deps.ticker.setTerm(since.getTime());
    this.deps.errors.inBackground(this.takeOver(token));
  }

  /** A tick that fell into a suspension is due the moment trust is back, not at the next wake-up. */
  termResumed(): void {
    this.wakeAll();
  }

  termEnded(): void {
    this.termToken = undefined;
    this.deps.ticker.setTerm(undefined);
    this.deps.schedulers.endTerm();
  }

  watched(): readonly string[] {
    return this.deps.guard.watched();
  }

  mayStandStill(name: string): boolean {
    const { executor, schedulers } = this.deps;
    const isAhead = this.termToken !== undefined && schedulers.isAhead(name, this.termToken);
    const isHeldUp = executor.isRefused(name) || schedulers.isWaiting(name) || isAhead;
    return this.activeAs(name).every(one => this.hasNothingDue(one)) || executor.isRunning(name) || isHeldUp;
  }

  /** A job whose watermark was in the future is opened again: the watermark may have been corrected since. */
  refusedToResign(name: string): void {
    this.openAhead(this.activeAs(name));
  }

  private activeAs(name: string): readonly ActiveJob[] {
    return this.activeJobs.filter(({ job }) => job.name === name);
  }

  /** Whether a user has started the job here, and no tick of it is late since: those before are not its own. */
  private hasNothingDue({ activeSchedule: { schedule, startedAt } }: ActiveJob): boolean {
    const until = this.deps.storeClock.nowMs - SLACK_MS;
    return startedAt !== -Infinity && schedule.latest(startedAt, until) === undefined;
  }

  held(lease: HeldLease): void {
    this.deps.guard.held(lease);
    if (lease.overrides !== this.overridesSeen)
      this.deps.errors.inBackground(this.followOverrides(lease.overrides));
  }

  renewed({ unfinished, requests, overrides, jobs }: RenewedLease): void {
    const token = this.deps.elector.currentTerm()?.token;
    if (token === undefined) return;
    this.deps.errors.inBackground(this.deps.orphans.settle(token, unfinished));
    if (requests > 0) this.deps.errors.inBackground(this.deps.requests.poll(token, requests));
    if (overrides !== this.overridesSeen) this.deps.errors.inBackground(this.followOverrides(overrides));
    if (jobs > this.activeJobs.length) this.deps.errors.inBackground(this.deps.sweeper.sweep(token));
    for (const { job, activeSchedule } of this.nextToRevisit()) this.look(job, activeSchedule, token);
  }

  notified(signal: ControlSignal): void {
    const token = this.deps.elector.currentTerm()?.token;
    if (signal.kind === 'abort-requested') this.deps.executor.abort(signal.runId);
    else if (signal.kind === 'rescheduled') this.deps.errors.inBackground(this.followOverrides());
    else if (signal.kind === 'run-ended') this.deps.schedulers.runEnded(signal.job);
    else if (token !== undefined) this.deps.errors.inBackground(this.deps.requests.settle(token));
  }

  private clockStepped(byMs: number): void {
    if (Math.abs(byMs) >= REPORTED_STEP_MS)
      this.deps.events.emit({ type: 'clock.stepped', byMs: Math.round(byMs), clock: 'pod' });
    this.realign();
  }

  /** `realign` checks again which ticks are due. `clockStepped` reports a step of this pod's own clock. */
  private storeClockStepped({ byMs, isOwn }: StoreClockStep): void {
    if (!isOwn) this.deps.events.emit({ type: 'clock.stepped', byMs: Math.round(byMs), clock: 'redis' });
    this.openAhead(this.activeJobs);
  }

  /** Opens those of the jobs again that stand in the future. One that has run nothing is brought back to the present. */
  private openAhead(activeJobs: readonly ActiveJob[]): void {
    const { schedulers, takeover } = this.deps;
    const { termToken: token } = this;
    if (token === undefined) return;
    const ahead = activeJobs.filter(({ job }) => schedulers.isAhead(job.name, token));
    if (ahead.length === 0) return;
    for (const { job } of ahead) schedulers.displace(job.name);
    this.deps.errors.inBackground(takeover.open(ahead, token).then(() => this.wakeAll()));
  }

  /** The time by which ticks are due is another than it seemed: timers are set anew, and what is due by now starts. */
  private realign(): void {
    if (!this.isStarted) return;
    this.deps.ticker.realign();
    this.wakeAll();
  }

  private put(job: Job): void {
    const { ticker } = this.deps;
    this.timers.set(
      job,
      ticker.add(job, wake => this.wake(job, wake)),
    );
  }

  /** In a moment, once for all jobs that come until then. */
  private followOverridesSoon(): void {
    if (this.isFollowDue) return;
    this.isFollowDue = true;
    this.deps.clock.immediate(() => {
      this.isFollowDue = false;
      this.deps.errors.inBackground(this.followOverrides());
    });
  }

  /**
   * Without the count that belongs to these overrides, the next renewal reads them again: the store may lose one and its
   * count.
   */
  private async followOverrides(seen?: number): Promise<void> {
    const changed = await this.deps.overrides.sync();
    const token = this.deps.elector.currentTerm()?.token;
    if (changed !== undefined) this.overridesSeen = seen;
    if (token === undefined || changed === undefined || changed.length === 0) return;
    this.deps.catalog.announceSoon(token);
    for (const job of changed) {
      const activeSchedule = this.activeScheduleOf(job);
      if (activeSchedule !== undefined) this.look(job, activeSchedule, token);
    }
  }

  private wake(job: Job, wake: Wake): void {
    const { elector, schedulers } = this.deps;
    const token = elector.currentTerm()?.token;
    if (token === undefined) return elector.tickDue();
    if (wake.cause === 'manual') schedulers.runManual(job, token);
    else this.look(job, wake, token);
  }

  /** Puts on its way what is due; of a job that came after the term began, asks first where it stands. */
  private look(job: Job, activeSchedule: ActiveJob['activeSchedule'], token: number): void {
    const { schedulers, takeover } = this.deps;
    const scheduler = schedulers.of(job);
    if (scheduler.position.isOf(activeSchedule, token))
      scheduler.post({ kind: 'due', activeSchedule, token });
    else if (!takeover.isUnderWay && !takeover.isClosed({ job, activeSchedule }, token))
      this.deps.errors.inBackground(this.place(job, token));
  }

  private async place(job: Job, token: number): Promise<void> {
    const { orphans } = this.deps;
    if (orphans.hasDelayed(job)) await orphans.settleDelayed(job, token);
    const activeSchedule = this.timers.get(job)?.activeSchedule;
    if (activeSchedule === undefined) return;
    // Another wake-up may have waited for the same.
    if (!this.deps.schedulers.of(job).position.isOf(activeSchedule, token))
      await this.deps.takeover.open([{ job, activeSchedule }], token);
  }

  private async takeOver(token: number): Promise<void> {
    await this.deps.takeover.run(this.activeJobs, token);
    this.deps.catalog.announceSoon(token);
    this.deps.errors.inBackground(this.deps.requests.settle(token));
    // Ticks that fell due, and jobs that were started, while the past was settled.
    if (this.deps.elector.isIn(token)) this.wakeAll();
  }

  /** The pod has been up for long enough: missed ticks, crashed runs and requested runs start now. */
  private async catchUp(): Promise<void> {
    const { termToken: token } = this;
    if (token === undefined) return;
    await this.deps.takeover.openClosed(token);
    this.deps.errors.inBackground(this.deps.requests.settle(token));
    if (this.deps.elector.isIn(token)) this.wakeAll();
  }

  private wakeAll(): void {
    const token = this.deps.elector.currentTerm()?.token;
    if (token === undefined) return;
    for (const { job, activeSchedule } of this.activeJobs) this.look(job, activeSchedule, token);
  }

  private nextToRevisit(): readonly ActiveJob[] {
    const { activeJobs } = this;
    const from = this.revisited % Math.max(1, activeJobs.length);
    this.revisited = from + REVISITED_AT_ONCE;
    return activeJobs.slice(from, from + REVISITED_AT_ONCE);
  }
}
