/*
 * The settings of single jobs, by their names: below `jobs` of the options in code, and below `schedule.jobs` of the
 * configuration. A name is a key as it is written, dots included: `'Reports.daily': { … }`. A key with no option
 * directly below it is the first half of a name: `Reports: { daily: { … } }`.
 */

import { SETTINGS_FIELDS } from './job-fields.js';
import { ADOPT, DEFAULTS } from './job-name.js';
import { isMisspelt, nearestName } from '../errors/nearest-name.js';
import { checkOptions, optionsSchema } from '../options/check-options.js';
import type { OptionSource } from '../options/option-field.js';
import { optionRefusals } from '../options/option-refusals.js';

const KNOWN = SETTINGS_FIELDS.map(({ path }) => path);
const OPTION_NAMES = [...new Set(KNOWN.map(path => path.split('.', 1).join()))];

/** A source of settings of jobs. */
export interface SettingsSource {
  /** As it stands in messages. */
  readonly place: string;
  /** The path before a job's name in this source. */
  readonly prefix: string;
  readonly source: OptionSource;
  /** The object below `jobs`. */
  readonly jobs: unknown;
}

/** The checked settings of one job from one source. */
export interface SettingsOfJob {
  readonly job: string;
  /** Where: `schedule.jobs.invoices`. */
  readonly path: string;
  /** Options, nested as they are written. */
  readonly options: unknown;
}

/** Settings of a job that is not there. */
export interface StraySettings {
  readonly job: string;
  readonly path: string;
  /** The name that may have been meant. */
  readonly nearest: string | undefined;
}

/** The settings of jobs, of all sources. */
export class JobSettings {
  constructor(private readonly all: readonly SettingsOfJob[] = []) {}

  /** The settings of a job, the strongest source first. For every job, also one that is made at run time. */
  of(job: string): readonly SettingsOfJob[] {
    return this.all.filter(settings => settings.job === job);
  }

  /** The settings of jobs that are not among these. */
  strays(jobs: readonly string[]): readonly StraySettings[] {
    const strays = this.all.filter(({ job }) => !jobs.includes(job));
    return strays.map(({ job, path }) => ({
      job,
      path,
      nearest: nearestName(job, [...jobs, DEFAULTS, ADOPT]),
    }));
  }
}

/**
 * Reads the settings of single jobs.
 *
 * @param sources the strongest first
 * @returns the settings, and one line for each thing that is wrong
 */
export function readJobSettings(sources: readonly SettingsSource[]): {
  readonly settings: JobSettings;
  readonly refused: readonly string[];
} {
  const read = sources.flatMap(source => entriesOf(source).map(entry => readEntry(source, entry)));
  return {
    settings: new JobSettings(read.flatMap(({ settings }) => settings)),
    refused: read.flatMap(({ refused }) => refused),
  };
}

interface Entry {
  readonly job: string;
  readonly written: unknown;
}

function entriesOf({ jobs }: SettingsSource): readonly Entry[] {
  if (!isTree(jobs)) return [];
  return Object.entries(jobs)
    .filter(([name]) => name !== DEFAULTS && name !== ADOPT)
    .flatMap(([name, written]) =>
      isHalfOfName(written) ? belowHalf(name, written) : { job: name, written },
    );
}

function belowHalf(half: string, tree: Record<string, unknown>): readonly Entry[] {
  return Object.entries(tree).map(([name, written]) => ({ job: `${half}.${name}`, written }));
}

/** An option that was mistyped is none: only objects can be jobs, and not under names that are nearly options. */
function isHalfOfName(written: unknown): written is Record<string, unknown> {
  if (!isTree(written) || Object.keys(written).length === 0) return false;
  return Object.entries(written).every(
    ([name, value]) => isTree(value) && nearestName(name, OPTION_NAMES) === undefined,
  );
}

function readEntry(
  { place, prefix, source }: SettingsSource,
  { job, written }: Entry,
): { readonly settings: readonly SettingsOfJob[]; readonly refused: readonly string[] } {
  const path = `${prefix}${job}`;
  const { options, issues } = checkOptions(optionsSchema(SETTINGS_FIELDS, source), written ?? {});
  if (issues.length === 0) return { settings: [{ job, path, options }], refused: [] };
  const refusals = optionRefusals(issues, KNOWN, `${path}.`);
  const refused = refusals.map(({ path: below, received, remedy }) =>
    below === ''
      ? `${path} (${place}): received ${received}. ${remedyOf(job, prefix, remedy)}`
      : `${path}.${below} (${place}): received ${received}. ${remedy}`,
  );
  return { settings: [], refused };
}

/** Of what is no object of options, it was perhaps no job that was meant. */
function remedyOf(job: string, prefix: string, remedy: string): string {
  return isMisspelt(job, ADOPT) ? `Did you mean '${prefix}${ADOPT}'?` : remedy;
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
