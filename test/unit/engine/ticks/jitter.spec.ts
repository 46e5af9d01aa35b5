import { describe, expect, it } from '@jest/globals';

import type { JobPolicy } from '../../../../lib/core/job/job-policy.js';
import { EngineCluster, type JobSpec, type Pod } from '../../../support/engine-harness.js';
import { MINUTE, SECOND } from '../../../support/durations.js';

/** `a` leads with one job; its ticks may wait that long. */
async function led(jitterMs: number, policy: Partial<JobPolicy> = {}, spec: JobSpec = {}) {
  const cluster = new EngineCluster([{ cron: '0 * * * * *', ...spec, policy: { jitterMs, ...policy } }]);
  const a = await cluster.started('a');
  return { cluster, a };
}

const secondsOfCalls = ({ calls }: EngineCluster) => calls.map(({ second, at }) => [second, at] as const);
const ticksOf = (pod: Pod) => pod.eventsOf('job.started').map(({ tick }) => tick.getTime());

describe('a job with jitter', () => {
  it('starts at a random moment within it, with its nominal tick', async () => {
    const { cluster } = await led(30 * SECOND);
    await cluster.advance(20 * MINUTE + 30 * SECOND);
    const delays = secondsOfCalls(cluster).map(([tick, at]) => at - tick);
    expect(cluster.seconds()).toEqual(Array.from({ length: 20 }, (_, n) => 60 * (n + 1)));
    expect(Math.max(...delays)).toBeLessThan(30);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(new Set(delays).size).toBeGreaterThan(15);
    expect(cluster.calls.every(({ context }) => !context.catchUp)).toBe(true);
  });

  it('claims nothing before that moment', async () => {
    const { cluster } = await led(30 * SECOND);
    await cluster.advance(MINUTE);
    expect([await cluster.unfinished(), await cluster.ended()]).toEqual([[], []]);
    await cluster.advance(30 * SECOND);
    expect(await cluster.outcomes()).toEqual(['60 succeeded']);
  });

  it.each(['skip', 'allow', 'queue'] as const)(
    'keeps the order of its ticks though it is longer than their distance, with overlap %s',
    async overlap => {
      const { cluster, a } = await led(20 * SECOND, { overlap }, { cron: '* * * * * *' });
      await cluster.advance(5 * MINUTE + 20 * SECOND);
      const seconds = cluster.seconds();
      expect(seconds).toEqual(seconds.toSorted((x, y) => x - y));
      expect(seconds.slice(0, 300)).toEqual(Array.from({ length: 300 }, (_, n) => n + 1));
      expect(Math.max(...secondsOfCalls(cluster).map(([tick, at]) => at - tick))).toBeLessThan(20.5);
      expect([a.skips, a.eventsOf('job.missed')]).toEqual([[], []]);
    },
  );

  it('counts waiting for its moment neither as late nor as missed', async () => {
    const { cluster, a } = await led(40 * SECOND, {}, { cron: '*/10 * * * * *', thresholdMs: SECOND });
    await cluster.advance(10 * MINUTE);
    expect(a.skips).toEqual([]);
    expect(cluster.seconds().length).toBeGreaterThanOrEqual(55);
  });

  it('runs at once when it is fired manually, also beside a tick that waits', async () => {
    const { cluster, a } = await led(50 * SECOND);
    await cluster.advance(MINUTE);
    a.ticker.of('job').fireOnTick();
    await cluster.advance(0);
    expect(cluster.calls).toMatchObject([
      { second: 60, at: 60, context: { idempotencyKey: expect.stringMatching(/:manual:[^:]+$/) } },
    ]);
    await cluster.advance(50 * SECOND);
    expect(cluster.calls).toHaveLength(2);
  });
});

describe('a job with jitter, on several pods or beside others,', () => {
  it('catches up at once what is older than the jitter', async () => {
    const { cluster, a } = await led(5 * SECOND, { catchUp: 'all' });
    await cluster.advance(90 * SECOND);
    await a.engine.shutdown(0);
    await cluster.advance(140 * SECOND);
    await cluster.started('b');
    expect(cluster.runsBy()).toEqual(['a 60', 'b 120', 'b 180']);
  });

  it('waits by its own chance on each pod and for each job', async () => {
    const jobs = ['x', 'y', 'z'].map(name => ({
      name,
      cron: '0 * * * * *',
      policy: { jitterMs: 30 * SECOND },
    }));
    const cluster = new EngineCluster(jobs);
    await cluster.started('a');
    await cluster.advance(90 * SECOND);
    expect(new Set(cluster.calls.map(({ at }) => at)).size).toBe(3);
  });
});

describe('a tick that waits for its jitter', () => {
  it('leaves a tick that waits to the next leader when its pod shuts down, which waits for nothing', async () => {
    const { cluster, a } = await led(30 * SECOND);
    await cluster.advance(MINUTE);
    const b = await cluster.started('b');
    await a.engine.shutdown(0);
    expect(a.skips).toEqual(['60 not-leader']);
    await cluster.advance(45 * SECOND);
    expect(cluster.runsBy()).toEqual(['b 60']);
    expect(ticksOf(b)).toHaveLength(1);
  });

  it('leaves a tick that waits to the next leader when its pod dies', async () => {
    const { cluster, a } = await led(30 * SECOND);
    await cluster.started('b');
    await cluster.advance(MINUTE);
    a.die();
    await cluster.advance(50 * SECOND);
    expect(cluster.runsBy()).toEqual(['b 60']);
  });

  it('leaves its ticks to the next leader when the term ends while they wait', async () => {
    const { cluster, a } = await led(30 * SECOND);
    await cluster.started('b');
    await cluster.advance(MINUTE);
    void a.elector.resign();
    await cluster.advance(0);
    expect(a.skips).toEqual(['60 not-leader']);
    await cluster.advance(50 * SECOND);
    expect(cluster.runsBy()).toEqual(['b 60']);
  });

  it('keeps a tick that waits over a suspension', async () => {
    const { cluster, a } = await led(30 * SECOND);
    await cluster.advance(MINUTE);
    a.lease.disconnect();
    await cluster.advance(SECOND);
    a.lease.reconnect();
    await cluster.advance(30 * SECOND);
    expect(cluster.runsBy()).toEqual(['a 60']);
  });
});

describe('a job with jitter, to a follower,', () => {
  it('is not taken for overdue', async () => {
    const { cluster } = await led(40 * SECOND);
    const b = await cluster.started('b');
    await cluster.advance(30 * MINUTE);
    expect(b.eventsOf('job.overdue')).toEqual([]);
  });

  it('is found overdue when its leader does nothing for longer than that', async () => {
    const { cluster, a } = await led(40 * SECOND);
    const b = await cluster.started('b');
    a.runs.fault = 'hangs';
    await cluster.advance(5 * MINUTE);
    expect(b.eventsOf('job.overdue')[0]).toMatchObject({ job: 'job', podId: 'a' });
    expect(b.elector.isLeader()).toBe(true);
  });
});
