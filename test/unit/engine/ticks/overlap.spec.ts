import { describe, expect, it } from '@jest/globals';

import type { Overlap } from '../../../../lib/core/job/job-policy.js';
import { EngineCluster, INTERVAL, START, type JobSpec } from '../../../support/engine-harness.js';

/** A job that is due each second and takes `ms`. */
const slow = (overlap: Overlap, ms: number): JobSpec => ({
  policy: { overlap },
  handler: (_, pod) => pod.clock.wait(ms),
});

describe('a job that falls due while an earlier run goes on', () => {
  it('skips the tick, and says and records why', async () => {
    const cluster = new EngineCluster([slow('skip', 2500)]);
    const a = await cluster.started('a');
    await cluster.advance(4600);
    expect(cluster.seconds()).toEqual([1, 4]);
    expect(a.skips).toEqual(['2 running', '3 running']);
    expect(await cluster.outcomes()).toEqual(['1 succeeded', '2 skipped running', '3 skipped running']);
  });

  it('runs beside it when the job allows that', async () => {
    const cluster = new EngineCluster([slow('allow', 2500)]);
    const a = await cluster.started('a');
    await cluster.advance(3100);
    expect(cluster.seconds()).toEqual([1, 2, 3]);
    expect(a.executor.running).toHaveLength(3);
    expect(a.skips).toEqual([]);
  });

  it('waits for its end when the job queues, and starts right then', async () => {
    const cluster = new EngineCluster([slow('queue', 1500)]);
    const a = await cluster.started('a');
    await cluster.advance(2499);
    expect(cluster.seconds()).toEqual([1]);
    expect(await cluster.unfinished()).toEqual(['1 live', '2 not live']);
    await cluster.advance(1);
    expect(cluster.seconds()).toEqual([1, 2]);
    expect(a.executor.running).toHaveLength(1);
  });

  it('is skipped when another tick waits already', async () => {
    const cluster = new EngineCluster([slow('queue', 3500)]);
    const a = await cluster.started('a');
    await cluster.advance(4600);
    expect(cluster.seconds()).toEqual([1, 2]);
    expect(a.skips).toEqual(['3 queue-full', '4 queue-full']);
  });

  it('is blocked while the run goes on at another pod; the newest tick starts right when that run ends', async () => {
    const cluster = new EngineCluster([slow('skip', 12_000)]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(1500);
    await a.elector.resign();
    await cluster.advance(11_400);
    expect(b.elector.isLeader()).toBe(true);
    expect(cluster.seconds()).toEqual([1]);
    await cluster.advance(200);
    expect(cluster.runsBy()).toEqual(['a 1', 'b 13']);
    expect(cluster.calls[1]?.at).toBe(13);
  });

  it('starts right when the run ends at the pod that led before, if that leads again', async () => {
    const cluster = new EngineCluster([slow('skip', 14_000)]);
    const a = await cluster.started('a');
    await cluster.advance(1500);
    await a.elector.resign();
    a.lease.isDeaf = true;
    await cluster.advance(12_000);
    expect(a.elector.isLeader()).toBe(true);
    expect(cluster.seconds()).toEqual([1]);
    await cluster.advance(1600);
    expect(cluster.calls[1]).toMatchObject({ second: 15, at: 15 });
  });

  it('starts within an interval of the end of the run where notifications do not arrive', async () => {
    const cluster = new EngineCluster([slow('skip', 1300)]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(1500);
    b.lease.isDeaf = true;
    await a.elector.resign();
    await cluster.advance(INTERVAL + 3000);
    const [, next] = cluster.calls;
    expect(next?.pod).toBe('b');
    expect((next?.at ?? Infinity) - 2.3).toBeLessThanOrEqual(INTERVAL / 1000 + 1);
  });

  it.each(['skip', 'queue'] as const)(
    'starts when the run ends though the notification is here before the answer that it goes on (%s)',
    async overlap => {
      const cluster = new EngineCluster([slow(overlap, 1500)]);
      const a = await cluster.started('a');
      const b = await cluster.started('b');
      await cluster.advance(1500);
      await a.elector.resign();
      await cluster.advance(300);
      b.runs.delivery = () => b.clock.wait(700);
      await cluster.advance(750);
      b.runs.delivery = () => Promise.resolve();
      await cluster.advance(1000);
      expect(cluster.calls[1]).toMatchObject({ pod: 'b', second: 2 });
      expect(cluster.calls[1]?.at).toBeLessThan(3);
    },
  );

  it('waits for its end at another pod when the job queues, and starts right then', async () => {
    const cluster = new EngineCluster([slow('queue', 4000)]);
    const a = await cluster.started('a');
    await cluster.started('b');
    await cluster.advance(1500);
    await a.elector.resign();
    await cluster.advance(3400);
    expect(cluster.seconds()).toEqual([1]);
    await cluster.advance(200);
    expect(cluster.runsBy()).toEqual(['a 1', 'b 2']);
    expect(cluster.calls[1]?.at).toBe(5);
  });
});

describe('a run fired by hand', () => {
  it.each<[Overlap, number[], string[]]>([
    ['skip', [1], ['1.5 running']],
    ['allow', [1, 1.5], []],
    ['queue', [1, 1.5], []],
  ])('obeys the overlap %s', async (overlap, seconds, skips) => {
    const cluster = new EngineCluster([{ ...slow(overlap, 2000), cron: '1 * * * * *' }]);
    const a = await cluster.started('a');
    await cluster.advance(1500);
    a.ticker.of('job').fireOnTick();
    await cluster.advance(1600);
    expect(cluster.seconds()).toEqual(seconds);
    expect(a.skips).toEqual(skips);
  });

  it('moves no mark and takes no tick: the schedule goes on beside it', async () => {
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

describe('ticks that a late wake-up finds together', () => {
  const atMost = () => {
    let running = 0;
    let most = 0;
    const handler: JobSpec['handler'] = async (_, pod) => {
      most = Math.max(most, (running += 1));
      await pod.clock.wait(100);
      running -= 1;
    };
    return { handler, most: () => most };
  };

  it.each<Overlap>(['skip', 'queue'])(
    'run one after the other, in their order, with overlap %s',
    async overlap => {
      const { handler, most } = atMost();
      const cluster = new EngineCluster([{ policy: { overlap }, handler }]);
      await cluster.started('a');
      await cluster.clock.pauseFor(4500);
      await cluster.advance(490);
      expect(cluster.seconds()).toEqual([1, 2, 3, 4]);
      expect(most()).toBe(1);
    },
  );

  it('run beside each other when the job allows that', async () => {
    const { handler, most } = atMost();
    const cluster = new EngineCluster([{ policy: { overlap: 'allow' }, handler }]);
    await cluster.started('a');
    await cluster.clock.pauseFor(4500);
    await cluster.advance(0);
    expect(cluster.seconds()).toEqual([1, 2, 3, 4]);
    expect(most()).toBe(4);
  });

  it('are skipped when they are found later than the threshold', async () => {
    const cluster = new EngineCluster([{ thresholdMs: 1000 }]);
    const a = await cluster.started('a');
    await cluster.clock.pauseFor(4500);
    await cluster.advance(100);
    expect(cluster.seconds()).toEqual([4]);
    expect(a.skips).toEqual(['1 late', '2 late', '3 late']);
    expect(await cluster.outcomes()).toContain('3 skipped late');
  });

  it('give way to the newest when they are more than a hundred; the others are recorded as missed', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    a.runs.faults.claim = 'fails';
    await cluster.advance(150_400);
    a.runs.faults.claim = 'none';
    await cluster.advance(500);
    expect(cluster.seconds()).toEqual([1, 150]);
    const [missed] = a.told('job.missed');
    expect(missed).toMatchObject({
      count: 148,
      since: new Date(START + 1000),
      tick: new Date(START + 149_000),
    });
    expect(await cluster.outcomes()).toEqual(['1 succeeded', '149 missed', '150 succeeded']);
  });

  it('come before those that fall due meanwhile, which are skipped', async () => {
    const cluster = new EngineCluster([slow('skip', 1200)]);
    const a = await cluster.started('a');
    await cluster.clock.pauseFor(2500);
    await cluster.advance(2600);
    expect(cluster.seconds()).toEqual([1, 2, 5]);
    expect(await cluster.outcomes()).toEqual([
      '1 succeeded',
      '2 succeeded',
      '3 skipped running',
      '4 skipped running',
    ]);
    expect(a.skips).toEqual(['3 running', '4 running']);
  });
});
