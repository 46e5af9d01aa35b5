import { object, type GenericSchema } from 'valibot';

import { checkOptions, optionShape, optionsSchema, type OptionIssue } from './check-options.js';
import { OptionProblem, type OptionSource } from './option-field.js';
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

/** The checked options of all sources. */
export interface CheckedSources {
  /** Reads an option by its path: the first source with a valid value wins. `undefined`: none has one. */
  readonly read: (path: string) => unknown;
  /** Whether a source has an invalid value of this option. */
  readonly isRefused: (path: string) => boolean;
  /** The problems, one line each. */
  readonly refused: readonly string[];
}

/** Checks every source, the weaker ones too, so that a typo is found in any of them. */
export function checkSources(sources: readonly WrittenOptions[]): CheckedSources {
  const results = sources.map(source => ({
    source,
    ...checkOptions(schemaOf(source), source.written ?? {}),
  }));
  return {
    read: path => {
      const values = results.map(({ source, options, issues }) =>
        issues.length === 0 ? at(options, nameIn(source.source, path)) : readAlone(source, path),
      );
      return values.find(value => value !== undefined && value !== null && value !== REFUSED);
    },
    isRefused: path => sources.some(source => readAlone(source, path) === REFUSED),
    refused: results.flatMap(({ source, issues }) => refusals(source, issues)),
  };
}

/** In place of a value that is not valid. */
const REFUSED = Symbol('refused');

/** One option of a source of which others are not valid. */
function readAlone({ source, specs, written }: WrittenOptions, path: string): unknown {
  const value = at(written, nameIn(source, path));
  if (value === undefined || value === null) return undefined;
  try {
    return specs.find(spec => spec.path === path)?.read(value, source);
  } catch (problem) {
    if (problem instanceof OptionProblem) return REFUSED;
    throw problem;
  }
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
