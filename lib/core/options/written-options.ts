import { misspeltSections } from './misspelt-sections.js';
import { at } from './option-path.js';
import type { WrittenOptions } from './option-sources.js';
import { OPTIONS } from './option-table.js';
import { ADOPT, DEFAULTS } from '../job/job-name.js';
import type { SettingsSource } from '../job/job-settings.js';

/** The sources of options, the strongest last. */
export interface OptionSources {
  /**
   * The values of ConfigService for `schedule`, `core.appName` and `core.appVersion`. The sections `core` and
   * `scheduler` are searched for misspelt names.
   */
  readonly config?: {
    readonly schedule?: unknown;
    readonly appName?: unknown;
    readonly appVersion?: unknown;
    readonly core?: unknown;
    readonly scheduler?: unknown;
  };
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** The argument of `forRoot`. */
  readonly code?: unknown;
  /** The name of `code` in errors. @default 'ScheduleModule options' */
  readonly codeName?: string;
}

/** The options of the module in each source, the strongest first. */
export function optionsIn(sources: OptionSources): readonly WrittenOptions[] {
  return [inCode(sources), inEnvironment(sources), inSchedule(sources), inCore(sources)];
}

/** The settings of single jobs in each source, the strongest first. */
export function namedJobsIn({ config, code, codeName = CODE }: OptionSources): readonly SettingsSource[] {
  const configured = at(config?.schedule, 'jobs');
  return [
    { place: codeName, prefix: 'jobs.', source: 'code', jobs: at(code, 'jobs') },
    { place: 'ConfigService', prefix: 'schedule.jobs.', source: 'config', jobs: configured },
  ];
}

/** One line for each section of the configuration that was probably meant for the scheduler. */
export function misspeltIn({ config, environment = {}, code }: OptionSources): readonly string[] {
  const own = OPTIONS.filter(spec => spec.configPath === undefined).map(({ path }) => path);
  const isSetOutside = (path: string): boolean =>
    OPTIONS.some(
      spec => `${spec.path}.`.startsWith(`${path}.`) && (environment[spec.variable ?? ''] ?? '') !== '',
    );
  return misspeltSections({
    core: config?.core,
    schedule: config?.schedule,
    scheduler: config?.scheduler,
    known: own,
    isSet: path =>
      isThere(at(code, path)) || isSetOutside(path) || (!own.includes(path) && isThere(at(config, path))),
  });
}

const CODE = 'ScheduleModule options';

function inCode({ code, codeName = CODE }: OptionSources): WrittenOptions {
  return { place: codeName, prefix: '', source: 'code', specs: OPTIONS, written: withoutNamedJobs(code) };
}

function inEnvironment(sources: OptionSources): WrittenOptions {
  return {
    place: 'environment',
    prefix: '',
    source: 'environment',
    specs: OPTIONS.filter(({ variable }) => variable !== undefined),
    written: variables(sources),
  };
}

function inSchedule({ config }: OptionSources): WrittenOptions {
  return {
    place: 'ConfigService',
    prefix: 'schedule.',
    source: 'config',
    specs: OPTIONS.filter(spec => spec.configPath === undefined),
    written: withoutNamedJobs(config?.schedule),
  };
}

function inCore({ config }: OptionSources): WrittenOptions {
  return {
    place: 'ConfigService',
    prefix: 'core.',
    source: 'config',
    specs: OPTIONS.filter(spec => spec.configPath !== undefined),
    written: { appName: config?.appName, appVersion: config?.appVersion },
  };
}

/** Below `jobs` only `adopt` and the defaults are options of the module; the rest are settings of single jobs. */
function withoutNamedJobs(written: unknown): unknown {
  const jobs = at(written, 'jobs');
  if (typeof jobs !== 'object' || jobs === null || Array.isArray(jobs)) return written;
  const own = [ADOPT, DEFAULTS].flatMap(name => {
    const value = at(jobs, name);
    return value === undefined ? [] : [{ [name]: value }];
  });
  return { ...(written as object), jobs: Object.assign({}, ...own) as object };
}

/** The variables that are set. Other programs use REDIS_URL, too: where it is not needed it is not checked. */
function variables({ config, environment = {}, code }: OptionSources): object {
  const set = Object.entries(environment).filter(([, value]) => value !== '' && value !== undefined);
  const modeIn = Object.fromEntries(set)['SCHEDULE_MODE'];
  const mode = at(code, 'mode') ?? modeIn ?? at(config?.schedule, 'mode');
  const isUrlNeeded = mode !== 'ram' && at(code, 'redis') === undefined;
  return Object.fromEntries(set.filter(([name]) => name !== 'REDIS_URL' || isUrlNeeded));
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}
