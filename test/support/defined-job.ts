import { createJob } from '../../lib/core/job/create-job.js';
import { jobDefaultsOf } from '../../lib/core/job/job-defaults.js';
import type { ConfigReader, JobDefinition, ProviderReader } from '../../lib/core/job/job-definition.js';
import type { Job } from '../../lib/core/job/job.js';
import { resolveOptions } from '../../lib/core/options/options.js';
import type { OptionSources } from '../../lib/core/options/written-options.js';

const handler = () => undefined;
const DAILY: JobDefinition = { cronTime: '0 6 * * *', options: { name: 'invoices' } };

/** The job that a definition becomes, given what is written elsewhere. */
export function jobOf(
  sources: OptionSources,
  definition = DAILY,
  config?: ConfigReader,
  get?: ProviderReader,
): Job {
  const defaults = { ...jobDefaultsOf(resolveOptions(sources)), config, get };
  return createJob('Jobs.run', definition, handler, defaults);
}

export const inConfig = (jobs: unknown): OptionSources => ({ config: { schedule: { jobs } } });
export const inCode = (jobs: unknown): OptionSources => ({ code: { jobs } });
export const fromConfig = (cronTime: (context: { config: ConfigReader }) => unknown): JobDefinition =>
  ({ cronTime, options: {} }) as JobDefinition;
