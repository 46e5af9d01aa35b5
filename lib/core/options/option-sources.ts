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

/** The options of one source, not checked yet. */
export interface WrittenOptions {
  /** The source, as messages name it. */
  readonly place: string;
  /** The path before an option's path in this source. */
  readonly prefix: string;
  readonly source: OptionSource;
  readonly specs: readonly OptionSpec[];
  readonly written: unknown;
}

/**
 * Checks every source, the weaker ones too, so that a typo is found in any of them. Returns a function that reads an
 * option by its path: the first source with a value wins. Throws one `InvalidOptionsError` that lists all problems.
 *
 * @param alsoRefused further problems, one line each
 */
export function readOptions(
  sources: readonly WrittenOptions[],
  alsoRefused: readonly string[] = [],
): (path: string) => unknown {
  const results = sources.map(source => ({
    source,
    ...checkOptions(schemaOf(source), source.written ?? {}),
  }));
  const refused = [...results.flatMap(({ source, issues }) => refusals(source, issues)), ...alsoRefused];
  if (refused.length > 0) {
    throw new InvalidOptionsError({
      problem: 'ScheduleModule cannot be configured',
      remedy: `Correct this:\n${refused.map(entry => `  - ${entry}`).join('\n')}`,
    });
  }
  return path => {
    const values = results.map(({ source, options }) => at(options, nameIn(source.source, path)));
    return values.find(value => value !== undefined && value !== null);
  };
}

/** The options of a source as a strict object, nested as they are written. The environment has other variables too. */
function schemaOf({ source, specs }: WrittenOptions): GenericSchema<unknown, object> {
  const fields = specs.map(spec => ({ ...spec, path: nameIn(source, spec.path) }));
  return source === 'environment' ? object(optionShape(fields, source)) : optionsSchema(fields, source);
}

function nameIn(source: OptionSource, path: string): string {
  return source === 'environment' ? (OPTIONS.find(spec => spec.path === path)?.variable ?? '') : path;
}

function refusals({ place, prefix, specs }: WrittenOptions, issues: readonly OptionIssue[]): string[] {
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
