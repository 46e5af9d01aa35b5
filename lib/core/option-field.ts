import { z } from 'zod';

/** Why a value was refused: a sentence that says how to mend it. */
export class OptionProblem extends Error {}

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
