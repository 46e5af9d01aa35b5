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

/**
 * Whether a name is another one, mistyped: in another case or with other signs between the words; with one letter too
 * few or too many, or two swapped. A name with another letter is a name of its own: `apiVersion` beside `appVersion`.
 */
export function isMisspelt(written: string, name: string): boolean {
  if (written === name || written.length > MAX_LENGTH || name.length > MAX_LENGTH) return false;
  const [bare, meant] = [bareLetters(written), bareLetters(name)];
  if (bare.length !== meant.length) return distance(bare, meant) === 1;
  return distance(bare, meant) <= 2 && sorted(bare) === sorted(meant);
}

function bareLetters(name: string): string {
  return name.replace(/[-_ .]/g, '').toLowerCase();
}

function sorted(text: string): string {
  return text.split('').sort().join('');
}
