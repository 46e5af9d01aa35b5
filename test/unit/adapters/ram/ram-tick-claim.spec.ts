import { expect, it } from '@jest/globals';

import { RamJobs } from '../../../../lib/adapters/ram/ram-jobs.js';
import { RamTickClaim } from '../../../../lib/adapters/ram/ram-tick-claim.js';
import { BUILT_IN_POLICY } from '../../../../lib/core/job/job-policy-options.js';
import { EARLY_MS } from '../../../../lib/core/tick/early-claim.js';
import { SECOND } from '../../../support/durations.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const NOW = Date.UTC(2030, 0, 1);

function answerTo(tick: number) {
  const { overlap, recover, retention } = BUILT_IN_POLICY;
  const run = {
    job: 'job',
    tick,
    runId: 'run',
    manual: false,
    intent: 'run',
    reason: '',
    facts: {},
  } as const;
  const terms = { podId: 'a', token: 1, lockMs: 10 * SECOND, leads: true };
  return new RamTickClaim(
    new RamJobs(new VirtualClock(NOW)),
    { ...run, overlap, recover, retention },
    terms,
  ).decide();
}

it.each([
  ['due', 0],
  ['past', -EARLY_MS],
  ['within the tolerance', EARLY_MS],
])('grants a tick that is %s', (_, inMs) => {
  expect(answerTo(NOW + inMs)).toEqual({ kind: 'go' });
});

it('refuses a tick that is later than the tolerance', () => {
  expect(answerTo(NOW + EARLY_MS + 1)).toEqual({ kind: 'early', waitMs: EARLY_MS + 1 });
});
