import { readFileSync } from 'node:fs';

import { expect, it } from '@jest/globals';

import { EARLY_MS } from '../../../../../lib/core/tick/early-claim.js';
import { AHEAD_MS } from '../../../../../lib/core/tick/overdue.js';

/** A number that a piece of the scripts declares. */
function constantOf(piece: string, name: string): number {
  const lua = readFileSync(`lib/adapters/redis/scripts/shared/${piece}.lua`, 'utf8');
  return Number(new RegExp(`^local ${name} = (\\d+)$`, 'm').exec(lua)?.[1]);
}

it('tolerates claims in the scripts that are as early as those in memory', () => {
  expect(constantOf('watermark', 'EARLY')).toBe(EARLY_MS);
});

it('judges instants in the future in the scripts as the engine does', () => {
  expect(constantOf('stored-values', 'SLACK')).toBe(AHEAD_MS);
});
