/*
 * A new leader settles the past before it runs anything: first the orphans, then the ticks that no pod has decided; then
 * the gate opens. In this order, because an orphan may hold the run lock that the claim of a missed tick needs. Of many
 * orphans only the first page is waited for: the claim itself keeps a tick from what a crashed
 * run that is to be recovered holds, and takes what any other one held.
 *
 * On a pod that has just started, jobs with missed ticks stay closed until the gate opens (`CatchUpGate`), and orphans
 * are settled then; other jobs open at once. Ticks of a closed job that fall due are not missed: they start after the
 * catch-up, in order, for a newer tick must not be claimed before the older ones are decided.
 *
 * Jobs are opened page by page. Every question is repeated until it is answered or the term has ended.
 */
import type { Job } from '../../core/job/job.js';
import { pagesOf } from '../../core/pages.js';
import { TermSchedule } from '../../core/schedule/term-schedule.js';
import type { Clock } from '../../ports/clock.js';
import type { JobToOpen, OpenAnswer, RunStore } from '../../ports/run-store.js';
import type { CatchUpGate } from './catch-up-gate.js';
import type { ScheduleOverrides } from '../control/schedule-overrides.js';
import type { LeaderElector } from '../election/elector.js';
import type { OrphanRecovery } from '../runs/orphan-recovery.js';
import type { CallWhileLeading } from '../call-while-leading.js';
import type { ActiveJob, JobTimers } from '../job-timers.js';
import type { JobSchedulers } from './job-schedulers.js';

export interface TakeoverDeps {
  readonly podId: string;
  readonly elector: Pick<LeaderElector, 'fenced' | 'isIn'>;
  readonly runs: RunStore;
  readonly whileLeading: CallWhileLeading;
  readonly orphans: OrphanRecovery;
  readonly gate: CatchUpGate;
  readonly schedulers: JobSchedulers;
  readonly overrides: ScheduleOverrides;
  readonly timers: Pick<JobTimers, 'activeScheduleOf'>;
  readonly clock: Clock;
}

type Opened = Extract<OpenAnswer, { readonly kind: 'opened' }>;

/** A job as the store was asked about it. */
interface Asked extends ActiveJob {
  /** The override that it followed. */
  readonly override: string;
}

/** A job with missed ticks, on a pod that has just started. */
interface Closed extends ActiveJob {
  readonly token: number;
  /** Ticks in `(watermark, now]` (Unix ms) were missed; those after that were not. */
  readonly watermark: number;
  readonly now: number;
}

export class Takeover {
  private readonly closed = new Map<Job, Closed>();
  /** Jobs whose watermarks are being read. */
  private readonly opening = new Set<Job>();
  private termUnderWay: number | undefined;

  constructor(private readonly deps: TakeoverDeps) {}

  /** Settles the past at the beginning of a term. Resolves when the gate is open, or the term has ended. */
  async run(activeJobs: readonly ActiveJob[], token: number): Promise<void> {
    this.termUnderWay = token;
    if (this.deps.gate.isOpen) await this.deps.orphans.settleFirst(token);
    await this.open(activeJobs, token);
    if (this.termUnderWay === token) this.termUnderWay = undefined;
  }

  /** Whether the past is being settled, so that no job is to be opened by itself. */
  get isUnderWay(): boolean {
    return this.termUnderWay !== undefined;
  }

  /** Whether it is known where the job stands in this term, with this schedule, and its missed ticks wait. */
  isClosed({ job, activeSchedule }: ActiveJob, token: number): boolean {
    const closed = this.closed.get(job);
    return (
      closed?.token === token &&
      closed.activeSchedule.schedule.fingerprint === activeSchedule.schedule.fingerprint
    );
  }

  /** The gate is open: settles what has waited for it. Resolves when those jobs are open, or the term has ended. */
  async openClosed(token: number): Promise<void> {
    await this.deps.orphans.settleFirst(token);
    const waiting = [...this.closed.values()].filter(closed => closed.token === token);
    this.closed.clear();
    const changed: Job[] = [];
    for (const { job, watermark, now, ...closed } of this.deps.elector.isIn(token) ? waiting : []) {
      const activeSchedule = this.deps.timers.activeScheduleOf(job);
      if (activeSchedule === undefined) continue;
      if (activeSchedule.schedule.fingerprint !== closed.activeSchedule.schedule.fingerprint)
        changed.push(job);
      else {
        const since = Math.max(watermark, activeSchedule.startedAt);
        this.place({ job, activeSchedule, token, watermark: since, now });
      }
    }
    if (changed.length > 0) await this.openAnew(changed, token);
  }

