import type { Duration } from './core/duration.js';
import { InvalidCronError } from './core/errors.js';
import type { Job } from './core/job.js';
import type { JobRun } from './core/job-run.js';
import { parseSchedule } from './core/parse-schedule.js';
import { pauseMs, pauseReason, waitMs } from './core/pause-input.js';
import { formatOrder } from './core/schedule-order.js';
import { ALL_JOBS, type Pause } from './ports/control-store.js';
import { askStores, knownJob } from './schedule.access.js';
import { outcomeOf, type RunNowOptions, type RunTicket } from './schedule.run-now.js';
import type { ScheduleRuntime } from './schedule.runtime.js';

/** Options of `pause`. */
export interface PauseOptions {
  /** How long, 1 ms to 366 days; it ends by itself. @default until `resume` is called */
  readonly for?: Duration;
  /** Why, in one line of at most 200 characters; people see it. */
  readonly reason?: string;
}

/** A pause of one job, or of all. */
export interface PauseInfo {
  /** When it began, by the clock of Redis. */
  readonly from: Date;
  /** When it ends by itself, by the clock of Redis; `undefined`: not before `resume`. */
  readonly until: Date | undefined;
  /** Empty where none was given. */
  readonly reason: string;
}

/** Options of `reschedule`. */
export interface RescheduleOptions {
  /** IANA zone in which the expression is read. @default that of the job's own schedule */
  readonly timeZone?: string;
}

/** What people ask of the scheduler, by this pod. `ScheduleService` is its public face. */
export class ScheduleControl {
  constructor(private readonly runtime: ScheduleRuntime) {}

  async pause(job: string, options: PauseOptions): Promise<PauseInfo> {
    if (job !== ALL_JOBS) knownJob(this.runtime, job);
    const request = { job, forMs: pauseMs(options.for), reason: pauseReason(options.reason) };
    const pause = toPauseInfo(
      await askStores(this.runtime, ({ control }, signal) => control.pause(request, signal)),
    );
    const { until, reason } = pause;
    this.runtime.events.emit({ type: 'job.paused', job, until, reason });
    return pause;
  }

  async resume(job: string): Promise<boolean> {
    if (job !== ALL_JOBS) knownJob(this.runtime, job);
    const wasPaused = await askStores(this.runtime, ({ control }, signal) => control.resume(job, signal));
    if (wasPaused) this.runtime.events.emit({ type: 'job.resumed', job });
    return wasPaused;
  }

  async runNow(job: string, { wait = false }: RunNowOptions): Promise<RunTicket | JobRun | undefined> {
    knownJob(this.runtime, job);
    const limitMs = wait === false ? 0 : waitMs(wait);
    const { runtime } = this;
    const wish = { id: runtime.entropy.id(), job };
    const request = await askStores(runtime, ({ control }, signal) => control.requestRun(wish, signal));
    const tick = new Date(request.tick);
    runtime.events.emit({ type: 'job.requested', job, tick, requestId: wish.id });
    if (limitMs === 0) return { job, tick, requestId: wish.id };
    const patience = { waitMs: limitMs, signal: runtime.closed };
    return outcomeOf(request, patience, runtime.clock, () =>
      askStores(runtime, ({ cluster }, signal) => cluster.outcome(request, signal)).catch(() => undefined),
    );
  }

  async abort(runId: string): Promise<boolean> {
    const unfinished = await askStores(this.runtime, ({ runs }, signal) => runs.unfinished(signal));
    const run = unfinished.find(one => one.runId === runId);
    if (run === undefined) return false;
    return askStores(this.runtime, ({ control }, signal) => control.requestAbort(run, signal));
  }

  async reschedule(name: string, schedule: string | null, { timeZone }: RescheduleOptions): Promise<void> {
    const job = knownJob(this.runtime, name);
    const order = schedule === null ? undefined : orderOf(job, schedule, timeZone);
    await askStores(this.runtime, ({ control }, signal) => control.reschedule(name, order, signal));
  }
}

/** A pause as users see it. */
export function toPauseInfo({ from, until, reason }: Pause): PauseInfo {
  return { from: new Date(from), until: until === Infinity ? undefined : new Date(until), reason };
}

function orderOf(job: Job, schedule: unknown, timeZone = job.schedule.timeZone): string {
  if (typeof schedule !== 'string') {
    throw new InvalidCronError({
      problem: 'A job is rescheduled by a text',
      received: schedule,
      remedy:
        "Give a cron expression, a descriptor such as '@every 30s', '-' to switch it off, or null for its own again",
    });
  }
  parseSchedule(schedule, { timeZone });
  return formatOrder({ schedule, timeZone });
}
