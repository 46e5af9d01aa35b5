import type { Job } from '../core/job/job.js';
import { leaderKeyOf, type ResolvedOptions } from '../core/options/options.js';
import { CronSchedule } from '../core/schedule/cron-schedule.js';
import { IntervalSchedule } from '../core/schedule/interval-schedule.js';

/** The start warns of jobs that tick more often than this. */
const SHORT_INTERVAL_MS = 100;

/** The warnings at the start, about options that are valid but probably not meant. `now` is in Unix ms. */
export function startupWarnings(options: ResolvedOptions, jobs: readonly Job[], now: number): string[] {
  return [
    ...pastDates(jobs, now),
    ...straySettings(options, jobs),
    ...shortIntervals(jobs),
    ...sharedKey(options),
  ];
}

/** The warning when nothing in the process handles SIGTERM. */
export function sigtermWarning({ mode }: ResolvedOptions): string {
  // In RAM mode no other pod waits for the lease.
  const lease = mode === 'ram' ? '' : ' and keeps the lease until it expires';
  return `Nothing listens to SIGTERM: a stopped pod drops its running jobs${lease}. Call app.enableShutdownHooks() in main.ts`;
}

function pastDates(jobs: readonly Job[], now: number): string[] {
  return jobs
    .filter(({ schedule }) => schedule instanceof CronSchedule && schedule.next(now) === undefined)
    .map(
      ({ name, schedule }) =>
        `The date of job ${name}, ${schedule.source}, has passed: it runs only if it was missed`,
    );
}

/** Not refused: jobs may be made later, and one configuration may serve several applications. */
function straySettings({ jobSettings }: ResolvedOptions, jobs: readonly Job[]): string[] {
  return jobSettings.strays(jobs.map(({ name }) => name)).map(({ job, path, nearest }) => {
    const hint = nearest === undefined ? '' : `; did you mean '${nearest}'?`;
    return `There is no job '${job}', of which ${path} speaks${hint}`;
  });
}

/** Each tick is a claim in Redis: a hundred jobs that tick every 10 ms take a whole CPU. */
function shortIntervals(jobs: readonly Job[]): string[] {
  return jobs.flatMap(({ name, schedule }) =>
    schedule instanceof IntervalSchedule && schedule.everyMs < SHORT_INTERVAL_MS
      ? `Job ${name} ticks every ${schedule.everyMs} ms: each tick is claimed and recorded, so leave ${SHORT_INTERVAL_MS} ms or more between ticks`
      : [],
  );
}

/** Applications that share the key compete for one lease, and only the jobs of the leader run. */
function sharedKey({ mode, appName, leaderKey }: ResolvedOptions): string[] {
  if (mode !== 'redis' || appName !== '' || leaderKey !== leaderKeyOf('')) return [];
  return [
    `Neither appName nor leader.key is set: the lease key is ${leaderKey}, and another application on this Redis that sets ` +
      'neither would share lease, jobs, pauses and history with this one. Set appName, the same in every pod',
  ];
}
