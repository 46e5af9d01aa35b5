import { describe, expect, it } from '@jest/globals';

import type { Overlap } from '../../../../lib/core/job/job-policy.js';
import { SECOND } from '../../../support/durations.js';
import { EngineCluster, START, type JobSpec } from '../../../support/engine-harness.js';
import { slow } from '../../../support/slow-job.js';

/** A handler, and the most calls of it that went on at once. */
const atMost = () => {
  let running = 0;
  let most = 0;
  const handler: JobSpec['handler'] = async (_, pod) => {
    most = Math.max(most, (running += 1));
    await pod.clock.wait(100);
    running -= 1;
  };
  return { handler, most: () => most };
};

describe('ticks that a late wake-up finds together', () => {
  it.each<Overlap>(['skip', 'queue'])(
    'run one after the other, in their order, with overlap %s',
    async overlap => {
      const { handler, most } = atMost();
      const cluster = new EngineCluster([{ policy: { overlap }, handler }]);
      await cluster.started('a');
      await cluster.clock.pauseFor(4.5 * SECOND);
      await cluster.advance(490);
      expect(cluster.seconds()).toEqual([1, 2, 3, 4]);
      expect(most()).toBe(1);
    },
  );

  it('run beside each other when the job allows that', async () => {
    const { handler, most } = atMost();
    const cluster = new EngineCluster([{ policy: { overlap: 'allow' }, handler }]);
    await cluster.started('a');
    await cluster.clock.pauseFor(4.5 * SECOND);
    await cluster.advance(0);
    expect(cluster.seconds()).toEqual([1, 2, 3, 4]);
    expect(most()).toBe(4);
  });

  it('come before those that fall due meanwhile, which are skipped', async () => {
    const cluster = new EngineCluster([slow('skip', 1.2 * SECOND)]);
    const a = await cluster.started('a');
    await cluster.clock.pauseFor(2.5 * SECOND);
    await cluster.advance(2.6 * SECOND);
    expect(cluster.seconds()).toEqual([1, 2, 5]);
    expect(await cluster.outcomes()).toEqual([
      '1 succeeded',
      '2 succeeded',
      '3 skipped running',
      '4 skipped running',
    ]);
    expect(a.skips).toEqual(['3 running', '4 running']);
  });
});

describe('ticks that a wake-up finds too late', () => {
  it('are skipped when they are found later than the threshold', async () => {
    const cluster = new EngineCluster([{ thresholdMs: SECOND }]);
    const a = await cluster.started('a');
    await cluster.clock.pauseFor(4.5 * SECOND);
    await cluster.advance(100);
    expect(cluster.seconds()).toEqual([4]);
    expect(a.skips).toEqual(['1 late', '2 late', '3 late']);
    expect(await cluster.outcomes()).toContain('3 skipped late');
  });

  it('give way to the newest when they are more than a hundred; the others are recorded as missed', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    a.runs.faults.claim = 'fails';
    await cluster.advance(150_400);
    a.runs.faults.claim = 'none';
    await cluster.advance(500);
    expect(cluster.seconds()).toEqual([1, 150]);
    const [missed] = a.eventsOf('job.missed');
    expect(missed).toMatchObject({
      count: 148,
      since: new Date(START + SECOND),
      tick: new Date(START + 149 * SECOND),
    });
    expect(await cluster.outcomes()).toEqual(['1 succeeded', '149 missed', '150 succeeded']);
  });
});
