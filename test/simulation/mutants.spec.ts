import { expect, it } from '@jest/globals';

import { addedAwaits } from './added-awaits.mjs';
import { firstSeeds } from './first-seeds.mjs';
import { mutants } from './mutants/index.mjs';
import { mutated } from './mutated.mjs';

it('finds the text of each mutant, and of each added await, once in its file', () => {
  expect(
    [...mutants, ...addedAwaits].filter(mutant => mutated(mutant) === undefined).map(({ name }) => name),
  ).toEqual([]);
});

it('knows each mutant by a name of its own, which is one word of a shell', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  expect(mutants.map(({ name }) => name).filter(name => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))).toEqual([]);
});

it('knows the mutants whose first seeds it lists', () => {
  const names = new Set(mutants.map(({ name }) => name));
  expect(Object.keys(firstSeeds).filter(name => !names.has(name))).toEqual([]);
});
