import { formatDuration, parseDuration } from './duration.js';
import { InvalidOptionsError } from '../errors/errors.js';
import type { JobAdoption } from '../job/adoption.js';
import { BUILT_IN_POLICY, jobPolicy } from '../job/job-policy-options.js';
import type { AroundAttempt } from '../job/job.js';
import type { JobPolicy } from '../job/job-policy.js';
import { readJobSettings, type JobSettings } from '../job/job-settings.js';
import { printAs } from '../errors/print-as.js';
import { OptionProblems } from './option-problems.js';
import { checkSources, type CheckedSources } from './option-sources.js';
import { DAY_MS } from './option-readers.js';
import { OPTIONS } from './option-table.js';
import { redactedValue } from '../errors/redact-value.js';
import type { RedisInput } from './redis-input.js';
import { electionTiming, holdsTogether, smallestTtlMs, type ElectionTiming } from '../election/timing.js';
import { misspeltIn, namedJobsIn, optionsIn, type OptionSources } from './written-options.js';

/** Options after defaults, configuration, environment and code were put together and checked. */
export interface ResolvedOptions {
  readonly mode: 'redis' | 'ram';
  /** As it stands in keys; empty when there is none. */
  readonly appName: string;
  /** Empty when there is none. */
  readonly appVersion: string;
  readonly redis: RedisInput;
  /** The lease key. */
  readonly leaderKey: string;
  readonly timing: ElectionTiming;
  readonly fastTakeover: boolean;
  /** `strict`: a tick starts only after replicas of Redis have confirmed its claim. */
  readonly consistency: 'normal' | 'strict';
  /** With `strict`: how many replicas must confirm; `undefined`: as many as Redis was seen to have, at least 1. */
  readonly replicas: number | undefined;
  /** The policy of jobs without options of their own. */
  readonly jobDefaults: JobPolicy;
  /** The zone of jobs without one of their own; `undefined`: the zone of the process. */
  readonly jobTimeZone: string | undefined;
  /** Whether jobs are disabled that do not say otherwise. */
  readonly areJobsDisabled: boolean;
  /** Which methods with decorators of @nestjs/schedule become leader jobs. */
  readonly adoption: JobAdoption;
  /** The settings of single jobs, by their names. */
  readonly jobSettings: JobSettings;
  /** Surrounds every attempt of every job. */
  readonly around: AroundAttempt | undefined;
  readonly drainTimeoutMs: number;
}

/**
 * Puts the sources together: defaults < configuration < environment < code. Throws one `InvalidOptionsError`
 * that lists all problems, each with its path and source, the value received and the remedy.
 */
export function resolveOptions(sources: OptionSources): ResolvedOptions {
  const { settings, refused } = readJobSettings(namedJobsIn(sources));
  const checked = checkSources(optionsIn(sources));
  const problems = new OptionProblems([...checked.refused, ...refused, ...misspeltIn(sources)]);
  const { read } = checked;
  const timing = timingIn(checked, problems);
  const options: ResolvedOptions = {
    ...basicsIn(read),
    ...problems.collect(() => consistencyIn(read), NORMAL),
    timing,
    jobDefaults: problems.collect(() => jobDefaultsIn(read, timing), BUILT_IN_POLICY),
    jobTimeZone: textAt(read, 'jobs.defaults.timeZone') || undefined,
    areJobsDisabled: read('jobs.defaults.disabled') === true,
    adoption: (read('jobs.adopt') ?? false) as JobAdoption,
    jobSettings: settings,
    around: read('around') as AroundAttempt | undefined,
  };
  problems.throwIfAny();
  return printAs(options, () => redactedValue({ ...options }));
}

/** Reads an option by its path; `undefined` where no source has it. */
type Read = (path: string) => unknown;

function timingIn({ read, isRefused }: CheckedSources, problems: OptionProblems): ElectionTiming {
  const timing = electionTiming(msAt(read, 'leader.interval'), msAt(read, 'leader.ttl'));
  const isKnown = !isRefused('leader.interval') && !isRefused('leader.ttl');
  if (isKnown && !holdsTogether(timing)) problems.add(tooShort(timing));
  return timing;
}

type Basics = Pick<
  ResolvedOptions,
  'mode' | 'appName' | 'appVersion' | 'redis' | 'leaderKey' | 'fastTakeover' | 'drainTimeoutMs'
>;

function basicsIn(read: Read): Basics {
  const appName = textAt(read, 'appName');
  return {
    mode: textAt(read, 'mode') === 'ram' ? 'ram' : 'redis',
    appName,
    appVersion: textAt(read, 'appVersion'),
    redis: (read('redis') ?? defaultOf('redis')) as RedisInput,
    leaderKey: textAt(read, 'leader.key') || leaderKeyOf(appName),
    fastTakeover: read('leader.fastTakeover') !== false,
    drainTimeoutMs: msAt(read, 'shutdown.drainTimeout'),
  };
}

const NORMAL = { consistency: 'normal', replicas: undefined } as const;

function consistencyIn(read: Read): Pick<ResolvedOptions, 'consistency' | 'replicas'> {
  const consistency = textAt(read, 'consistency') === 'strict' ? 'strict' : 'normal';
  const replicas = read('replicas');
  if (replicas !== undefined && consistency === 'normal') throw withoutEffect(replicas);
  return { consistency, replicas: typeof replicas === 'number' ? replicas : undefined };
}

function jobDefaultsIn(read: Read, { ttlMs }: ElectionTiming): JobPolicy {
  return jobPolicy({
    place: 'jobs.defaults',
    written: path => read(`jobs.defaults.${path}`),
    fallback: BUILT_IN_POLICY,
    ttlMs,
  });
}

/** The lease key of an application. */
export function leaderKeyOf(appName: string): string {
  return appName === '' ? 'scheduler:leader' : `scheduler:${appName}:leader`;
}

function textAt(read: Read, path: string): string {
  const value = read(path);
  return typeof value === 'string' ? value : defaultOf(path);
}

function msAt(read: Read, path: string): number {
  const value = read(path);
  return typeof value === 'number' ? value : (parseDuration(defaultOf(path)) ?? 0);
}

function defaultOf(path: string): string {
  return OPTIONS.find(spec => spec.path === path)?.default ?? '';
}

function withoutEffect(replicas: unknown): InvalidOptionsError {
  return new InvalidOptionsError({
    problem: "replicas is for consistency: 'strict'; otherwise no replica is asked",
    received: { consistency: 'normal', replicas },
    remedy: "Set consistency to 'strict', or leave replicas out",
  });
}

function tooShort({ intervalMs, ttlMs }: ElectionTiming): InvalidOptionsError {
  const smallestMs = smallestTtlMs(intervalMs);
  const { marginMs, commandTimeoutMs } = electionTiming(intervalMs, smallestMs);
  return new InvalidOptionsError({
    problem:
      'leader.ttl is too short for leader.interval: a renewal that fails once must have time to be repeated ' +
      `(ttl ≥ interval + margin + 2 command timeouts; with a ttl of ${formatDuration(smallestMs)} the margin is ` +
      `${formatDuration(marginMs)}, and a command timeout ${formatDuration(commandTimeoutMs)})`,
    received: { interval: formatDuration(intervalMs), ttl: formatDuration(ttlMs) },
    remedy:
      smallestMs <= DAY_MS
        ? `With this interval give a ttl of at least ${formatDuration(smallestMs)}, or shorten the interval`
        : `Shorten the interval: no ttl is longer than ${formatDuration(DAY_MS)}`,
  });
}
