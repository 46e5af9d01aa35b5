import { DuplicateJobError } from '../../lib/core/errors/errors.js';
import type { Schedule } from '../../lib/core/schedule/schedule.js';
import type { Job } from '../../lib/core/job/job.js';
import { TermSchedule } from '../../lib/core/schedule/term-schedule.js';
import type { Clock, Timer } from '../../lib/ports/clock.js';
import type { ActiveSchedule, JobTimer, Ticker, Wake, WakeListener } from '../../lib/ports/ticker.js';

/** Wakes jobs by the clock of a test, which can do what users do in the SchedulerRegistry. */
export class VirtualTicker implements Ticker {
  private readonly timers = new Map<string, VirtualJobTimer>();
  private termSince: number | undefined;

  /** @param now the time by which ticks are due, Unix ms */
  constructor(
    private readonly clock: Clock,
    private readonly now = () => clock.now().wallMs,
  ) {}

  add(job: Job, listener: WakeListener): JobTimer {
    if (this.timers.has(job.name)) {
      throw new DuplicateJobError({
        problem: 'The name is taken',
        received: job.name,
        remedy: 'Choose another name',
      });
    }
    const timer = new VirtualJobTimer(job, this.clock, this.now, listener);
    timer.setTerm(this.termSince);
    this.timers.set(job.name, timer);
    return timer;
  }

  begin(job: Job): void {
    this.of(job.name).begin();
  }

  remove(job: Job): void {
    this.of(job.name).stop();
    this.timers.delete(job.name);
  }

  setTerm(since: number | undefined): void {
    this.termSince = since;
    for (const timer of this.timers.values()) timer.setTerm(since);
  }

  realign(): void {
    for (const timer of this.timers.values()) timer.realign();
  }

  stop(): void {
    for (const timer of this.timers.values()) timer.stop();
    this.timers.clear();
  }

  watch(): void {}

  /** The timer of a job, as a user finds it. */
  of(job: string): VirtualJobTimer {
    const timer = this.timers.get(job);
    if (timer === undefined) throw new Error(`There is no timer for ${job}`);
    return timer;
  }
}

export class VirtualJobTimer implements JobTimer {
  private schedule: Schedule;
  private startedAt = -Infinity;
  private termSince: number | undefined;
  private isRunning = false;
  private timer: Timer | undefined;
  private delay: Timer | undefined;
  isStopped: boolean;

  constructor(
    private readonly job: Job,
    private readonly clock: Clock,
    private readonly now: () => number,
    private readonly listener: WakeListener,
  ) {
    this.schedule = job.schedule;
    this.isStopped = job.disabled;
  }

  get activeSchedule(): ActiveSchedule | undefined {
    return this.isRunning ? { schedule: this.schedule, startedAt: this.startedAt } : undefined;
  }

  /** With the application, or after the delay. */
  begin(): void {
    const { disabled, initialDelayMs } = this.job;
    if (disabled) return;
    if (initialDelayMs > 0) this.delay = this.clock.timer(initialDelayMs, () => this.beginLate());
    else this.goOn();
  }

  /** As a user starts it: ticks before this moment are not the job's. */
  start(): void {
    if (this.isRunning) return;
    this.startedAt = this.now();
    this.isStopped = false;
    this.delay?.cancel();
    this.goOn();
    this.wake('timer');
  }

  stop(): void {
    this.isStopped = true;
    this.isRunning = false;
    this.delay?.cancel();
    this.timer?.cancel();
  }

  realign(): void {
    if (this.isRunning) this.sleep();
  }

  reschedule(schedule: Schedule): void {
    this.schedule = schedule;
    this.setTerm(this.termSince);
    if (this.isRunning) this.sleep();
  }

  setTerm(since: number | undefined): void {
    this.termSince = since;
    if (!(this.schedule instanceof TermSchedule)) return;
    this.schedule.setTerm(since);
    if (this.isRunning) this.sleep();
  }

  fireOnTick(): void {
    this.wake('manual');
  }

  /** As a timer that is lost: it never fires again, and nothing reports it. */
  breakDown(): void {
    this.timer?.cancel();
  }

  private beginLate(): void {
    this.goOn();
    this.wake('timer');
  }

  private goOn(): void {
    this.isRunning = true;
    this.sleep();
  }

  private sleep(): void {
    this.timer?.cancel();
    const now = this.now();
    const tick = this.schedule.next(now);
    if (tick === undefined) return;
    this.timer = this.clock.timer(tick - now, () => {
      const isEarly = this.now() < tick;
      // Set first: a wake-up may stop it.
      this.sleep();
      if (!isEarly) this.wake('timer');
    });
  }

  private wake(cause: Wake['cause']): void {
    this.listener.wake({ cause, schedule: this.schedule, startedAt: this.startedAt });
  }
}
