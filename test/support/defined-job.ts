import { createJob } from '../../lib/core/job/create-job.js';
import type { ConfigReader, JobDefinition } from '../../lib/core/job/job-definition.js';
import type { Job } from '../../lib/core/job/job.js';
import { resolveOptions } from '../../lib/core/options/options.js';
import type { OptionSources } from '../../lib/core/options/written-options.js';

const handler = () => undefined;
const DAILY: JobDefinition = { cronTime: '0 6 * * *', options: { name: 'invoices' } };

/** The job that a definition becomes, given what is written elsewhere. */
export function jobOf(sources: OptionSources, definition = DAILY, config?: ConfigReader): Job {
  const { jobDefaults, jobSettings, timing } = resolveOptions(sources);
  const defaults = { policy: jobDefaults, ttlMs: timing.ttlMs, settings: jobSettings, config };
  return createJob('Jobs.run', definition, handler, defaults);
}

export const inConfig = (jobs: unknown): OptionSources => ({ config: { schedule: { jobs } } });
export const inCode = (jobs: unknown): OptionSources => ({ code: { jobs } });
export const fromConfig = (cronTime: (context: { config: ConfigReader }) => unknown): JobDefinition =>
  ({ cronTime, options: {} }) as JobDefinition;
