import { SLACK_MS } from '../core/tick/overdue.js';
import type { Term } from '../core/election/term.js';
import type { Candidacy } from '../ports/candidate-store.js';
import type { ControlSignal, HeldLease, RenewedLease } from '../ports/lease-store.js';
import type { Ticker } from '../ports/ticker.js';
import type { JobCatalog } from './control/job-catalog.js';
import type { JobSweeper } from './control/job-sweeper.js';
import type { OverrideSync } from './control/override-sync.js';
import type { RunRequests } from './control/run-requests.js';
import type { StartRuns } from './control/start-runs.js';
import type { ElectionObserver } from './election/election-observer.js';
import type { LeaderElector } from './election/elector.js';
import type { JobSets } from './election/job-sets.js';
import type { StoreClock } from './election/store-clock.js';
import type { ZombieGuard } from './election/zombie-guard.js';
import type { EngineErrors } from './engine-errors.js';
import { jobsOf, type ActiveJob, type JobTimers } from './job-timers.js';
import type { OrphanRecovery } from './runs/orphan-recovery.js';
import type { RunExecutor } from './runs/run-executor.js';
import type { JobSchedulers } from './ticks/job-schedulers.js';
import type { Takeover } from './ticks/takeover.js';
import type { WakeUps } from './ticks/wake-ups.js';

export interface TermDutiesDeps {
  readonly elector: Pick<LeaderElector, 'currentTerm' | 'termToken' | 'isIn'>;
  readonly storeClock: StoreClock;
  readonly errors: EngineErrors;
  readonly ticker: Pick<Ticker, 'setTerm'>;
  readonly timers: JobTimers;
  readonly wakeUps: WakeUps;
  readonly takeover: Takeover;
  readonly orphans: OrphanRecovery;
  readonly schedulers: JobSchedulers;
  readonly executor: RunExecutor;
  readonly guard: ZombieGuard;
  readonly requests: RunRequests;
  readonly startRuns: StartRuns;
  readonly overrideSync: OverrideSync;
  readonly catalog: JobCatalog;
  readonly sweeper: JobSweeper;
  /** `undefined` where there is one pod. */
  readonly jobSets: JobSets | undefined;
}

/** The work that the election asks of the engine: see `ElectionObserver`. */
export class TermDuties implements ElectionObserver {
  constructor(private readonly deps: TermDutiesDeps) {}

  termBegan({ token, since }: Term): void {
    this.deps.ticker.setTerm(since.getTime());
    this.deps.errors.inBackground(this.takeOver(token));
    this.deps.jobSets?.elected();
  }

  private async takeOver(token: number): Promise<void> {
    const { takeover, timers, catalog } = this.deps;
    await takeover.run(timers.active, token);
    catalog.announceSoon(token);
    this.startRequestedAndDue(token);
  }

  /** Ticks may have fallen due, and jobs may have been started, while the past was settled. */
  private startRequestedAndDue(token: number): void {
    const { errors, requests, startRuns, timers, elector, wakeUps } = this.deps;
    errors.inBackground(requests.settle(token));
    errors.inBackground(startRuns.settle(jobsOf(timers.active), token));
    if (elector.isIn(token)) wakeUps.checkAll();
  }

  /** The pod has been up for long enough: missed ticks, crashed runs and requested runs start now. */
  async catchUp(): Promise<void> {
    const { termToken: token } = this.deps.elector;
    if (token === undefined) return;
    await this.deps.takeover.openClosed(token);
    this.startRequestedAndDue(token);
  }

  /** A tick that fell into a suspension is due the moment trust is back, not at the next wake-up. */
  termResumed(): void {
    this.deps.wakeUps.checkAll();
  }

  termEnded(): void {
    this.deps.ticker.setTerm(undefined);
    this.deps.schedulers.endTerm();
  }

  distrusted(): void {
    this.deps.jobSets?.distrust();
  }

  candidacy(): Candidacy | undefined {
    return this.deps.jobSets?.candidacy();
  }

  get deferMs(): number {
    return this.deps.jobSets?.deferMs ?? 0;
  }

  watched(): readonly string[] {
    return this.deps.guard.watched();
  }

  held(lease: HeldLease): void {
    this.deps.guard.held(lease);
    this.deps.overrideSync.counted(lease.overrides);
    this.deps.jobSets?.followed(lease);
  }

  renewed(lease: RenewedLease): void {
    const token = this.deps.elector.currentTerm()?.token;
    if (token !== undefined) this.settleRenewal(lease, token);
    this.deps.jobSets?.renewed(lease);
  }

  private settleRenewal({ unfinished, requests, overrides, jobs }: RenewedLease, token: number): void {
    const { errors, orphans, sweeper, overrideSync, timers, wakeUps, startRuns } = this.deps;
    errors.inBackground(orphans.settle(token, unfinished));
    if (requests > 0) errors.inBackground(this.deps.requests.poll(token, requests));
    errors.inBackground(startRuns.settle(jobsOf(timers.active), token));
    overrideSync.counted(overrides);
    if (jobs > timers.active.length) errors.inBackground(sweeper.sweep(token));
    wakeUps.checkNext(token);
  }

  notified(signal: ControlSignal): void {
    const token = this.deps.elector.currentTerm()?.token;
    if (signal.kind === 'abort-requested') this.deps.executor.abort(signal.runId);
    else if (signal.kind === 'rescheduled') this.deps.overrideSync.now();
    else if (signal.kind === 'run-ended') this.deps.schedulers.runEnded(signal.job);
    else if (token !== undefined) this.deps.errors.inBackground(this.deps.requests.settle(token));
  }

  mayStandStill(name: string): boolean {
    const { executor, schedulers, timers, elector } = this.deps;
    const { termToken: token } = elector;
    const isAhead = token !== undefined && schedulers.isAhead(name, token);
    const isHeldUp = executor.isRefused(name) || schedulers.isWaiting(name) || isAhead;
    const isIdle = timers.activeAs(name).every(one => this.hasNothingDue(one));
    return isIdle || executor.atWork.has(name) || isHeldUp;
  }

  /** Whether a user has started the job here, and no tick of it is late since: those before are not its own. */
  private hasNothingDue({ activeSchedule: { schedule, startedAt } }: ActiveJob): boolean {
    const until = this.deps.storeClock.nowMs - SLACK_MS;
    return startedAt !== -Infinity && schedule.latest(startedAt, until) === undefined;
  }

  refusedToResign(name: string): void {
    this.deps.wakeUps.openAhead(this.deps.timers.activeAs(name));
  }
}
