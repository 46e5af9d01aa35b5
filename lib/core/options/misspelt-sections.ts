/*
 * Sections of a configuration that were probably meant for the scheduler, and that no code reads. A configuration is
 * shared with the application. So a section is refused only if it is close to a name of ours, the name itself is
 * missing, and no other source sets the option.
 */
import { InvalidOptionsError } from '../errors/errors.js';
import { inspectKind } from '../errors/inspect.js';
import { DEFAULTS } from '../job/job-name.js';
import type { JobSettings } from '../job/job-settings.js';
import { isMisspelt } from '../errors/nearest-name.js';
import { receivedAt } from './option-refusals.js';

/** The sections to check, and the options that other sources set. */
export interface MisspeltInput {
  /** The section `core`. */
  readonly core: unknown;
  readonly schedule: unknown;
  readonly scheduler: unknown;
  /** Options below `schedule`, by their paths. */
  readonly known: readonly string[];
  /** Whether an option, or one below it, is set in another source. */
  readonly isSet: (path: string) => boolean;
}

const CORE_OPTIONS = ['appName', 'appVersion'] as const;

/** One line for each section or key that is refused. */
export function misspeltSections(input: MisspeltInput): readonly string[] {
  return [...misspeltScheduler(input), ...CORE_OPTIONS.flatMap(name => misspeltCore(name, input))];
}

/** `scheduler:` holds options of ours, and there is no `schedule:`. */
function misspeltScheduler({ schedule, scheduler, known, isSet }: MisspeltInput): readonly string[] {
  if ((schedule !== undefined && schedule !== null) || !isTree(scheduler)) return [];
  const groups = new Set(known.map(path => path.split('.', 1).join()));
  const ours = Object.keys(scheduler).filter(key => groups.has(key) && !isSet(key));
  if (ours.length === 0) return [];
  return [
    `scheduler (ConfigService): received ${inspectKind(scheduler)}. The section of the scheduler is 'schedule'; ` +
      `did you mean ${ours.map(key => `'schedule.${key}'`).join(', ')}?`,
  ];
}

/** `core.appname`, where there is no `core.appName`. */
function misspeltCore(
  name: (typeof CORE_OPTIONS)[number],
  { core, isSet }: MisspeltInput,
): readonly string[] {
  if (!isTree(core) || isSet(name)) return [];
  return Object.entries(core)
    .filter(([key, value]) => ['string', 'number'].includes(typeof value) && isMisspelt(key, name))
    .map(
      ([key, value]) =>
        `core.${key} (ConfigService): received ${receivedAt(`core.${key}`, value)}. ` +
        `There is no such option; did you mean 'core.${name}'?`,
    );
}

/**
 * Throws `InvalidOptionsError` when settings of a job that there is not were meant for all jobs: `jobs.default`.
 *
 * @param jobs the names of all jobs
 */
export function refuseMisspeltDefaults(settings: JobSettings, jobs: readonly string[]): void {
  const misspelt = settings.strays(jobs).filter(({ job }) => isMisspelt(job, DEFAULTS));
  if (misspelt.length === 0) return;
  throw new InvalidOptionsError({
    problem: `There is no job '${misspelt.map(({ job }) => job).join("', '")}' to which settings could belong`,
    received: misspelt.map(({ path }) => path),
    remedy: `Settings for all jobs stand below '${DEFAULTS}': did you mean ${meant(misspelt)}?`,
  });
}

function meant(misspelt: readonly { readonly job: string; readonly path: string }[]): string {
  const paths = misspelt.map(({ job, path }) => `'${path.slice(0, -job.length)}${DEFAULTS}'`);
  return [...new Set(paths)].join(', ');
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
