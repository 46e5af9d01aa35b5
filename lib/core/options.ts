import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';

import { formatDuration, parseDuration } from './duration.js';
import { InvalidOptionsError } from './errors.js';
import { inspect } from './inspect.js';
import { fieldOf } from './option-field.js';
import { OPTIONS, type OptionSource, type OptionSpec } from './option-table.js';
import type { RedisInput } from './redis-input.js';
import { electionTiming, holdsTogether, smallestTtlMs, type ElectionTiming } from './timing.js';

/** Options after defaults, configuration, environment and code were put together and checked. */
export interface ResolvedOptions {
  readonly mode: 'redis' | 'ram';
  readonly redis: RedisInput;
  /** The lease key. */
  readonly leaderKey: string;
  readonly timing: ElectionTiming;
  readonly drainTimeoutMs: number;
}

/** Where options may be written, the strongest last. */
export interface OptionSources {
  /** What ConfigService says of `schedule` and of `core.appName`. */
  readonly config?: { readonly schedule?: unknown; readonly appName?: unknown };
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** What was passed to `forRoot`. */
  readonly code?: unknown;
}

/**
 * Puts the sources together: defaults < configuration < environment < code. Throws one `InvalidOptionsError`
 * that lists everything that is wrong, each with where it was written, what was received and how to mend it.
 */
export function resolveOptions(sources: OptionSources): ResolvedOptions {
  const { config, code } = sources;
  const schedule = OPTIONS.filter(spec => spec.configPath === undefined);
  const core = OPTIONS.filter(spec => spec.configPath !== undefined);
  const read = readAll([
    { place: 'ScheduleModule options', prefix: '', source: 'code', specs: OPTIONS, written: code },
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
      written: config?.schedule,
    },
    {
      place: 'ConfigService',
      prefix: 'core.',
      source: 'config',
      specs: core,
      written: { appName: config?.appName },
    },
  ]);
  const text = (path: string): string => textOf(read(path), path);
  const ms = (path: string): number => millisecondsOf(read(path), path);
  const timing = electionTiming(ms('leader.interval'), ms('leader.ttl'));
  if (!holdsTogether(timing)) throw tooShort(timing);
  return {
    mode: text('mode') === 'ram' ? 'ram' : 'redis',
    redis: (read('redis') ?? defaultOf('redis')) as RedisInput,
    leaderKey: text('leader.key') || leaderKeyOf(text('appName')),
    timing,
    drainTimeoutMs: ms('shutdown.drainTimeout'),
  };
}

function leaderKeyOf(appName: string): string {
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

function tooShort({ intervalMs, ttlMs, marginMs, commandTimeoutMs }: ElectionTiming): InvalidOptionsError {
  return new InvalidOptionsError({
    problem:
      'leader.ttl is too short for leader.interval: a renewal that fails once must have time to be repeated ' +
      `(ttl ≥ interval + margin ${formatDuration(marginMs)} + 2 command timeouts of ${formatDuration(commandTimeoutMs)})`,
    received: { interval: formatDuration(intervalMs), ttl: formatDuration(ttlMs) },
    remedy: `With this interval give a ttl of at least ${formatDuration(smallestTtlMs(intervalMs))}, or shorten the interval`,
  });
}

/** One place where options were written. */
interface Place {
  readonly place: string;
  /** What stands before an option's path in this place. */
  readonly prefix: string;
  readonly source: OptionSource;
  readonly specs: readonly OptionSpec[];
  readonly written: unknown;
}

/** Checks every place, the weaker ones too: a typo there is one all the same. The first that has a value wins. */
function readAll(places: readonly Place[]): (path: string) => unknown {
  const results = places.map(place => ({
    place,
    result: schemaOf(place).safeParse(place.written ?? {}, { reportInput: true }),
  }));
  const refused = results.flatMap(
    ({ place, result }) => result.error?.issues.flatMap(issue => refusals(place, issue)) ?? [],
  );
  if (refused.length > 0) {
    throw new InvalidOptionsError({
      problem: 'ScheduleModule cannot be configured',
      remedy: `Mend this:\n${refused.map(entry => `  - ${entry}`).join('\n')}`,
    });
  }
  return path => {
    const values = results.map(({ place, result }) => at(result.data, nameIn(place.source, path)));
    return values.find(value => value !== undefined && value !== null);
  };
}

/** The place's options as a strict object, nested as they are written. The environment has other variables too. */
function schemaOf({ source, specs }: Place): z.ZodType {
  const shape: Record<string, z.ZodType> = {};
  const groups: Record<string, Record<string, z.ZodType>> = {};
  for (const spec of specs) {
    const [first = '', second] = nameIn(source, spec.path).split('.');
    if (second === undefined) shape[first] = fieldOf(value => spec.read(value, source));
    else (groups[first] ??= {})[second] = fieldOf(value => spec.read(value, source));
  }
  for (const [name, fields] of Object.entries(groups)) shape[name] = z.strictObject(fields).nullish();
  return source === 'environment' ? z.object(shape) : z.strictObject(shape);
}

function nameIn(source: OptionSource, path: string): string {
  return source === 'environment' ? (OPTIONS.find(spec => spec.path === path)?.variable ?? path) : path;
}

/** One line for each thing refused: where, what was received, how to mend it. */
function refusals(place: Place, issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => {
      const path = [...issue.path, key].join('.');
      return line(place, path, at(issue.input, key), unknownRemedy(place, path));
    });
  }
  const remedy = issue.code === 'custom' ? issue.message : 'Give an object of options';
  return [line(place, issue.path.join('.'), issue.input, remedy)];
}

function line({ place, prefix }: Place, path: string, received: unknown, remedy: string): string {
  const name = `${prefix}${path}`.replace(/\.$/, '') || 'options';
  return `${name} (${place}): received ${inspect(received)}. ${remedy}`;
}

function unknownRemedy({ prefix, specs }: Place, path: string): string {
  const known = specs.map(spec => spec.path);
  const guess = closest(path, known);
  return distance(path, guess) <= path.length / 3
    ? `There is no such option; did you mean '${prefix}${guess}'?`
    : `There is no such option; there are ${known.map(name => prefix + name).join(', ')}`;
}

function at(tree: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((node, key) => (isObject(node) ? node[key] : undefined), tree);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
