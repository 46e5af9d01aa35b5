import { formatDuration, parseDuration } from './duration.js';
import { InvalidOptionsError } from '../errors/errors.js';
import { BUILT_IN_POLICY, jobPolicy } from '../job/job-policy-options.js';
import type { JobPolicy } from '../job/job-policy.js';
import { misspeltSections } from './misspelt-sections.js';
import { at } from './option-path.js';
import { readJobSettings, type JobSettings } from '../job/job-settings.js';
import { printAs } from '../errors/print-as.js';
import { readOptions, type Place } from './option-sources.js';
import { DAY_MS } from './option-readers.js';
import { OPTIONS } from './option-table.js';
import { redactedValue } from '../errors/redact-value.js';
import type { RedisInput } from './redis-input.js';
import { electionTiming, holdsTogether, smallestTtlMs, type ElectionTiming } from '../election/timing.js';

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
  /** What jobs go by that say nothing else. */
  readonly jobDefaults: JobPolicy;
  /** What is said of single jobs by their names. */
  readonly jobSettings: JobSettings;
  readonly drainTimeoutMs: number;
}

/** Where options may be written, the strongest last. */
export interface OptionSources {
  /**
   * What ConfigService says of `schedule`, of `core.appName` and of `core.appVersion`. In the sections `core` and
   * `scheduler` misspelt names are looked for.
   */
  readonly config?: {
    readonly schedule?: unknown;
    readonly appName?: unknown;
    readonly appVersion?: unknown;
    readonly core?: unknown;
    readonly scheduler?: unknown;
  };
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** What was passed to `forRoot`. */
  readonly code?: unknown;
  /** What that is called in errors. @default 'ScheduleModule options' */
  readonly codeName?: string;
}

/**
 * Puts the sources together: defaults < configuration < environment < code. Throws one `InvalidOptionsError`
 * that lists everything that is wrong, each with where it was written, what was received and how to mend it.
 */
export function resolveOptions(sources: OptionSources): ResolvedOptions {
  const { config, code, codeName = 'ScheduleModule options' } = sources;
  const { settings, refused } = readJobSettings([
    { place: codeName, prefix: 'jobs.', source: 'code', jobs: at(code, 'jobs') },
    {
      place: 'ConfigService',
      prefix: 'schedule.jobs.',
      source: 'config',
      jobs: at(config?.schedule, 'jobs'),
    },
  ]);
  const schedule = OPTIONS.filter(spec => spec.configPath === undefined);
  const core = OPTIONS.filter(spec => spec.configPath !== undefined);
  const places: Place[] = [
    {
      place: codeName,
      prefix: '',
      source: 'code',
      specs: OPTIONS,
      written: withoutNamedJobs(code),
    },
    {
      place: 'environment',
      prefix: '',
      source: 'environment',
      specs: OPTIONS,
      written: variables(sources),
    },
    {
      place: 'ConfigService',
      prefix: 'schedule.',
      source: 'config',
      specs: schedule,
      written: withoutNamedJobs(config?.schedule),
    },
    {
      place: 'ConfigService',
      prefix: 'core.',
      source: 'config',
      specs: core,
      written: { appName: config?.appName, appVersion: config?.appVersion },
    },
  ];
  const read = readOptions(places, [...refused, ...misspelt(sources)]);
  const text = (path: string): string => textOf(read(path), path);
  const ms = (path: string): number => millisecondsOf(read(path), path);
  const timing = electionTiming(ms('leader.interval'), ms('leader.ttl'));
  if (!holdsTogether(timing)) throw tooShort(timing);
  const consistency = text('consistency') === 'strict' ? 'strict' : 'normal';
  const replicas = read('replicas');
  if (replicas !== undefined && consistency === 'normal') throw withoutEffect(replicas);
  const options: ResolvedOptions = {
    mode: text('mode') === 'ram' ? 'ram' : 'redis',
    appName: text('appName'),
    appVersion: text('appVersion'),
    redis: (read('redis') ?? defaultOf('redis')) as RedisInput,
    leaderKey: text('leader.key') || leaderKeyOf(text('appName')),
    timing,
    fastTakeover: read('leader.fastTakeover') !== false,
    consistency,
    replicas: typeof replicas === 'number' ? replicas : undefined,
    jobDefaults: jobPolicy({
      place: 'jobs.defaults',
      written: path => read(`jobs.defaults.${path}`),
      fallback: BUILT_IN_POLICY,
      ttlMs: timing.ttlMs,
    }),
    jobSettings: settings,
    drainTimeoutMs: ms('shutdown.drainTimeout'),
  };
  return printAs(options, () => redactedValue({ ...options }));
}

