/**
 * How a store treated a value that it cannot have written itself: it counts as absent and stays (`ignored`), was
 * replaced (`repaired`), or was brought back into its range (`clamped`).
 */
export type InvalidValueAction = 'ignored' | 'repaired' | 'clamped';

/** A value in the store that the scheduler cannot have written itself: a person or another program did. */
export interface InvalidValue {
  readonly key: string;
  /** Of a hash; the member of a set; empty where the whole key is meant. */
  readonly field: string;
  /** Its beginning. */
  readonly value: string;
  readonly action: InvalidValueAction;
}
