import type { CronTimeInput } from '../core/schedule/cron-schedule.js';
import type { ScheduleFactory, WithFactories } from '../core/job/job-definition.js';
import type { JobContext } from '../core/job/job.js';
import type { LeaderCronOptions } from '../interfaces/leader-cron-options.interface.js';
import type { DecoratesMethod } from './decorates-method.js';
import { definesJob } from './job-metadata.js';

/**
 * Makes a method of a provider or controller a job that runs on the leader only.
 *
 * The method may take a `JobContext`, and nothing else. An error that it throws fails the run: it is logged and
 * recorded with job, tick and pod, and does not reach the application.
 *
 * @param cronTime a cron expression of 5 fields (minute first) or 6 (second first); a descriptor: `@every 30s`,
 *   `@timeout 5s`, `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`, `@yearly`, `@annually`; a date to run once;
 *   `-` or `''` for a job that is known but off; or a function that is called once, when the application starts, and
 *   returns one of these: `({ config }) => config.get('reports.cron')`, `({ get }) => get(ReportSettings).cron`
 * @param options as those of `@Cron`; each may be such a function. Invalid ones end the start of the application with `InvalidOptionsError`, an
 *   invalid schedule with `InvalidCronError`
 *
 * @example
 * ```ts
 * @LeaderCron('0 3 * * *', { timeZone: 'Europe/Berlin', timeout: '10m' })
 * async report({ tick, signal }: JobContext): Promise<void> {
 *   await this.reports.build(tick, signal);
 * }
 * ```
 */
export function LeaderCron(
  cronTime: CronTimeInput | ScheduleFactory,
  options: WithFactories<LeaderCronOptions> = {},
): DecoratesMethod<JobContext> {
  return definesJob({ decorator: 'LeaderCron', cronTime, options });
}
