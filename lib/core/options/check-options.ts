import {
  custom,
  nullish,
  pipe,
  rawTransform,
  safeParse,
  strictObject,
  transform,
  unknown,
  type BaseIssue,
  type GenericSchema,
} from 'valibot';

import { OptionProblem, type OptionField, type OptionSource } from './option-field.js';

/** A problem of one value or, as `strict_object`, of a name. */
export type OptionIssue = BaseIssue<unknown>;

/** An object of options, checked: its values as they were read, or everything that is wrong. */
export interface CheckedOptions {
  readonly options: object;
  readonly issues: readonly OptionIssue[];
}

/** Checks an object. All issues are wanted, whatever the application has set for its own use of valibot. */
export function checkOptions(schema: GenericSchema<unknown, object>, written: unknown): CheckedOptions {
  const { success, output, issues } = safeParse(schema, written, {
    abortEarly: false,
    abortPipeEarly: false,
  });
  return success ? { options: output, issues: [] } : { options: {}, issues };
}

/** The fields, all of them optional, as an object that has no others, nested as their paths are. */
export function optionsSchema(
  fields: readonly OptionField[],
  source: OptionSource,
): GenericSchema<unknown, object> {
  return pipe(
    custom<object>(isOptions, 'Give an object of options'),
    strictObject(optionShape(fields, source)),
  );
}

function isOptions(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The fields, all of them optional, by the names of the outermost objects. */
export function optionShape(
  fields: readonly OptionField[],
  source: OptionSource,
): Record<string, GenericSchema> {
  const names = new Set(fields.map(({ path }) => path.split('.', 1).join()));
  return Object.fromEntries([...names].map(name => [name, member(name, fields, source)]));
}

function member(name: string, fields: readonly OptionField[], source: OptionSource): GenericSchema {
  const field = fields.find(({ path }) => path === name);
  if (field !== undefined) return fieldOf(value => field.read(value, source));
  const below = `${name}.`;
  const inner = fields
    .filter(({ path }) => path.startsWith(below))
    .map(inside => ({ ...inside, path: inside.path.slice(below.length) }));
  return nullish(group(inner, source));
}

function group(fields: readonly OptionField[], source: OptionSource): GenericSchema {
  const object = optionsSchema(fields, source);
  const short = fields.find(({ path, standsForGroup = false }) => standsForGroup && !path.includes('.'));
  if (short === undefined) return object;
  return pipe(
    unknown(),
    transform(value =>
      typeof value === 'boolean' || value === 'true' || value === 'false' ? { [short.path]: value } : value,
    ),
    object,
  );
}

/** An optional field whose value is read by a function that returns it, or throws an `OptionProblem`. */
function fieldOf(read: (value: unknown) => unknown): GenericSchema {
  const field = rawTransform<unknown, unknown>(({ dataset, addIssue, NEVER }) => {
    try {
      return read(dataset.value);
    } catch (problem) {
      if (!(problem instanceof OptionProblem)) throw problem;
      addIssue({ message: problem.message });
      return NEVER;
    }
  });
  return nullish(pipe(unknown(), field));
}
