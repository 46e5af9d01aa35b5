import { expect, it } from '@jest/globals';

import { NoSchedulerError } from '../../../lib/cli/no-scheduler-error.js';

const messageFor = (leaderKey: string, ...others: readonly string[]) =>
  new NoSchedulerError(
    leaderKey,
    others.map(key => ({ leaderKey: key, holder: 'pod-a', isLed: true })),
  ).message;

it.each([
  ['scheduler:Billing:leader', 'scheduler:billing:leader', 'Did you mean --app billing? '],
  ['scheduler:bill-ing:leader', 'scheduler:billing:leader', 'Did you mean --app billing? '],
  ['schedules:billing', 'schedule:billing', 'Did you mean --key schedule:billing? '],
  ['scheduler:cat:leader', 'scheduler:dog:leader', 'There are, for --key:'],
])('for %s there is %s: %s', (leaderKey, other, words) => {
  expect(messageFor(leaderKey, other)).toContain(`There is no scheduler under '${leaderKey}'. ${words}`);
});
