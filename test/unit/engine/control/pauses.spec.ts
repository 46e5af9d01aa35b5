import { describe, expect, it } from '@jest/globals';

import { SECOND } from '../../../support/durations.js';
import { EngineCluster, TTL } from '../../../support/engine-harness.js';

describe('a pause', () => {
  it('is honoured by the claim, whichever pod leads', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.started('b');
    await cluster.advance(1.5 * SECOND);
    await cluster.control.pause({ job: 'job', forMs: Infinity, reason: '' });
    await cluster.advance(2 * SECOND);
    await a.elector.resign();
    await cluster.advance(2 * SECOND);
    await cluster.control.resume('job');
    await cluster.advance(2 * SECOND);
    expect(cluster.runsBy()).toEqual(['a 1', 'b 6', 'b 7']);
  });

  it('that is over when a pod leads again covers what fell into it', async () => {
    const cluster = new EngineCluster([{ policy: { catchUp: 'all' } }]);
    const a = await cluster.started('a');
    await cluster.advance(1.5 * SECOND);
    a.cutOff();
    await cluster.control.pause({ job: '*', forMs: 10 * SECOND, reason: '' });
    await cluster.advance(TTL + 5 * SECOND);
    a.reconnect();
    await cluster.advance(3 * SECOND);
    expect(cluster.seconds().filter(second => second > 1 && second < 11.5)).toEqual([]);
    expect(cluster.seconds()).toContain(12);
  });
});
