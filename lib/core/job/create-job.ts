import type { GenericSchema } from 'valibot';

import { InvalidOptionsError } from '../errors/errors.js';
import { inspect } from '../errors/inspect.js';
import { givenOptions } from './given-options.js';
import type { JobDefinition, ScheduleContext } from './job-definition.js';
import { DECORATOR_FIELDS, LEADER_CRON_FIELDS } from './job-fields.js';
import { jobPolicy } from './job-policy-options.js';
import type { JobPolicy, Overlap } from './job-policy.js';
import { jobSchedule } from '../schedule/job-schedule.js';
import type { JobSettings, SettingsOfJob } from './job-settings.js';
import type { Job, JobHandler } from './job.js';
import { settingContext, type SettingSources } from './setting-context.js';
import { checkOptions, optionsSchema } from '../options/check-options.js';
import { OptionProblem, type OptionField } from '../options/option-field.js';
import { at } from '../options/option-path.js';
import { jobName } from '../options/option-readers.js';
import { optionRefusals, type Refusal } from '../options/option-refusals.js';

/** The facts that hold for a job beside its definition. */
export interface JobDefaults extends SettingSources {
  /** The policy where no option is written. */
  readonly policy: JobPolicy;
  /** Time to live of the lease, which bounds the catch-up window from below. */
  readonly ttlMs: number;
  /** Version of the application; empty: none is configured. @default not checked */
  readonly appVersion?: string;
  /** The settings by the names of jobs, which override definitions. */
  readonly settings?: JobSettings;
  /** The zone where no option says one. @default the zone of the process */
  readonly timeZone?: string | undefined;
  /** Whether a job is disabled where no option says it. @default false */
  readonly disabled?: boolean;
}

/**
 * Makes a job of its definition and of the settings for its name. Throws `InvalidOptionsError` or
 * `InvalidCronError`, both naming the method and, where they matter, the settings.
 *
 * @param method `Class.method`, the default name
 */
export function createJob(
  method: string,
  definition: JobDefinition,
  handler: JobHandler,
  defaults: JobDefaults,
): Job {
  const place = definition.place ?? `@${definition.decorator ?? 'LeaderCron'} on ${method}`;
  const context = settingContext(place, defaults);
  const options = readOptions(place, definition, context);
  const name = textAt(options, 'name') ?? nameOf(place, method);
  const settings = defaults.settings?.of(name) ?? [];
  const sources = [...settings.map(one => one.options), options];
  const written = (path: string): unknown => sources.map(source => at(source, path)).find(isWritten);
  const said = placeWith(place, settings);
  const zone = { timeZone: defaults.timeZone };
  const policy = jobPolicy({ place: said, written, fallback: defaults.policy, ttlMs: defaults.ttlMs });
  if (policy.runAtStart && defaults.appVersion === '') throw noVersion(said);
  return {
    name,
    schedule: jobSchedule({ place: said, definition, sources: [...sources, zone], context }),
    registeredAs: REGISTERED_AS[definition.decorator ?? 'LeaderCron'],
    handler,
    policy,
    disabled: (written('disabled') ?? defaults.disabled) === true,
    unrefTimeout: written('unrefTimeout') === true,
    initialDelayMs: numberOf(written('initialDelay')) ?? 0,
    thresholdMs: numberOf(written('threshold')) ?? Infinity,
  };
}

function noVersion(place: string): InvalidOptionsError {
  return new InvalidOptionsError({
    problem: `${place}: runAtStart runs a job once for each version of the application, and no version is configured`,
    received: { runAtStart: true, appVersion: '' },
    remedy:
      'Give appVersion (core.appVersion in the configuration, or SCHEDULE_APP_VERSION), or remove runAtStart',
  });
}

const REGISTERED_AS = {
  LeaderCron: undefined,
  LeaderInterval: 'interval',
  LeaderTimeout: 'timeout',
} as const;

/** The options of the definition itself, those that functions give included, checked, with `waitForCompletion` as the overlap that it means. */
function readOptions(
  place: string,
  { decorator = 'LeaderCron', options }: JobDefinition,
  context: ScheduleContext,
): object {
  const fields = decorator === 'LeaderCron' ? LEADER_CRON_FIELDS : DECORATOR_FIELDS;
  const { options: read, issues } = checkOptions(schemaOf(fields), givenOptions(place, options, context));
  if (issues.length > 0) {
    const known = fields.map(({ path }) => path);
    throw invalidOptions(place, optionRefusals(issues, known));
  }
  const overlap = overlapOf(place, at(read, 'waitForCompletion'), at(read, 'overlap'));
  return overlap === undefined ? read : { ...read, overlap };
}

const schemas = new Map<readonly OptionField[], GenericSchema<unknown, object>>();

/** Made once: an application may have thousands of jobs. */
function schemaOf(fields: readonly OptionField[]): GenericSchema<unknown, object> {
  const schema = schemas.get(fields) ?? optionsSchema(fields, 'code');
  schemas.set(fields, schema);
  return schema;
}

/** A method's own name may be one that a job's must not be: computed names can be anything. */
function nameOf(place: string, method: string): string {
  try {
    return jobName(method);
  } catch (problem) {
    if (!(problem instanceof OptionProblem)) throw problem;
    throw invalidOptions(place, [{ path: 'name', received: inspect(method), remedy: problem.message }]);
  }
}

/** Translates `waitForCompletion` of `@Cron`, if it is given. */
function overlapOf(place: string, waits: unknown, overlap: unknown): Overlap | undefined {
  if (typeof waits !== 'boolean') return undefined;
  const meant = waits ? 'skip' : 'allow';
  if (overlap == null || overlap === meant) return meant;
  throw new InvalidOptionsError({
    problem: `${place}: waitForCompletion: ${waits} means overlap: '${meant}', and overlap says otherwise`,
    received: { waitForCompletion: waits, overlap },
    remedy: 'Leave waitForCompletion out',
  });
}

function placeWith(place: string, settings: readonly SettingsOfJob[]): string {
  return [place, ...settings.map(({ path }) => path)].join(', with ');
}

function isWritten(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function textAt(options: object, path: string): string | undefined {
  const value = at(options, path);
  return typeof value === 'string' ? value : undefined;
}

function invalidOptions(place: string, refusals: readonly Refusal[]): InvalidOptionsError {
  const lines = refusals.map(
    ({ path, received, remedy }) => `${path || 'options'}: received ${received}. ${remedy}`,
  );
  return new InvalidOptionsError({
    problem: `${place} has invalid options`,
    remedy: `Correct this:\n${lines.map(line => `  - ${line}`).join('\n')}`,
  });
}
