import { object, type GenericSchema } from 'valibot';

import { InvalidOptionsError } from '../errors/errors.js';
import {
  checkOptions,
  optionShape,
  optionsSchema,
  type OptionIssue,
  type OptionSource,
} from './option-field.js';
import { isMisspelt } from '../errors/nearest-name.js';
import { at } from './option-path.js';
import { optionRefusals } from './option-refusals.js';
import { OPTIONS, type OptionSpec } from './option-table.js';

/** One place where options were written. */
export interface Place {
  readonly place: string;
  /** What stands before an option's path in this place. */
  readonly prefix: string;
  readonly source: OptionSource;
  readonly specs: readonly OptionSpec[];
  readonly written: unknown;
}

/**
 * Checks every place, the weaker ones too: a typo there is one all the same. Returns how to read an option by its
 * path: the first place that has a value wins. Throws one `InvalidOptionsError` that lists all that is wrong.
 *
 * @param alsoRefused what else is wrong, one line each
 */
export function readOptions(
  places: readonly Place[],
  alsoRefused: readonly string[] = [],
): (path: string) => unknown {
  const results = places.map(place => ({
    place,
    ...checkOptions(schemaOf(place), place.written ?? {}),
  }));
  const refused = [...results.flatMap(({ place, issues }) => refusals(place, issues)), ...alsoRefused];
  if (refused.length > 0) {
    throw new InvalidOptionsError({
      problem: 'ScheduleModule cannot be configured',
      remedy: `Correct this:\n${refused.map(entry => `  - ${entry}`).join('\n')}`,
    });
  }
  return path => {
    const values = results.map(({ place, options }) => at(options, nameIn(place.source, path)));
    return values.find(value => value !== undefined && value !== null);
  };
}

/** The place's options as a strict object, nested as they are written. The environment has other variables too. */
function schemaOf({ source, specs }: Place): GenericSchema<unknown, object> {
  const fields = specs.map(spec => ({ ...spec, path: nameIn(source, spec.path) }));
  return source === 'environment' ? object(optionShape(fields, source)) : optionsSchema(fields, source);
}

function nameIn(source: OptionSource, path: string): string {
  return source === 'environment' ? (OPTIONS.find(spec => spec.path === path)?.variable ?? path) : path;
}

function refusals({ place, prefix, specs }: Place, issues: readonly OptionIssue[]): string[] {
  const known = specs.map(({ path }) => path);
  return optionRefusals(issues, known, prefix).map(({ path, received, remedy }) => {
    const name = `${prefix}${path}`.replace(/\.$/, '') || 'options';
    const elsewhere = OPTIONS.find(spec => !specs.includes(spec) && isNearly(path, spec.path))?.configPath;
    const better = elsewhere === undefined ? remedy : `There is no such option; did you mean '${elsewhere}'?`;
    return `${name} (${place}): received ${received}. ${better}`;
  });
}

function isNearly(written: string, name: string): boolean {
  return written === name || isMisspelt(written, name);
}
