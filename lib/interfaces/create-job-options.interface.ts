import type { LeaderCronOptions } from './leader-cron-options.interface.js';

/** Options of `ScheduleService.create`: those of `@LeaderCron` without the name. */
export type CreateJobOptions = Omit<LeaderCronOptions, 'name'>;
