import { expect, it } from '@jest/globals';

import { RamClusterStore } from '../../../../lib/adapters/ram/ram-cluster-store.js';
import { RamJobs } from '../../../../lib/adapters/ram/ram-jobs.js';
import { electionTiming } from '../../../../lib/core/election/timing.js';
import { StoreCall } from '../../../../lib/engine/store-call.js';
import { EventBus } from '../../../../lib/engine/event-bus.js';
import { JobSweeper, KEPT_FOR, SWEEP_EVERY_MS } from '../../../../lib/engine/control/job-sweeper.js';
import { VirtualClock } from '../../../../lib/testing/virtual-clock.js';
import { SECOND } from '../../../support/durations.js';
import { FaultyClusterStore } from '../../../support/faulty-control-store.js';

type Others = Awaited<
  ReturnType<NonNullable<ConstructorParameters<typeof JobSweeper>[0]['jobSets']>['readOthers']>
>;

/** A sweeper that is asked every second whether something has expired, and how often it has swept. */
function lab(others: () => Others) {
  const clock = new VirtualClock(0);
  const cluster = new FaultyClusterStore(new RamClusterStore(new RamJobs(clock), 'a'));
  let sweeps = 0;
  const readOthers = (): Promise<Others> => {
    sweeps += 1;
    return Promise.resolve(others());
  };
  const sweeper = new JobSweeper({
    podId: 'a',
    cluster,
    jobs: { find: () => undefined },
    jobSets: { readOthers },
    elector: { fenced: () => undefined },
    storeCall: new StoreCall({
      clock,
      events: new EventBus(error => {
        throw error;
      }),
      timing: electionTiming(3000, 10_000),
      source: 'runs',
    }),
    clock,
    sweepEveryMs: SWEEP_EVERY_MS,
    kept: KEPT_FOR,
  });
  const sweepsWithin = async (seconds: number): Promise<number> => {
    const before = sweeps;
    for (let second = 0; second < seconds; second += 1) {
      void sweeper.sweep(1);
      await clock.advance(SECOND);
    }
    return sweeps - before;
  };
  return { cluster, sweepsWithin };
}

it('sweeps once an hour', async () => {
  const { sweepsWithin } = lab(() => new Map());
  expect(await sweepsWithin(3600)).toBe(1);
  expect(await sweepsWithin(10)).toBe(1);
});

it.each(['fails', 'hangs'] as const)(
  'sweeps again soon where the store gives no answer: it %s',
  async fault => {
    const { cluster, sweepsWithin } = lab(() => new Map());
    cluster.fault = fault;
    expect(await sweepsWithin(30)).toBe(3);
    cluster.fault = 'none';
    expect(await sweepsWithin(600)).toBe(1);
  },
);

it('sweeps again soon where the notes of the other pods were not answered', async () => {
  const { sweepsWithin } = lab(() => 'unanswered');
  expect(await sweepsWithin(30)).toBe(3);
});

it('waits ten minutes for a pod of which is not known which jobs it has', async () => {
  const { sweepsWithin } = lab(() => 'unknown');
  expect(await sweepsWithin(600)).toBe(1);
  expect(await sweepsWithin(10)).toBe(1);
});
