import { describe, expect, it } from '@jest/globals';

import { SECOND } from '../../../support/durations.js';
import { EngineCluster } from '../../../support/engine-harness.js';

describe('a process that was paused', () => {
  it('says by how much its timers were late', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.advance(SECOND);
    await cluster.clock.pauseFor(5 * SECOND);
    await cluster.advance(0);
    expect(a.eventsOf('process.delayed')).toMatchObject([{ delayMs: 3 * SECOND }]);
  });

  it('says nothing of delays that no user would notice', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.advance(2.5 * SECOND);
    await cluster.clock.pauseFor(1.4 * SECOND);
    expect(a.eventsOf('process.delayed')).toEqual([]);
  });
});
