import type { JobPolicy } from '../../lib/core/job/job-policy.js';
import { HOUR, SECOND } from './durations.js';

/** A value of every option of a job's policy, none of them its default. `job-policy-options.spec.ts` finds one that is absent. */
export const EVERY_OPTION = {
  overlap: 'queue',
  catchUp: 'all',
  catchUpWindow: '2h',
  jitter: '90s',
  timeout: '30s',
  retry: { attempts: 5, backoff: '2s', maxBackoff: '20s', jitter: 0.5 },
  recover: true,
  runAtStart: true,
  history: { keep: 7, maxAge: '24h' },
} as const;

/** The policy that they make. */
export const EVERY_OPTION_READ: JobPolicy = {
  overlap: 'queue',
  catchUp: 'all',
  catchUpWindowMs: 2 * HOUR,
  jitterMs: 90 * SECOND,
  timeoutMs: 30 * SECOND,
  retry: { attempts: 5, backoffMs: 2 * SECOND, maxBackoffMs: 20 * SECOND, jitter: 0.5 },
  recover: true,
  runAtStart: true,
  retention: { keep: 7, maxAgeMs: 24 * HOUR },
};
