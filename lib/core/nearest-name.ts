import { closest, distance } from 'fastest-levenshtein';

/** The name among those there are that a mistyped one may have been meant to be; `undefined`: none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const guess = closest(name, [...known]);
  return distance(name, guess) <= Math.max(1, name.length / 3) ? guess : undefined;
}
