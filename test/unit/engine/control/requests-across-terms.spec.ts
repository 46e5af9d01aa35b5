import { describe, expect, it } from '@jest/globals';

import { MINUTE, SECOND } from '../../../support/durations.js';
import { EngineCluster, TTL } from '../../../support/engine-harness.js';
import { manualJob, pending, request, results } from '../../../support/requested-runs.js';

describe('a requested run whose leader dies', () => {
  it('is made once by the next leader when the one that was notified dies before it takes it', async () => {
    const cluster = new EngineCluster([manualJob()]);
    const a = await cluster.started('a');
    await cluster.started('b');
    a.die();
    await request(cluster, 'r');
    await cluster.advance(3 * TTL);
    expect(cluster.calls.map(({ pod }) => pod)).toEqual(['b']);
    expect(await pending(cluster)).toEqual([]);
  });

  it.each<[boolean, string[], string[]]>([
    [false, ['a'], ['r abandoned']],
    [true, ['a', 'b'], ['r succeeded']],
  ])(
    'is, with recover %s, settled once when its leader dies after it has taken it',
    async (recover, pods, past) => {
      const cluster = new EngineCluster([
        { ...manualJob(0, { recover }), handler: (_, pod) => pod.name === 'a' && pod.clock.wait(TTL) },
      ]);
      const a = await cluster.started('a');
      await cluster.started('b');
      await request(cluster, 'r');
      await cluster.advance(0);
      a.die();
      await cluster.advance(4 * TTL);
      expect(cluster.calls.map(({ pod }) => pod)).toEqual(pods);
      expect(await results(cluster)).toEqual(past);
    },
  );
});

describe('a requested run whose leader resigns', () => {
  it('is made once when the reply to its claim is lost, and its leader resigns', async () => {
    const cluster = new EngineCluster([manualJob()]);
    const a = await cluster.started('a');
    await cluster.started('b');
    a.runs.faults.claim = 'loses-replies';
    await request(cluster, 'r');
    await cluster.advance(0);
    expect(await pending(cluster)).toEqual([]);
    await a.elector.resign();
    await cluster.advance(3 * TTL);
    expect(cluster.calls.map(({ pod }) => pod)).toEqual(['b']);
    expect(await results(cluster)).toEqual(['r succeeded']);
  });

  it('is made once when the same pod leads again before its claim has been released', async () => {
    const cluster = new EngineCluster([manualJob()]);
    const a = await cluster.started('a');
    a.runs.faults.claim = 'loses-replies';
    a.runs.faults.release = 'fails';
    await request(cluster, 'r');
    await cluster.advance(0);
    await a.elector.resign();
    await cluster.advance(TTL);
    delete a.runs.faults.claim;
    delete a.runs.faults.release;
    await cluster.advance(3 * TTL);
    expect(cluster.calls).toHaveLength(1);
    expect(await pending(cluster)).toEqual([]);
    expect(await cluster.unfinished()).toEqual([]);
  });

  it('is not lost when the leader changes while it is queued, and made once', async () => {
    const cluster = new EngineCluster([manualJob(20 * SECOND, { overlap: 'queue' })]);
    const a = await cluster.started('a');
    await cluster.started('b');
    await request(cluster, 'r1');
    await cluster.advance(100);
    await request(cluster, 'r2');
    await cluster.advance(100);
    await a.elector.resign();
    await cluster.advance(MINUTE);
    expect(cluster.calls.map(({ pod, at }) => `${pod} ${at > 19}`)).toEqual(['a false', 'b true']);
    expect(await results(cluster)).toEqual(['r1 succeeded', 'r2 succeeded']);
  });
});
