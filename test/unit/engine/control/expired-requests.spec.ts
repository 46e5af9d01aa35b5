import { describe, expect, it } from '@jest/globals';

import { MINUTE, SECOND } from '../../../support/durations.js';
import { EngineCluster, INTERVAL } from '../../../support/engine-harness.js';
import { manualJob, pending, request } from '../../../support/requested-runs.js';

describe('a requested run that no pod takes', () => {
  it('expires after an hour in which no pod has taken it, which the leader reports', async () => {
    const cluster = new EngineCluster([manualJob()]);
    const a = await cluster.started('a');
    const asked = await request(cluster, 'r', 'elsewhere');
    await cluster.advance(3599 * SECOND);
    expect(await cluster.cluster.outcome(asked)).toEqual({ kind: 'waiting' });
    await cluster.advance(SECOND);
    expect(await cluster.cluster.outcome(asked)).toEqual({ kind: 'expired' });
    expect(a.eventsOf('request.expired')).toEqual([]);
    await cluster.advance(10 * MINUTE + INTERVAL);
    expect(a.eventsOf('request.expired')).toMatchObject([{ job: 'elsewhere', requestId: 'r' }]);
    expect(await pending(cluster)).toEqual([]);
  });

  it('is counted with the others of its job that expire together', async () => {
    const cluster = new EngineCluster([manualJob()]);
    const a = await cluster.started('a');
    for (const id of ['r1', 'r2', 'r3']) await request(cluster, id, 'elsewhere');
    await request(cluster, 'other', 'nowhere');
    await cluster.advance(70 * MINUTE + INTERVAL);
    const counts = a
      .eventsOf('request.expired')
      .map(({ job, count, ordinal }) => `${job} ${ordinal}/${count}`);
    expect(counts.sort()).toEqual(['elsewhere 1/3', 'elsewhere 2/3', 'elsewhere 3/3', 'nowhere 1/1']);
  });
});
