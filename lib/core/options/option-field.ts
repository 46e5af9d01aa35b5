/** Why a value was refused: a sentence that names the remedy. */
export class OptionProblem extends Error {}

/** Where a value was written: a number of milliseconds is legible in code, in YAML `3` could be anything. */
export type OptionSource = 'code' | 'config' | 'environment';

/** Returns the value to use, or throws an `OptionProblem`. */
export interface OptionReader {
  (value: unknown, source: OptionSource): unknown;
  /** Of a duration; the documentation has them. */
  readonly bounds?: { readonly minMs: number; readonly maxMs: number };
}

/** Where an option stands below the object that holds it, and how it is read. */
export interface OptionField {
  /** Names joined by dots, outermost first. */
  readonly path: string;
  readonly read: OptionReader;
  /** Whether `true` or `false` in place of the object around it stands for this field. */
  readonly standsForGroup?: boolean;
}
