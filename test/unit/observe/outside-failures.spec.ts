import { beforeEach, expect, it } from '@jest/globals';

import { OutsideFailures } from '../../../lib/observe/outside-failures.js';
import { VirtualClock } from '../../support/virtual-clock.js';

let clock: VirtualClock;
let lines: string[];
let failures: OutsideFailures;
beforeEach(() => {
  clock = new VirtualClock();
  lines = [];
  failures = new OutsideFailures(clock, message => lines.push(message));
});

it('logs a failure once, and after a minute how often it came again', async () => {
  for (let times = 0; times < 500; times += 1) failures.note('A listener', new Error('no'));
  expect(lines).toEqual(['A listener failed: no']);
  await clock.advance(60_000);
  failures.note('A listener', new Error('no'));
  failures.note('A listener', new Error('no'));
  expect(lines.slice(1)).toEqual(['A listener failed: no (and 499 times since it was last logged)']);
});

it('distinguishes failures by their source and kind', () => {
  failures.note('A listener', new Error('no'));
  failures.note('The tracer', new Error('no'));
  failures.note('The tracer', 'a text');
  expect(lines).toEqual(['A listener failed: no', 'The tracer failed: no', 'The tracer failed: a text']);
});

it('keeps at most a hundred in mind', () => {
  for (let number = 0; number < 101; number += 1) failures.note('A listener', new Error(String(number)));
  failures.note('A listener', new Error('0'));
  expect(lines.filter(line => line.endsWith(' 0'))).toHaveLength(2);
});
