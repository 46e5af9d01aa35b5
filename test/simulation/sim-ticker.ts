import type { Job } from '../../lib/core/job.js';
import type { Clock, Timer } from '../../lib/ports/clock.js';
import type { JobTimer, Pace, Ticker, Wake } from '../../lib/ports/ticker.js';

/** Wakes jobs as CronJobs do, but by the clock of a simulated process. */
export class SimTicker implements Ticker {
  private readonly timers: CronTimer[] = [];

  constructor(
    private readonly clock: Clock,
    /** Called with the beginning of each term, and with nothing at its end. */
    private readonly onTerm: (since: number | undefined) => void,
  ) {}

  add(job: Job, onWake: (wake: Wake) => void): JobTimer {
    const timer = new CronTimer(job, this.clock, onWake);
    this.timers.push(timer);
    return timer;
  }

  begin(job: Job): void {
    this.timers.find(({ name }) => name === job.name)?.start();
  }

  remove(): void {
    throw new Error('The jobs of a scenario stay');
  }

  /** No simulated job ticks once a term. */
  setTerm(since: number | undefined): void {
    this.onTerm(since);
  }

  stop(): void {
    for (const timer of this.timers) timer.stop();
  }

  watch(): void {}

  /** As a user does in the registry. */
  halt(job: string): void {
    this.timers.find(({ name }) => name === job)?.halt();
  }

  /** Takes that back. */
  resume(job: string): void {
    this.timers.find(({ name }) => name === job)?.resume();
  }

  /** Fires a job by hand. */
  fire(job: string): void {
    this.timers.find(({ name }) => name === job)?.fireByHand();
  }
}

class CronTimer implements JobTimer {
  private timer: Timer | undefined;
  private isHalted = true;
  private stoppedByUser = false;

  constructor(
    private readonly job: Job,
    private readonly clock: Clock,
    private readonly onWake: (wake: Wake) => void,
  ) {}

  get isStopped(): boolean {
    return this.stoppedByUser;
  }

  get name(): string {
    return this.job.name;
  }

  get pace(): Pace | undefined {
    return this.isHalted ? undefined : { schedule: this.job.schedule, startedAt: -Infinity };
  }

  start(): void {
    this.isHalted = false;
    const now = this.clock.now().wallMs;
    const tick = this.job.schedule.next(now);
    if (tick !== undefined) this.wait(tick - now);
  }

  stop(): void {
    this.timer?.cancel();
    this.isHalted = true;
  }

  halt(): void {
    this.stoppedByUser = true;
    this.stop();
  }

  resume(): void {
    if (!this.stoppedByUser) return;
    this.stoppedByUser = false;
    this.start();
  }

  reschedule(): void {
    throw new Error('The jobs of a scenario keep their schedules');
  }

  fireByHand(): void {
    const { pace } = this;
    if (pace !== undefined) this.onWake({ cause: 'manual', ...pace });
  }

  /** As cron does it: a firing that is early by the wall clock, which was set back, waits on. */
  private wait(delayMs: number): void {
    const dueAt = this.clock.now().wallMs + delayMs;
    this.timer = this.clock.timer(Math.max(delayMs, 1), () => {
      const now = this.clock.now().wallMs;
      if (now < dueAt) return this.wait(Math.min((this.job.schedule.next(now) ?? dueAt) - now, dueAt - now));
      this.start();
      this.onWake({ cause: 'timer', schedule: this.job.schedule, startedAt: -Infinity });
    });
  }
}
