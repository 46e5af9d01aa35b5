import { z } from 'zod';

/** Why a value was refused: a sentence that says how to mend it. */
export class OptionProblem extends Error {}

/** Where a value was written: a number of milliseconds is legible in code, in YAML `3` could be anything. */
export type OptionSource = 'code' | 'config' | 'environment';

/** Returns the value to go by, or throws an `OptionProblem`. */
export type OptionReader = (value: unknown, source: OptionSource) => unknown;

/** Where an option stands below the object that holds it, and how it is read. */
export interface OptionField {
  /** Names joined by dots, outermost first. */
  readonly path: string;
  readonly read: OptionReader;
  /** Whether `true` or `false` in place of the object around it stands for this field. */
  readonly standsForGroup?: boolean;
}

/** The fields, all of them optional, as a shape for an object of zod, nested as their paths are. */
export function optionShape(fields: readonly OptionField[], source: OptionSource): Record<string, z.ZodType> {
  const names = new Set(fields.map(({ path }) => path.split('.', 1).join()));
  return Object.fromEntries([...names].map(name => [name, member(name, fields, source)]));
}

function member(name: string, fields: readonly OptionField[], source: OptionSource): z.ZodType {
  const field = fields.find(({ path }) => path === name);
  if (field !== undefined) return fieldOf(value => field.read(value, source));
  const below = `${name}.`;
  const inner = fields
    .filter(({ path }) => path.startsWith(below))
    .map(inside => ({ ...inside, path: inside.path.slice(below.length) }));
  return group(inner, source).nullish();
}

function group(fields: readonly OptionField[], source: OptionSource): z.ZodType {
  const object = z.strictObject(optionShape(fields, source));
  const short = fields.find(({ path, standsForGroup = false }) => standsForGroup && !path.includes('.'));
  if (short === undefined) return object;
  return z.preprocess(
    value =>
      typeof value === 'boolean' || value === 'true' || value === 'false' ? { [short.path]: value } : value,
    object,
  );
}

/** An optional field whose value is read by a function that returns it, or throws an `OptionProblem`. */
export function fieldOf<Value>(read: (value: unknown) => Value) {
  const field = z.transform((value: unknown, context): Value => {
    try {
      return read(value);
    } catch (problem) {
      if (!(problem instanceof OptionProblem)) throw problem;
      context.issues.push({ code: 'custom', message: problem.message, input: value });
      return z.NEVER;
    }
  });
  return field.nullish();
}
