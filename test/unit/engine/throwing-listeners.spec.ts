import { describe, expect, it } from '@jest/globals';

import { SECOND } from '../../support/durations.js';
import { EngineCluster } from '../../support/engine-harness.js';

describe('a listener that throws', () => {
  it('stops neither runs nor other listeners', async () => {
    const cluster = new EngineCluster();
    const a = cluster.pod('a');
    const received: string[] = [];
    a.bus.subscribe(({ type }) => {
      throw new Error(type);
    });
    a.bus.subscribe(({ type }) => received.push(type));
    a.start();
    await cluster.advance(2 * SECOND);
    expect(cluster.seconds()).toEqual([1, 2]);
    expect(received).toEqual(a.events.map(({ type }) => type));
    expect(a.listenerErrors).toHaveLength(received.length);
    expect(await cluster.outcomes()).toEqual(['1 succeeded', '2 succeeded']);
  });
});
