import type { ResolvedOptions } from '../options/options.js';
import type { JobDefaults } from './create-job.js';

/** The facts that the options of the application give for each job. */
export function jobDefaultsOf(options: ResolvedOptions): JobDefaults {
  return {
    policy: options.jobDefaults,
    ttlMs: options.timing.ttlMs,
    appVersion: options.appVersion,
    settings: options.jobSettings,
    timeZone: options.jobTimeZone,
    disabled: options.areJobsDisabled,
  };
}