  /** Reads the watermarks of jobs, catches up what was missed, and lets their ticks through from then on. */
  async open(activeJobs: readonly ActiveJob[], token: number): Promise<void> {
    const unknown = activeJobs.filter(one => !this.opening.has(one.job) && !this.isClosed(one, token));
    for (const { job } of unknown) this.opening.add(job);
    const behind: Job[] = [];
    for (const page of pagesOf(unknown)) {
      // Overrides may have changed their schedules while other pages, or the past, were settled.
      const asked = this.activeNow(page.map(({ job }) => job)).map(one => this.toAsk(one, token));
      const answer = asked.length === 0 ? undefined : await this.askWatermarks(asked, token);
      for (const { job } of page) this.opening.delete(job);
      if (answer?.kind === 'fenced') this.deps.elector.fenced(token);
      if (answer?.kind === 'opened') behind.push(...(await this.placeAll(asked, answer, token)));
    }
    if (behind.length > 0) await this.openAnew(behind, token);
  }

  /** Resolves to the jobs that follow another override, or schedule, now than the one in the request. */
  private async placeAll(page: readonly Asked[], answer: Opened, token: number): Promise<readonly Job[]> {
    const { overrides, timers } = this.deps;
    const { now } = answer;
    const behind: Job[] = [];
    for (const [index, { job, activeSchedule: asked, override }] of page.entries()) {
      const found = answer.watermarks[index] ?? now;
      // It was removed, or stopped, meanwhile: another job of its name is opened anew.
      const activeSchedule = timers.activeScheduleOf(job);
      if (activeSchedule === undefined) continue;
      if (typeof found === 'object') {
        // An override that was followed and is refused all the same is invalid: the next poll may find a valid one.
        if (override !== found.override) behind.push(job);
        overrides.follow(job, found.override);
        continue;
      }
      // It got another schedule meanwhile, as by `setTime()`: the answer is about the one before.
      if (activeSchedule.schedule.fingerprint !== asked.schedule.fingerprint) {
        behind.push(job);
        continue;
      }
      const watermark = Math.max(found, activeSchedule.startedAt);
      // A @timeout tick that fell due before the gate opened was not missed: it starts from its watermark on.
      const isOfTerm = activeSchedule.schedule instanceof TermSchedule;
      const stays =
        !this.deps.gate.isOpen && !isOfTerm && activeSchedule.schedule.latest(watermark, now) !== undefined;
      if (stays) this.closed.set(job, { job, activeSchedule, token, watermark, now });
      else this.place({ job, activeSchedule, token, watermark, now: isOfTerm ? watermark : now });
      // With a long past to count, other work comes in between.
      if (index % 10 === 9) await this.breathe();
    }
    return behind;
  }

  /** Ticks in `(watermark, now]` were missed; those after that start from now on. */
  private place({ job, activeSchedule, token, watermark, now }: Closed): void {
    this.deps.schedulers.of(job).post({ kind: 'placed', activeSchedule, token, watermark, now });
  }

  /** They follow other schedules now than those in the request. */
  private openAnew(jobs: readonly Job[], token: number): Promise<void> {
    return this.open(this.activeNow(jobs), token);
  }

  /** Those that tick, by what they tick now. */
  private activeNow(jobs: readonly Job[]): readonly ActiveJob[] {
    return jobs.flatMap(job => {
      const activeSchedule = this.deps.timers.activeScheduleOf(job);
      return activeSchedule === undefined ? [] : [{ job, activeSchedule }];
    });
  }

  /** It is opened anew: its watermark by another schedule, with its missed ticks, holds no more. */
  private toAsk(one: ActiveJob, token: number): Asked {
    if (this.closed.get(one.job)?.token === token) this.closed.delete(one.job);
    return { ...one, override: this.deps.overrides.of(one.job) };
  }

  private askWatermarks(asked: readonly Asked[], token: number): Promise<OpenAnswer | undefined> {
    const { runs, whileLeading, podId } = this.deps;
    const jobs = asked.map(toOpen);
    return whileLeading.call(token, signal => runs.open({ podId, token, jobs }, signal));
  }

  private breathe(): Promise<void> {
    return new Promise(resolve => this.deps.clock.immediate(resolve));
  }
}

/** A job that ticks once a term may tick at the very moment at which the term began. */
function toOpen({ job, activeSchedule: { schedule }, override }: Asked): JobToOpen {
  const since = schedule instanceof TermSchedule ? schedule.termSince : undefined;
  return { job: job.name, schedule: schedule.fingerprint, from: since && since - 1, override };
}
