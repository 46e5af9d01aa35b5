import { DuplicateJobError } from '../../lib/core/errors/errors.js';
import type { Job } from '../../lib/core/job/job.js';
import type { Schedule } from '../../lib/core/schedule/schedule.js';
import { TermSchedule } from '../../lib/core/schedule/term-schedule.js';
import type { Clock, Timer } from '../../lib/ports/clock.js';
import type { ActiveSchedule, JobTimer, Ticker, WakeListener } from '../../lib/ports/ticker.js';

/** Wakes jobs as CronJobs do, but by the clock of a simulated process. */
export class SimTicker implements Ticker {
  private readonly timers: CronTimer[] = [];
  private since: number | undefined;
  /** `undefined`: to be found anew. */
  private tickingNow: ReadonlySet<string> | undefined;

  constructor(
    private readonly clock: Clock,
    /** The time by which ticks are due, Unix ms. */
    private readonly now: () => number,
    /** Called with the beginning of each term, and with nothing at its end. */
    private readonly onTerm: (since: number | undefined) => void,
  ) {}

  add(job: Job, listener: WakeListener): JobTimer {
    if (this.timers.some(({ name }) => name === job.name)) {
      throw new DuplicateJobError({
        problem: 'The name is taken',
        received: job.name,
        remedy: 'Choose another name',
      });
    }
    const timer = new CronTimer(job, this.clock, this.now, listener);
    timer.setTerm(this.since);
    this.timers.push(timer);
    this.tickingNow = undefined;
    return timer;
  }

  begin(job: Job): void {
    this.timers.find(({ name }) => name === job.name)?.begin();
  }

  remove(job: Job): void {
    const index = this.timers.findIndex(({ name }) => name === job.name);
    for (const timer of index < 0 ? [] : this.timers.splice(index, 1)) timer.stop();
    this.tickingNow = undefined;
  }

  setTerm(since: number | undefined): void {
    this.since = since;
    this.onTerm(since);
    for (const timer of this.timers) timer.setTerm(since);
  }

  realign(): void {
    for (const timer of this.timers) timer.realign();
  }

  stop(): void {
    for (const timer of this.timers) timer.stop();
  }

  watch(): void {}

  /** The jobs that are not stopped. */
  get ticking(): ReadonlySet<string> {
    const ticking = () => this.timers.filter(({ isStopped }) => !isStopped).map(({ name }) => name);
    return (this.tickingNow ??= new Set(ticking()));
  }

  /** As a user does in the registry. */
  halt(job: string): void {
    this.tickingNow = undefined;
    this.timers.find(({ name }) => name === job)?.halt();
  }

  /** Takes that back. Answers from when on ticks count (Unix ms); `undefined`: it was not stopped. */
  resume(job: string): number | undefined {
    this.tickingNow = undefined;
    return this.timers.find(({ name }) => name === job)?.resume();
  }

  /** Fires a job manually. */
  fire(job: string): void {
    this.timers.find(({ name }) => name === job)?.fireManually();
  }
}

class CronTimer implements JobTimer {
  /** Ticks up to then (Unix ms) are not the job's: a user started it then. */
  private startedAt = -Infinity;
  private delay: Timer | undefined;
  private timer: Timer | undefined;
  private isHalted = true;
  private stoppedByUser: boolean;
  private termSince: number | undefined;
  private schedule: Schedule;

  constructor(
    private readonly job: Job,
    private readonly clock: Clock,
    private readonly now: () => number,
    private readonly listener: WakeListener,
  ) {
    this.schedule = job.schedule;
    this.stoppedByUser = job.disabled;
  }

  get isStopped(): boolean {
    return this.stoppedByUser;
  }

  get name(): string {
    return this.job.name;
  }

  get activeSchedule(): ActiveSchedule | undefined {
    return this.isHalted ? undefined : { schedule: this.schedule, startedAt: this.startedAt };
  }

  /** With the application, or after the delay, as a LeaderCronJob does it. */
  begin(): void {
    if (this.job.disabled) return;
    if (this.job.initialDelayMs <= 0) return this.start();
    this.delay = this.clock.timer(this.job.initialDelayMs, () => {
      this.start();
      this.listener.wake({ cause: 'timer', schedule: this.schedule, startedAt: this.startedAt });
    });
  }

  start(): void {
    this.isHalted = false;
    this.sleep();
  }

  /** As a LeaderCronJob does it: what ticks once a term is set anew. */
  setTerm(since: number | undefined): void {
    this.termSince = since;
    if (!(this.schedule instanceof TermSchedule)) return;
    this.schedule.setTerm(since);
    this.realign();
  }

  realign(): void {
    if (this.isHalted) return;
    this.timer?.cancel();
    this.sleep();
  }

  stop(): void {
    this.delay?.cancel();
    this.timer?.cancel();
    this.isHalted = true;
  }

  halt(): void {
    this.stoppedByUser = true;
    this.stop();
  }

  resume(): number | undefined {
    if (!this.stoppedByUser) return undefined;
    this.stoppedByUser = false;
    this.startedAt = this.now();
    this.start();
    this.listener.wake({ cause: 'timer', schedule: this.schedule, startedAt: this.startedAt });
    return this.startedAt;
  }

  reschedule(schedule: Schedule): void {
    this.schedule = schedule;
    if (schedule instanceof TermSchedule) schedule.setTerm(this.termSince);
    this.realign();
  }

  fireManually(): void {
    this.listener.wake({ cause: 'manual', schedule: this.schedule, startedAt: this.startedAt });
  }

  /** As a LeaderCronJob does it: a firing that is early by the time of ticks waits on. */
  private sleep(): void {
    const now = this.now();
    const tick = this.schedule.next(now);
    if (tick === undefined) return;
    this.timer = this.clock.timer(Math.max(tick - now, 1), () => {
      const isEarly = this.now() < tick;
      this.sleep();
      if (!isEarly)
        this.listener.wake({ cause: 'timer', schedule: this.schedule, startedAt: this.startedAt });
    });
  }
}
