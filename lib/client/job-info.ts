import type { JobRun } from '../core/run/job-run.js';
import { sinceOf } from '../core/schedule/schedule-override.js';
import { scheduleInWords } from '../core/schedule/schedule-description.js';
import type { Schedule } from '../core/schedule/schedule.js';
import { addFormerNames, FORMER_NAMES } from '../deprecated.js'; // until 1.0
import type { JobState, JobStates } from '../ports/control-store.js';
import { toPauseInfo, type PauseInfo } from './control.js';
import { toJobRun } from './run-view.js';

/** A job and how it stands. */
export interface JobInfo {
  readonly name: string;
  /** As it was written: an expression, `@every 30s`, a date in ISO 8601, `-`. */
  readonly schedule: string;
  /** The schedule in English, such as `At 03:00 AM`. */
  readonly description: string;
  /** Where the expression is read; `undefined` for schedules that have no zone. */
  readonly timeZone: string | undefined;
  /** The next five, fewer when there are no more; none while it is stopped. Those that fall into a pause are skipped. */
  readonly nextTicks: readonly Date[];
  /** The newest run that started and ended. */
  readonly lastRun: JobRun | undefined;
  /** The pause of the job or that of all, whichever ends later. */
  readonly pause: PauseInfo | undefined;
  readonly isPaused: boolean;
  /**
   * Whether it does not tick on this pod because it is disabled, or was stopped in the SchedulerRegistry. A job in its
   * initial delay is not stopped.
   */
  readonly isStopped: boolean;
  /** The other pods on which it is disabled, or was stopped, as far as this pod knows; to the command line all are. */
  readonly stoppedOn: readonly string[];
  /** Whether `reschedule` has put this schedule in place of its own. */
  readonly isRescheduled: boolean;
  /** Since when; `undefined` where that is not known, as of a schedule that 0.3 put in place. */
  readonly rescheduledAt: Date | undefined;
  /** The runs that go on now, on whatever pod. */
  readonly running: readonly JobRun[];
  /** Class, method and module, or that it was made at run time. */
  readonly definedIn: string;
}

const NEXT_TICKS = 5;

/** The facts of a job beside its state in the store. */
export type JobSubject = Pick<JobInfo, 'name' | 'isStopped' | 'definedIn'> & {
  readonly schedule: Schedule;
  /** @default none */
  readonly stoppedOn?: readonly string[];
};

/**
 * Puts together what is known of a job.
 *
 * @param running the runs of all jobs that go on
 */
export function jobInfo(
  { name, schedule, isStopped, stoppedOn = [], definedIn }: JobSubject,
  state: JobState | undefined,
  { pause: ofAll, now }: JobStates,
  running: readonly JobRun[],
): JobInfo {
  const pauses = [state?.pause, ofAll].flatMap(one => one ?? []);
  const pause = pauses.sort((a, b) => b.until - a.until)[0];
  const info = {
    name,
    schedule: schedule.source,
    description: scheduleInWords(schedule),
    timeZone: schedule.timeZone,
    nextTicks: isStopped ? [] : nextTicks(schedule, now),
    lastRun: state?.lastRun && toJobRun(state.lastRun),
    pause: pause && toPauseInfo(pause),
    isPaused: pause !== undefined,
    isStopped,
    stoppedOn,
    isRescheduled: (state?.override ?? '') !== '',
    rescheduledAt: sinceOf(state?.override ?? ''),
    running: running.filter(run => run.job === name && run.outcome === 'running'),
    definedIn,
  };
  addFormerNames(info, FORMER_NAMES.jobInfo); // until 1.0
  return info;
}

/** The next ticks of a schedule, at most five. */
function nextTicks(schedule: Schedule, now: number): Date[] {
  const ticks: Date[] = [];
  let tick = schedule.next(now);
  for (; tick !== undefined && ticks.length < NEXT_TICKS; tick = schedule.next(tick))
    ticks.push(new Date(tick));
  return ticks;
}
