import type { CronTimeInput } from '../core/schedule/cron-schedule.js';
import type { JobPolicyOptions } from './job-policy-options.interface.js';
import type { JobDecoratorOptions, ZoneOptions } from './leader-cron-options.interface.js';

/**
 * Options of one job by its name: in code below `jobs.<name>`, in the configuration below `schedule.jobs.<name>`. Field
 * by field they override the options of the job's decorator; code is stronger than the configuration.
 */
export interface JobOverrides
  extends
    JobPolicyOptions,
    ZoneOptions,
    Pick<JobDecoratorOptions, 'disabled' | 'initialDelay' | 'threshold' | 'unrefTimeout'> {
  /**
   * Overrides its schedule: an expression, a descriptor such as `@every 30s`, a date, or `-` (in YAML in quotes) for a
   * job that is off: it stays known, and can be run manually.
   */
  readonly cron?: CronTimeInput;
}
