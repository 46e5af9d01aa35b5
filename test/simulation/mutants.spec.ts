import { expect, it } from '@jest/globals';

import { mutants } from './mutants.mjs';
import { mutated } from './mutated.mjs';

it('finds the text of each mutant once in its file', () => {
  expect(mutants.filter(mutant => mutated(mutant) === undefined).map(({ name }) => name)).toEqual([]);
});

it('knows each mutant by a name of its own', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
});