function misspelt({ config, environment = {}, code }: OptionSources): readonly string[] {
  const own = OPTIONS.filter(spec => spec.configPath === undefined).map(({ path }) => path);
  const isSetOutside = (path: string): boolean =>
    OPTIONS.some(spec => `${spec.path}.`.startsWith(`${path}.`) && (environment[spec.variable] ?? '') !== '');
  return misspeltSections({
    core: config?.core,
    schedule: config?.schedule,
    scheduler: config?.scheduler,
    known: own,
    isSet: path =>
      isThere(at(code, path)) || isSetOutside(path) || (!own.includes(path) && isThere(at(config, path))),
  });
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Below `jobs` only the defaults are options of the module; the rest is said of single jobs. */
function withoutNamedJobs(written: unknown): unknown {
  const jobs = at(written, 'jobs');
  if (typeof jobs !== 'object' || jobs === null || Array.isArray(jobs)) return written;
  const defaults = at(jobs, 'defaults');
  return { ...(written as object), jobs: defaults === undefined ? {} : { defaults } };
}

/** The lease key of an application. */
export function leaderKeyOf(appName: string): string {
  return appName === '' ? 'scheduler:leader' : `scheduler:${appName}:leader`;
}

function textOf(value: unknown, path: string): string {
  return typeof value === 'string' ? value : defaultOf(path);
}

function millisecondsOf(value: unknown, path: string): number {
  return typeof value === 'number' ? value : (parseDuration(defaultOf(path)) ?? 0);
}

function defaultOf(path: string): string {
  return OPTIONS.find(spec => spec.path === path)?.default ?? '';
}

/**
 * The variables that are set. REDIS_URL belongs to others as well: where it is not needed it may say what it likes.
 */
function variables({ config, environment = {}, code }: OptionSources): object {
  const set = Object.entries(environment).filter(([, value]) => value !== '' && value !== undefined);
  const modeIn = Object.fromEntries(set)['SCHEDULE_MODE'];
  const mode = at(code, 'mode') ?? modeIn ?? at(config?.schedule, 'mode');
  const urlMatters = mode !== 'ram' && at(code, 'redis') === undefined;
  return Object.fromEntries(set.filter(([name]) => name !== 'REDIS_URL' || urlMatters));
}

function withoutEffect(replicas: unknown): InvalidOptionsError {
  return new InvalidOptionsError({
    problem: "replicas is for consistency: 'strict'; otherwise no replica is asked",
    received: { consistency: 'normal', replicas },
    remedy: "Set consistency to 'strict', or leave replicas out",
  });
}

function tooShort({ intervalMs, ttlMs, marginMs, commandTimeoutMs }: ElectionTiming): InvalidOptionsError {
  const smallestMs = smallestTtlMs(intervalMs);
  return new InvalidOptionsError({
    problem:
      'leader.ttl is too short for leader.interval: a renewal that fails once must have time to be repeated ' +
      `(ttl ≥ interval + margin ${formatDuration(marginMs)} + 2 command timeouts of ${formatDuration(commandTimeoutMs)})`,
    received: { interval: formatDuration(intervalMs), ttl: formatDuration(ttlMs) },
    remedy:
      smallestMs <= DAY_MS
        ? `With this interval give a ttl of at least ${formatDuration(smallestMs)}, or shorten the interval`
        : `Shorten the interval: no ttl is longer than ${formatDuration(DAY_MS)}`,
  });
}
