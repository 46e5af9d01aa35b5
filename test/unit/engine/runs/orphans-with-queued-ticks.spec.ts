import { describe, expect, it } from '@jest/globals';

import { MINUTE, SECOND } from '../../../support/durations.js';
import { EngineCluster, START } from '../../../support/engine-harness.js';
import { endlessOnA } from '../../../support/endless-on-a.js';

describe('a run whose pod died', () => {
  it('leaves a queued tick behind, which the next leader runs', async () => {
    const cluster = new EngineCluster([
      { cron: '1-2 * * * * *', handler: endlessOnA, policy: { overlap: 'queue' } },
    ]);
    const a = await cluster.started('a');
    await cluster.advance(2.5 * SECOND);
    expect(await cluster.unfinished()).toEqual(['1 live', '2 not live']);
    a.die();
    await cluster.advance(20 * SECOND);
    await cluster.started('b');
    expect(cluster.runsBy()).toEqual(['a 1', 'b 2']);
    expect(cluster.calls.at(-1)?.context).toMatchObject({ catchUp: true, recovering: false, attempt: 1 });
    expect(await cluster.outcomes()).toEqual(['1 abandoned', '2 succeeded']);
    expect(await cluster.unfinished()).toEqual([]);
  });

  it('leaves a queued tick behind, which is missed when it is older than the window', async () => {
    const policy = { overlap: 'queue', catchUpWindowMs: 30 * SECOND } as const;
    const cluster = new EngineCluster([{ cron: '1-2 0 * * * *', handler: endlessOnA, policy }]);
    const a = await cluster.started('a');
    await cluster.advance(2.5 * SECOND);
    a.die();
    await cluster.advance(MINUTE);
    const b = await cluster.started('b');
    expect(cluster.runsBy()).toEqual(['a 1']);
    expect(b.eventsOf('job.missed')).toMatchObject([{ tick: new Date(START + 2 * SECOND), count: 1 }]);
    expect(await cluster.unfinished()).toEqual([]);
    await b.engine.shutdown(0);
    const c = await cluster.started('c');
    expect(c.eventsOf('job.missed')).toEqual([]);
  });

  it('fired manually is settled, too', async () => {
    const cluster = new EngineCluster([
      { cron: '0 0 1 1 *', handler: endlessOnA, policy: { recover: true } },
    ]);
    const a = await cluster.started('a');
    a.ticker.of('job').fireOnTick();
    await cluster.advance(500);
    a.die();
    await cluster.advance(20 * SECOND);
    await cluster.started('b');
    expect(cluster.calls.map(({ pod, context }) => [pod, context.attempt])).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    expect((await cluster.recordOf(0)).manual).toBe(true);
  });
});
