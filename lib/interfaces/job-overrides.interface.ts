import type { CronTimeInput } from '../core/schedule/cron-schedule.js';
import type { JobPolicyOptions } from './job-policy-options.interface.js';
import type { JobDecoratorOptions, ZoneOptions } from './leader-cron-options.interface.js';

/**
 * What is said of one job by its name: in code below `jobs.<name>`, in the configuration below `schedule.jobs.<name>`.
 * Field by field it replaces what the job's decorator says; code is stronger than the configuration.
 */
export interface JobOverrides
  extends
    JobPolicyOptions,
    ZoneOptions,
    Pick<JobDecoratorOptions, 'disabled' | 'initialDelay' | 'threshold' | 'unrefTimeout'> {
  /**
   * When it ticks instead: an expression, a descriptor such as `@every 30s`, a date, or `-` (in YAML in quotes) for a
   * job that is off: it stays known, and can be run by hand.
   */
  readonly cron?: CronTimeInput;
}
