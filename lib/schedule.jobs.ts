import { createJob, type JobDefaults } from './core/create-job.js';
import type { CronTimeInput } from './core/cron-schedule.js';
import { InvalidOptionsError } from './core/errors.js';
import type { ScheduleFactory } from './core/job-definition.js';
import { BUILT_IN_POLICY } from './core/job-policy-options.js';
import type { JobRun } from './core/job-run.js';
import type { Job, JobHandler } from './core/job.js';
import type { Schedule } from './core/schedule.js';
import type { LeaderCronOptions } from './interfaces/leader-cron-options.interface.js';
import type { JobState, JobStates } from './ports/control-store.js';
import { askStores, knownJob } from './schedule.access.js';
import { toPauseInfo, type PauseInfo } from './schedule.control.js';
import { toJobRun } from './schedule.history.js';
import type { ScheduleRuntime } from './schedule.runtime.js';

/** Options of a job that is made at run time: those of `@LeaderCron`, but its name. */
export type JobOptions = Omit<LeaderCronOptions, 'name'>;

/** A job and how it stands. */
export interface JobInfo {
  readonly name: string;
  /** As it was written: an expression, `@every 30s`, a date in ISO 8601, `-`. */
  readonly schedule: string;
  /** The schedule in English, such as `At 03:00 AM`. */
  readonly words: string;
  /** Where the expression is read; `undefined` for schedules that have no zone. */
  readonly timeZone: string | undefined;
  /** The next five, fewer when there are no more; none while it is stopped. Those that fall into a pause are skipped. */
  readonly nextTicks: readonly Date[];
  /** The newest run that started and ended. */
  readonly lastRun: JobRun | undefined;
  /** The pause of the job or that of all, whichever ends later. */
  readonly pause: PauseInfo | undefined;
  readonly isPaused: boolean;
  /** Whether it has no timer on this pod: it is disabled, or was stopped in the SchedulerRegistry. */
  readonly isStopped: boolean;
  /** Whether `reschedule` has put this schedule in place of its own. */
  readonly isRescheduled: boolean;
  /** The runs that go on now, on whatever pod. */
  readonly running: readonly JobRun[];
  /** Class, method and module, or that it was made at run time. */
  readonly definedAt: string;
}

const NEXT_TICKS = 5;
/** Of a draft no more is checked than that it can be a job at all; the application's own defaults come later. */
const ANY_DEFAULTS: JobDefaults = { policy: BUILT_IN_POLICY, ttlMs: 0 };

/** The jobs of this process. `ScheduleService` is its public face. */
export class ScheduleJobs {
  constructor(private readonly runtime: ScheduleRuntime) {}

  create(
    name: string,
    cronTime: CronTimeInput | ScheduleFactory,
    handler: JobHandler,
    options: JobOptions,
  ): void {
    const place = `create(${JSON.stringify(name)}, …)`;
    if (typeof handler !== 'function') throw noHandler(place, handler);
    const definition = { place, cronTime, options: { ...options, name } };
    const make = (defaults: JobDefaults): Job => createJob(name, definition, handler, defaults);
    const { jobDefaults, drafts } = this.runtime;
    if (jobDefaults !== undefined) return this.add(make(jobDefaults));
    // A schedule that is read from the configuration cannot be read yet.
    if (typeof cronTime !== 'function') make(ANY_DEFAULTS);
    drafts.push(make);
  }

  remove(name: string): void {
    const job = knownJob(this.runtime, name);
    this.runtime.jobs.remove(name);
    this.runtime.parts?.engine.remove(job);
  }

  async list(): Promise<readonly JobInfo[]> {
    const { jobs } = this.runtime.jobs;
    const names = jobs.map(({ name }) => name);
    const [states, running] = await askStores(this.runtime, ({ cluster, history }, signal) =>
      Promise.all([cluster.states(names, signal), history.running(signal)]),
    );
    const runs = running.map(toJobRun);
    // Only then: it takes longer to load than all the rest of this package.
    const { scheduleInWords } = await import('./core/schedule-words.js');
    const infos = jobs.map((job, index) => {
      const info = this.infoOf(job, states.jobs[index], states, runs);
      return { ...info, words: scheduleInWords(this.scheduleOf(job)) };
    });
    return infos.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  private add(job: Job): void {
    const { jobs, parts } = this.runtime;
    jobs.add(job, CREATED);
    try {
      parts?.engine.add(jobs.find(job.name) ?? job);
    } catch (error) {
      jobs.remove(job.name);
      throw error;
    }
  }

  private scheduleOf(job: Job): Schedule {
    return this.runtime.parts?.engine.paceOf(job)?.schedule ?? job.schedule;
  }

  private infoOf(
    job: Job,
    state: JobState | undefined,
    { pause: ofAll, now }: JobStates,
    runs: readonly JobRun[],
  ): Omit<JobInfo, 'words'> {
    const { name } = job;
    const isStopped = this.runtime.parts?.engine.paceOf(job) === undefined;
    const schedule = this.scheduleOf(job);
    const pauses = [state?.pause, ofAll].flatMap(pause => pause ?? []);
    const pause = pauses.sort((a, b) => b.until - a.until)[0];
    return {
      name,
      schedule: schedule.source,
      timeZone: schedule.timeZone,
      nextTicks: isStopped ? [] : nextTicks(schedule, now),
      lastRun: state?.lastRun && toJobRun(state.lastRun),
      pause: pause && toPauseInfo(pause),
      isPaused: pause !== undefined,
      isStopped,
      isRescheduled: (state?.order ?? '') !== '',
      running: runs.filter(run => run.job === name),
      definedAt: this.runtime.jobs.definedAt(name),
    };
  }
}

/** Where a job was written that was made at run time. */
export const CREATED = 'created at run time';

/** The next ticks of a schedule, at most five. */
export function nextTicks(schedule: Schedule, now: number): Date[] {
  const ticks: Date[] = [];
  let tick = schedule.next(now);
  for (; tick !== undefined && ticks.length < NEXT_TICKS; tick = schedule.next(tick))
    ticks.push(new Date(tick));
  return ticks;
}

function noHandler(place: string, received: unknown): InvalidOptionsError {
  return new InvalidOptionsError({
    problem: `${place} got a handler that is no function`,
    received,
    remedy: 'Give a function that takes a JobContext',
  });
}
