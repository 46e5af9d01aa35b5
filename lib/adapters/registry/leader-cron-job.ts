import { CronJob, CronTime } from 'cron';

import { CronSchedule } from '../../core/schedule/cron-schedule.js';
import type { CronJobCall } from '../../core/events.js';
import type { Job } from '../../core/job/job.js';
import type { Schedule } from '../../core/schedule/schedule.js';
import { TermSchedule } from '../../core/schedule/term-schedule.js';
import type { Clock, Timer } from '../../ports/clock.js';
import type { ActiveSchedule, JobTimer, Wake } from '../../ports/ticker.js';
import { ScheduleTime } from './schedule-time.js';

/** By what a job's timer goes. */
export interface JobTime {
  /** Fires timers; its wall clock may differ from that by which ticks are due. */
  readonly clock: Pick<Clock, 'timer'>;
  /** The time by which ticks are due, Unix ms. */
  readonly now: () => number;
}

/**
 * The CronJob that stands in the SchedulerRegistry for a leader job. Users list, stop, start and reschedule it
 * there as any other; it only wakes the engine, which knows what is due. Its timer is not cron's, which follows the
 * wall clock of the process: a firing that is early by the time of ticks waits on.
 */
export class LeaderCronJob extends CronJob implements JobTimer {
  private halted = true;
  private startedAt = -Infinity;
  private lastFiring: Date | null = null;
  private termSince: number | undefined;
  private isHaltedByUser: boolean;
  private timer: Timer | undefined;
  private readonly now: () => number;
  /** Informed of what a user calls. */
  private onCall: (call: CronJobCall) => void = () => undefined;
  /** Above 0 while this class itself, or cron, starts and stops the timer. */
  private internal = 0;

  constructor(
    job: Pick<Job, 'name' | 'schedule' | 'unrefTimeout'> & Partial<Pick<Job, 'disabled'>>,
    private readonly time: JobTime,
    private readonly onWake: (wake: Wake) => void,
  ) {
    // cron's constructor takes an expression; the time of the schedule replaces it below.
    super('* * * * * *', () => this.fired());
    this.now = time.now;
    this.name = job.name;
    this.unrefTimeout = job.unrefTimeout;
    // A late firing is no reason to skip: the engine finds the ticks that fell due meanwhile. Nor does cron wait
    // for completion: the engine keeps runs apart, and a firing that cron left out would be a lost one.
    this.threshold = Infinity;
    this.isHaltedByUser = job.disabled === true;
    this.quietly(() => this.setTime(new ScheduleTime(job.schedule, time.now)));
  }

  /** Calls `listener` when a user starts, stops or re-times it. One listener. */
  watch(listener: (call: CronJobCall) => void): void {
    this.onCall = listener;
  }

  /** Starts it with the application: ticks that were missed before are its own, a date that has passed included. */
  begin(): void {
    this.halted = false;
    this.isHaltedByUser = false;
    if (this.fires) this.arm();
  }

  /** Whether a tick is still to come: with a term, if not now. */
  get fires(): boolean {
    const { schedule } = this.scheduled(this.cronTime);
    return schedule instanceof TermSchedule || schedule.next(this.now()) !== undefined;
  }

  /** A term has begun at this instant (Unix ms, by the store's clock), or is over: sets anew what ticks once a term. */
  setTerm(since: number | undefined): void {
    this.termSince = since;
    const { schedule } = this.scheduled(this.cronTime);
    if (!(schedule instanceof TermSchedule)) return;
    schedule.setTerm(since);
    if (!this.isActive) return;
    this.quietly(() => this.halt());
    this.halted = false;
    this.arm();
  }

  /**
   * Starts it after its delay, unless a user has started or stopped it meanwhile. Ticks that were missed before are its
   * own, as with `begin()`. The engine is woken to claim them.
   */
  beginLate(): void {
    if (!this.halted || this.isHaltedByUser) return;
    this.begin();
    this.wake('timer');
  }

  /**
   * Also called by cron itself after each firing; ticks count from a start that follows a stop. The engine is woken
   * then, to ask where the job stands before its first tick: a job that is new starts at the moment of that question.
   */
  override start(): void {
    const begins = this.halted;
    if (begins) {
      this.halted = false;
      this.isHaltedByUser = false;
      this.report('start');
      this.startedAt = this.now();
    }
    this.arm();
    if (begins) this.wake('timer');
  }

  override stop(): Promise<void> | undefined {
    this.halted = true;
    if (this.internal === 0) this.isHaltedByUser = true;
    this.report('stop');
    this.timer?.cancel();
    return super.stop();
  }

