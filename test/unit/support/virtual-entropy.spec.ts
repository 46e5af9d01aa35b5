import { describe, expect, test } from '@jest/globals';
import { VirtualEntropy } from '../../support/virtual-entropy.js';

describe('VirtualEntropy', () => {
  test('repeats itself for the same seed', () => {
    const [one, two] = [new VirtualEntropy(7), new VirtualEntropy(7)];
    const draw = (entropy: VirtualEntropy) => [entropy.uniform(0, 1), entropy.id(), entropy.uniform(0, 1)];
    expect(draw(one)).toEqual(draw(two));
  });

  test('spreads numbers evenly over the range, including the lower bound only', () => {
    const entropy = new VirtualEntropy(1);
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let draw = 0; draw < 10_000; draw += 1) {
      const tenth = Math.floor((entropy.uniform(200, 300) - 200) / 10);
      tenths[tenth] = (tenths[tenth] ?? NaN) + 1;
    }
    expect(tenths).toHaveLength(10);
    for (const count of tenths) expect(Math.abs(count - 1_000)).toBeLessThan(120);
  });

  test('never gives an id twice, whatever the seed', () => {
    const ids = [1, 2, 11].flatMap(seed => {
      const entropy = new VirtualEntropy(seed);
      return Array.from({ length: 50 }, () => entropy.id());
    });
    expect(new Set(ids).size).toBe(150);
  });
});
