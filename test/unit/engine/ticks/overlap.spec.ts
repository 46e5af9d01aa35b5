import { describe, expect, it } from '@jest/globals';

import type { Overlap } from '../../../../lib/core/job/job-policy.js';
import { SECOND } from '../../../support/durations.js';
import { EngineCluster } from '../../../support/engine-harness.js';
import { slow } from '../../../support/slow-job.js';

describe('a job that falls due while an earlier run goes on', () => {
  it('skips the tick, and reports and records why', async () => {
    const cluster = new EngineCluster([slow('skip', 2.5 * SECOND)]);
    const a = await cluster.started('a');
    await cluster.advance(4.6 * SECOND);
    expect(cluster.seconds()).toEqual([1, 4]);
    expect(a.skips).toEqual(['2 running', '3 running']);
    expect(await cluster.outcomes()).toEqual(['1 succeeded', '2 skipped running', '3 skipped running']);
  });

  it('runs beside it when the job allows that', async () => {
    const cluster = new EngineCluster([slow('allow', 2.5 * SECOND)]);
    const a = await cluster.started('a');
    await cluster.advance(3.1 * SECOND);
    expect(cluster.seconds()).toEqual([1, 2, 3]);
    expect(a.executor.running).toHaveLength(3);
    expect(a.skips).toEqual([]);
  });

  it('waits for its end when the job queues, and starts right then', async () => {
    const cluster = new EngineCluster([slow('queue', 1.5 * SECOND)]);
    const a = await cluster.started('a');
    await cluster.advance(2499);
    expect(cluster.seconds()).toEqual([1]);
    expect(await cluster.unfinished()).toEqual(['1 live', '2 not live']);
    await cluster.advance(1);
    expect(cluster.seconds()).toEqual([1, 2]);
    expect(a.executor.running).toHaveLength(1);
  });

  it('is skipped when another tick waits already', async () => {
    const cluster = new EngineCluster([slow('queue', 3.5 * SECOND)]);
    const a = await cluster.started('a');
    await cluster.advance(4.6 * SECOND);
    expect(cluster.seconds()).toEqual([1, 2]);
    expect(a.skips).toEqual(['3 queue-full', '4 queue-full']);
  });
});

describe('a run fired manually', () => {
  it.each<[Overlap, number[], string[]]>([
    ['skip', [1], ['1.5 running']],
    ['allow', [1, 1.5], []],
    ['queue', [1, 1.5], []],
  ])('obeys the overlap %s', async (overlap, seconds, skips) => {
    const cluster = new EngineCluster([{ ...slow(overlap, 2 * SECOND), cron: '1 * * * * *' }]);
    const a = await cluster.started('a');
    await cluster.advance(1.5 * SECOND);
    a.ticker.of('job').fireOnTick();
    await cluster.advance(1.6 * SECOND);
    expect(cluster.seconds()).toEqual(seconds);
    expect(a.skips).toEqual(skips);
  });

  it('moves no watermark and takes no tick: the schedule goes on beside it', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.advance(999);
    a.ticker.of('job').fireOnTick();
    await cluster.advance(1);
    expect(cluster.seconds()).toEqual([0.999, 1]);
    const manual = cluster.calls[0]?.context;
    expect(manual).toMatchObject({ catchUp: false, recovering: false, attempt: 1 });
    expect(manual?.idempotencyKey).toMatch(/:manual:[^:]+$/);
  });

  it('does nothing on a pod that follows', async () => {
    const cluster = new EngineCluster();
    await cluster.started('a');
    const b = await cluster.started('b');
    b.ticker.of('job').fireOnTick();
    await cluster.advance(900);
    expect(cluster.calls).toEqual([]);
  });
});
