import { formatDuration } from '../options/duration.js';
import { InvalidOptionsError } from '../errors/errors.js';
import type { CatchUp, JobPolicy, Overlap, RetryPolicy } from './job-policy.js';
import type { OptionField } from '../options/option-field.js';
import { duration, durationOrNone, flag, integer, keep, oneOf, share } from '../options/option-readers.js';

/** An option of a job's policy: below `jobs.defaults` for all jobs, on the decorator for one. */
export interface JobPolicyOption extends OptionField {
  /** As a user would write it; empty where there is none. */
  readonly default: string;
  /** Without the bounds of a duration: the documentation has those of its reader. */
  readonly description: string;
}

const OVERLAPS: readonly Overlap[] = ['skip', 'allow', 'queue'];
const CATCH_UPS: readonly CatchUp[] = ['latest', 'all', 'skip'];
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The defaults of the table below, as a policy. */
export const BUILT_IN_POLICY: JobPolicy = {
  overlap: 'skip',
  catchUp: 'latest',
  catchUpWindowMs: HOUR_MS,
  jitterMs: 0,
  timeoutMs: Infinity,
  retry: { attempts: 1, backoffMs: 1000, maxBackoffMs: 60_000, jitter: 0.2 },
  recover: false,
  runAtStart: false,
  retention: { keep: 100, maxAgeMs: 30 * DAY_MS },
};

/** In the order of the documentation. */
export const JOB_POLICY_OPTIONS: readonly JobPolicyOption[] = [
  {
    path: 'overlap',
    default: 'skip',
    description:
      'A tick during an earlier run of its job, on any pod: `skip` it, `allow` both, or `queue` one.',
    read: oneOf(...OVERLAPS),
  },
  {
    path: 'catchUp',
    default: 'latest',
    description: 'Which missed ticks are caught up: the `latest`, `all` (at most 100), or none: `skip`.',
    read: oneOf(...CATCH_UPS),
  },
  {
    path: 'catchUpWindow',
    default: '1h',
    description: 'How far back missed ticks are caught up, at least 3 × `leader.ttl`.',
    read: duration(1, 30 * DAY_MS),
  },
  {
    path: 'jitter',
    default: '0s',
    description:
      'A tick starts at a random moment within this time after it is due, so that jobs of one schedule do not start at once.',
    read: duration(0, HOUR_MS),
  },
  {
    path: 'timeout',
    default: '',
    description: 'How long one attempt may take before its signal aborts.',
    read: durationOrNone(1),
  },
  {
    path: 'retry.attempts',
    default: '1',
    description: 'How often a handler is called at most before its run has failed, 1 to 100. 1: no retry.',
    read: integer(1, 100),
  },
  {
    path: 'retry.backoff',
    default: '1s',
    description: 'Delay before the second attempt; it doubles from attempt to attempt.',
    read: duration(0),
  },
  {
    path: 'retry.maxBackoff',
    default: '1m',
    description: 'The longest delay between attempts. Not below `backoff`.',
    read: duration(0),
  },
  {
    path: 'retry.jitter',
    default: '0.2',
    description: 'Share of each delay that is random, 0 to 1.',
    read: share,
  },
  {
    path: 'recover',
    default: 'false',
    description:
      'Whether a run is run again after its pod crashed, until five pods have crashed in it: at least once, instead of at most once.',
    read: flag,
  },
  {
    path: 'runAtStart',
    default: 'false',
    description:
      'Whether the job runs once when a new version of the application first has a leader, beside its schedule. Needs `appVersion`.',
    read: flag,
  },
  {
    path: 'history.keep',
    default: '100',
    description: 'How many ended runs of a job are kept, 0 to 10000. `history: false` keeps none.',
    read: keep,
    standsForGroup: true,
  },
  {
    path: 'history.maxAge',
    default: '720h',
    description: 'How long ended runs are kept.',
    read: duration(1, 3650 * DAY_MS),
  },
];

/** Where a policy is written, and what holds where nothing is. */
export interface PolicySource {
  /** Begins the message when options do not hold together: where they stand. */
  readonly place: string;
  /** The value at a path, as its option has read it. */
  readonly written: (path: string) => unknown;
  readonly fallback: JobPolicy;
  /** Time to live of the lease: missed ticks must be searched further back than a change of leader takes. */
  readonly ttlMs: number;
}

/**
 * Puts a policy together, field by field. Throws `InvalidOptionsError` when what is written does not hold
 * together; what is not written gives way: to the ttl, to the backoff.
 */
export function jobPolicy(source: PolicySource): JobPolicy {
  const { written, fallback } = source;
  const kept = written('history.keep');
  return {
    overlap: OVERLAPS.find(word => word === written('overlap')) ?? fallback.overlap,
    catchUp: CATCH_UPS.find(word => word === written('catchUp')) ?? fallback.catchUp,
    catchUpWindowMs: catchUpWindow(source),
    jitterMs: number(written('jitter')) ?? fallback.jitterMs,
    timeoutMs: number(written('timeout')) ?? fallback.timeoutMs,
    retry: retryPolicy(source),
    recover: boolean(written('recover')) ?? fallback.recover,
    runAtStart: boolean(written('runAtStart')) ?? fallback.runAtStart,
    retention: {
      // `true` switches the history on, also where the default is off.
      keep:
        kept === true
          ? fallback.retention.keep || BUILT_IN_POLICY.retention.keep
          : (number(kept) ?? fallback.retention.keep),
      maxAgeMs: number(written('history.maxAge')) ?? fallback.retention.maxAgeMs,
    },
  };
}

function catchUpWindow({ place, written, fallback, ttlMs }: PolicySource): number {
  const windowMs = number(written('catchUpWindow'));
  const leastMs = 3 * ttlMs;
  if (windowMs === undefined) return Math.max(fallback.catchUpWindowMs, leastMs);
  if (windowMs >= leastMs) return windowMs;
  throw new InvalidOptionsError({
    problem: `${place}: catchUpWindow is too short for leader.ttl: a new leader would not search back far enough`,
    received: { catchUpWindow: formatDuration(windowMs), ttl: formatDuration(ttlMs) },
    remedy: `Give a catchUpWindow of at least 3 × ttl, ${formatDuration(leastMs)}`,
  });
}

function retryPolicy({ place, written, fallback }: PolicySource): RetryPolicy {
  const backoffMs = number(written('retry.backoff')) ?? fallback.retry.backoffMs;
  const maxBackoffMs = number(written('retry.maxBackoff'));
  if (maxBackoffMs !== undefined && maxBackoffMs < backoffMs) {
    throw new InvalidOptionsError({
      problem: `${place}: retry.maxBackoff is below retry.backoff`,
      received: { backoff: formatDuration(backoffMs), maxBackoff: formatDuration(maxBackoffMs) },
      remedy: 'Raise maxBackoff, or give a shorter backoff beside it',
    });
  }
  return {
    attempts: number(written('retry.attempts')) ?? fallback.retry.attempts,
    backoffMs,
    maxBackoffMs: maxBackoffMs ?? Math.max(fallback.retry.maxBackoffMs, backoffMs),
    jitter: number(written('retry.jitter')) ?? fallback.retry.jitter,
  };
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function boolean(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}
