import { closest, distance } from 'fastest-levenshtein';

/** A longer name is no mistyped one; and the time that the comparison takes grows with the square of the length. */
const MAX_LENGTH = 200;

/** The name among those there are that a mistyped one may have been meant to be; `undefined`: none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const near = name.length > MAX_LENGTH ? [] : known.filter(({ length }) => length <= MAX_LENGTH);
  if (near.length === 0) return undefined;
  const guess = closest(name, near);
  return distance(name, guess) <= Math.max(1, name.length / 3) ? guess : undefined;
}