  /** Throws `InvalidCronError`, and leaves the job as it is, when the new time never comes. */
  override setTime(time: CronTime): void {
    // cron refuses a value that is no CronTime.
    if (!(time instanceof CronTime)) return super.setTime(time);
    const scheduled = this.scheduled(time);
    if (scheduled.schedule instanceof TermSchedule) scheduled.schedule.setTerm(this.termSince);
    this.runOnce = scheduled.realDate;
    const wasOn = !this.halted;
    this.report('setTime');
    this.quietly(() => {
      super.setTime(scheduled);
      // cron has stopped it, and starts it again only if its timer was set: not one that had nothing to wait for.
      if (wasOn && this.halted) this.goOn();
    });
  }

  reschedule(schedule: Schedule): void {
    const { halted } = this;
    // Stopped meanwhile: the engine is not woken, and the ticks begin where they did. The store has the watermark of
    // the job, and knows whether the schedule is a new one.
    this.quietly(() => {
      this.halt();
      this.setTime(new ScheduleTime(schedule, this.now));
    });
    if (halted) return;
    this.halted = false;
    if (this.fires) this.arm();
  }

  /** Also after its only date, when cron ends its timer: if no pod led at that moment, the tick is caught up. */
  get activeSchedule(): ActiveSchedule | undefined {
    return this.halted ? undefined : this.activeScheduleNow();
  }

  get isStopped(): boolean {
    return this.isHaltedByUser;
  }

  /** Stops it for good: no user has done that. */
  end(): void {
    this.quietly(() => this.halt());
  }

  /** Sets the timer for the next tick, unless it is set. */
  private arm(): void {
    if (this.isActive) return;
    this.noteActive(true);
    this.sleep();
  }

  /** The clock by which ticks are due was corrected, or has stepped. */
  realign(): void {
    if (!this.isActive) return;
    this.timer?.cancel();
    this.sleep();
  }

  private sleep(): void {
    const now = this.now();
    const delayMs = this.scheduled(this.cronTime).getTimeout(now);
    // Of a date that has passed; cron skips it as well.
    if (delayMs >= 0) this.sleepUntil(now + delayMs);
  }

  /**
   * A firing that is early by the time of ticks waits on for the same tick: that may have fallen due meanwhile, and the
   * next one is a period later.
   */
  private sleepUntil(tick: number): void {
    this.timer = this.time.clock.timer(tick - this.now(), () =>
      this.now() < tick ? this.sleepUntil(tick) : this.tick(),
    );
    if (this.unrefTimeout) this.timer.unref?.();
  }

  /** Does the same as cron when its own timer fires. */
  private tick(): void {
    this.lastExecution = new Date(this.now());
    this.noteActive(false);
    if (!this.runOnce) this.start();
    // oxlint-disable-next-line typescript/no-floating-promises -- cron catches what callbacks throw, and prints it
    void this.fireOnTick();
  }

  private noteActive(isActive: boolean): void {
    Reflect.set(this, '_isActive', isActive);
  }

  private quietly(change: () => void): void {
    this.internal += 1;
    try {
      change();
    } finally {
      this.internal -= 1;
    }
  }

  private halt(): void {
    // oxlint-disable-next-line typescript/no-floating-promises -- it waits for callbacks, whose errors cron catches
    void this.stop();
  }

  private report(call: CronJobCall): void {
    if (this.internal === 0) this.onCall(call);
  }

  private goOn(): void {
    if (this.fires) this.start();
    else this.halted = false;
  }

  private fired(): void {
    // cron notes the time of every firing of its timer; a call of fireOnTick() by the user does not change the note.
    const byTimer = this.lastExecution !== this.lastFiring;
    this.lastFiring = this.lastExecution;
    this.wake(byTimer ? 'timer' : 'manual');
  }

  private wake(cause: Wake['cause']): void {
    this.onWake({ cause, ...this.activeScheduleNow() });
  }

  private activeScheduleNow(): ActiveSchedule {
    const time = this.scheduled(this.cronTime);
    // A user may have assigned the property, past setTime().
    this.cronTime = time;
    // The start may lie in the future: the clock was ahead until the time of Redis was known.
    this.startedAt = Math.min(this.startedAt, this.now());
    return { schedule: time.schedule, startedAt: this.startedAt };
  }

  private scheduled(time: CronTime): ScheduleTime {
    return time instanceof ScheduleTime ? time : new ScheduleTime(new CronSchedule(time), this.now);
  }
}
