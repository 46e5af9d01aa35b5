import { describe, expect, it } from '@jest/globals';

import { SECOND } from '../../../support/durations.js';
import { EngineCluster, secondOf, type JobSpec } from '../../../support/engine-harness.js';

describe('a takeover', () => {
  it('is repeated until the store answers, and loses nothing', async () => {
    const cluster = new EngineCluster([{ policy: { catchUp: 'all' } }]);
    const a = await cluster.started('a');
    await cluster.advance(1.5 * SECOND);
    await a.engine.shutdown(0);
    const b = cluster.pod('b');
    b.runs.fault = 'hangs';
    b.start();
    await cluster.advance(4 * SECOND);
    expect(b.elector.isLeader()).toBe(true);
    expect(cluster.seconds()).toEqual([1]);
    b.runs.fault = 'none';
    await cluster.advance(1.6 * SECOND);
    expect(cluster.seconds()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(cluster.calls.filter(({ context }) => context.catchUp).map(({ second }) => second)).not.toContain(
      7,
    );
  });

  it('ends with its term, and the next one catches up what was missed', async () => {
    const cluster = new EngineCluster();
    const a = cluster.pod('a');
    a.runs.fault = 'fails';
    a.start();
    await cluster.advance(100);
    const b = await cluster.started('b');
    await cluster.advance(5 * SECOND);
    await a.elector.resign();
    await cluster.advance(100);
    expect(b.elector.isLeader()).toBe(true);
    await cluster.advance(SECOND);
    expect(cluster.runsBy()).toEqual(['b 6']);
    a.runs.fault = 'none';
    await cluster.advance(SECOND);
    expect(cluster.runsBy()).toEqual(['b 6', 'b 7']);
  });

  it('settles many jobs, and their ticks that fall due meanwhile', async () => {
    const specs = Array.from({ length: 45 }, (_, index): JobSpec => ({ name: `job-${index}` }));
    const cluster = new EngineCluster(specs);
    const a = await cluster.started('a');
    await cluster.advance(1.5 * SECOND);
    await a.engine.shutdown(0);
    await cluster.advance(2 * SECOND);
    await cluster.started('b');
    await cluster.advance(SECOND);
    for (const { name } of specs) expect(cluster.seconds(name)).toEqual([1, 3, 4]);
  });

  it('claims all ticks that are due together in one call', async () => {
    const specs = Array.from({ length: 45 }, (_, index): JobSpec => ({ name: `job-${index}` }));
    const cluster = new EngineCluster(specs);
    const a = await cluster.started('a');
    await cluster.advance(500);
    a.lease.disconnect();
    await cluster.advance(SECOND);
    a.lease.reconnect();
    await cluster.advance(0);
    expect(a.runs.count('claim')).toBe(1);
    expect(a.runs.claimed.map(({ tick }) => secondOf(tick))).toEqual(specs.map(() => 1));
  });
});

describe('ticks that fall into a suspension', () => {
  it('run as soon as trust is back, in the same term', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.advance(1.5 * SECOND);
    a.lease.disconnect();
    await cluster.advance(2.7 * SECOND);
    expect(cluster.seconds()).toEqual([1]);
    a.lease.reconnect();
    await cluster.advance(0);
    expect(cluster.seconds()).toEqual([1, 2, 3, 4]);
    expect(a.eventsOf('leader.elected')).toHaveLength(1);
  });
});

describe('a timer that is never called again', () => {
  it('costs no tick: every job is checked with the renewals', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    a.ticker.of('job').breakDown();
    await cluster.advance(6 * SECOND);
    expect(cluster.seconds()).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
