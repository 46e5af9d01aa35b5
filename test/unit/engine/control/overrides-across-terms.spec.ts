import { describe, expect, it } from '@jest/globals';

import { SECOND } from '../../../support/durations.js';
import { EngineCluster } from '../../../support/engine-harness.js';
import { reschedule } from '../../../support/requested-runs.js';

describe('another schedule', () => {
  it('that a new leader is notified of while it settles the past loses no tick that was missed by it', async () => {
    const cluster = new EngineCluster([{ policy: { catchUp: 'all' } }]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    b.lease.isDeaf = true;
    b.cluster.fault = 'hangs';
    await reschedule(cluster, '*/5 * * * * *');
    await cluster.advance(6.5 * SECOND);
    b.runs.faults.unfinished = 'hangs';
    await a.engine.shutdown(0);
    await cluster.advance(4.5 * SECOND);
    expect(b.elector.isLeader()).toBe(true);
    b.cluster.fault = 'none';
    await cluster.advance(5 * SECOND);
    b.runs.faults.unfinished = 'none';
    await cluster.advance(10 * SECOND);
    expect(cluster.runsBy()).toEqual(['a 5', 'b 10', 'b 15', 'b 20', 'b 25']);
  });

  it('is followed by a new leader that was never notified of it, which catches up what was missed by it', async () => {
    const cluster = new EngineCluster([{ policy: { catchUp: 'all' } }]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    b.lease.isDeaf = true;
    await reschedule(cluster, '*/5 * * * * *');
    await cluster.advance(6 * SECOND);
    a.die();
    await cluster.advance(20 * SECOND);
    expect(cluster.seconds()).toEqual([5, 10, 15, 20, 25]);
    expect(cluster.runsBy()[0]).toBe('a 5');
  });
});
