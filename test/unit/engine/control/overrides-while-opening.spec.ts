import { describe, expect, it } from '@jest/globals';

import { SECOND } from '../../../support/durations.js';
import { EngineCluster } from '../../../support/engine-harness.js';
import { holdOpening, manualJob, reschedule } from '../../../support/requested-runs.js';

describe('another schedule', () => {
  it.each([
    ['replaced', '*/2 * * * * *', [1, 2, 3, 4, 6]],
    ['removed', undefined, [1, 2, 3, 4, 5, 6]],
  ])('that is %s while the job is opened by it misses no tick', async (_, next, seconds) => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.advance(3.1 * SECOND);
    const answer = holdOpening(a);
    await reschedule(cluster, '*/5 * * * * *');
    await cluster.advance(10);
    await reschedule(cluster, next);
    await cluster.advance(10);
    answer();
    await cluster.advance(3 * SECOND);
    expect(cluster.seconds()).toEqual(seconds);
  });
});

describe('a job with another schedule, created while its pod leads', () => {
  it('misses no tick when the leader reads the overrides while it opens the job', async () => {
    const cluster = new EngineCluster([manualJob()]);
    const a = await cluster.started('a');
    await reschedule(cluster, '*/2 * * * * *', 'late');
    await cluster.advance(3.1 * SECOND);
    const answer = holdOpening(a);
    a.create({ name: 'late' });
    await cluster.advance(10);
    // Of another job: all overrides are read.
    await reschedule(cluster, '0 0 1 1 *');
    await cluster.advance(10);
    answer();
    await cluster.advance(2 * SECOND);
    expect(cluster.seconds('late')).toEqual([4]);
  });

  it('catches up what was missed by it', async () => {
    const cluster = new EngineCluster([{ policy: { catchUp: 'all' } }]);
    const a = await cluster.started('a');
    await reschedule(cluster, '*/5 * * * * *');
    await cluster.advance(6 * SECOND);
    a.die();
    await cluster.advance(15 * SECOND);
    const b = await cluster.started('b', {}, []);
    await cluster.advance(SECOND);
    b.create({ policy: { catchUp: 'all' } });
    await cluster.advance(4 * SECOND);
    expect(cluster.seconds()).toEqual([5, 10, 15, 20, 25]);
  });
});
