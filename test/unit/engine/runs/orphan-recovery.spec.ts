import { describe, expect, it } from '@jest/globals';

import { SECOND } from '../../../support/durations.js';
import { EngineCluster, START, type JobSpec } from '../../../support/engine-harness.js';
import { endlessOnA } from '../../../support/endless-on-a.js';

describe('a run whose pod died', () => {
  it('is settled by the next leader before the ticks that no pod ran', async () => {
    const cluster = new EngineCluster([{ handler: endlessOnA }]);
    const a = await cluster.started('a');
    await cluster.advance(1.5 * SECOND);
    a.die();
    await cluster.advance(20 * SECOND);
    const b = await cluster.started('b');
    const order = b.events.map(({ type }) => type).filter(type => type.startsWith('job.'));
    expect(order).toEqual(['job.abandoned', 'job.missed', 'job.started', 'job.succeeded']);
    expect(b.eventsOf('job.abandoned')).toMatchObject([{ job: 'job', tick: new Date(START + SECOND) }]);
    expect(cluster.runsBy()).toEqual(['a 1', 'b 21']);
    expect(await cluster.outcomes()).toEqual(['1 abandoned', '20 missed', '21 succeeded']);
  });

  it('is left alone while its run lock is live, and settled soon after that', async () => {
    const cluster = new EngineCluster([{ cron: '1 * * * * *', handler: endlessOnA }]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(1.5 * SECOND);
    a.die();
    await cluster.advance(9.4 * SECOND);
    expect(b.elector.isLeader()).toBe(true);
    expect(b.eventsOf('job.abandoned')).toEqual([]);
    await cluster.advance(3.2 * SECOND);
    expect(b.eventsOf('job.abandoned')).toHaveLength(1);
  });
});

describe('a run whose pod died, of a job that recovers', () => {
  it('is run again as attempt 2, with the original tick', async () => {
    const cluster = new EngineCluster([
      { cron: '1 * * * * *', handler: endlessOnA, policy: { recover: true } },
    ]);
    const a = await cluster.started('a');
    await cluster.advance(1.5 * SECOND);
    a.die();
    await cluster.advance(20 * SECOND);
    const b = await cluster.started('b');
    expect(cluster.runsBy()).toEqual(['a 1', 'b 1']);
    const [first, second] = cluster.calls.map(({ context }) => context);
    expect(second).toMatchObject({ attempt: 2, recovering: true, catchUp: false });
    expect(second?.idempotencyKey).toBe(first?.idempotencyKey);
    expect(second?.runId).not.toBe(first?.runId);
    expect(second?.token).toBeGreaterThan(first?.token ?? Infinity);
    expect(b.eventsOf('job.abandoned')).toEqual([]);
    const record = await cluster.recordOf(1);
    expect(record).toMatchObject({ state: 'succeeded', attempt: 2, facts: { pod: 'b', recovering: true } });
  });

  it('is run again before the ticks that are caught up, which do not run beside it', async () => {
    const handler: JobSpec['handler'] = (_, pod) =>
      pod.name === 'a' ? new Promise(() => undefined) : pod.clock.wait(20);
    const cluster = new EngineCluster([{ handler, policy: { recover: true, catchUp: 'all' } }]);
    const a = await cluster.started('a');
    await cluster.advance(1.5 * SECOND);
    a.die();
    await cluster.advance(12 * SECOND);
    await cluster.started('b');
    await cluster.advance(450);
    expect(cluster.seconds()).toEqual([1, ...Array.from({ length: 13 }, (_, index) => index + 1)]);
    expect(cluster.calls.slice(2).every(({ context }) => context.catchUp)).toBe(true);
  });
});

describe('a run whose pods die again and again', () => {
  it('is run again as often as its pods die', async () => {
    const handler: JobSpec['handler'] = (_, pod) =>
      pod.name === 'c' ? undefined : new Promise(() => undefined);
    const cluster = new EngineCluster([{ cron: '1 * * * * *', handler, policy: { recover: true } }]);
    for (const name of ['a', 'b', 'c']) {
      const pod = await cluster.started(name);
      await cluster.advance(1.5 * SECOND);
      if (name !== 'c') pod.die();
      await cluster.advance(15 * SECOND);
    }
    expect(cluster.runsBy()).toEqual(['a 1', 'b 1', 'c 1']);
    expect(cluster.calls.map(({ context }) => context.attempt)).toEqual([1, 2, 3]);
    expect(await cluster.outcomes()).toEqual(['1 succeeded']);
  });

  it('is abandoned when five pods have died of it: it may be what kills them', async () => {
    const cluster = new EngineCluster([
      { cron: '1 * * * * *', handler: () => new Promise(() => undefined), policy: { recover: true } },
    ]);
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      const pod = await cluster.started(name);
      await cluster.advance(1.5 * SECOND);
      pod.die();
      await cluster.advance(10.5 * SECOND);
    }
    const f = await cluster.started('f');
    await cluster.advance(3 * SECOND);
    expect(f.eventsOf('job.abandoned')).toHaveLength(1);
    expect(cluster.runsBy().slice(0, 5)).toEqual(['a 1', 'b 1', 'c 1', 'd 1', 'e 1']);
    expect(await cluster.outcomes()).toContain('1 abandoned');
  });
});

describe('a run whose pod died, and whose job the leader does not have', () => {
  it('is left to a pod that has it, which recovers it', async () => {
    const cluster = new EngineCluster([
      { cron: '1 * * * * *', handler: endlessOnA, policy: { recover: true } },
    ]);
    const a = await cluster.started('a');
    await cluster.advance(1.5 * SECOND);
    a.die();
    await cluster.advance(20 * SECOND);
    const b = await cluster.started('b', {}, [{ name: 'another', cron: '0 0 * * * *' }]);
    await cluster.advance(30 * SECOND);
    expect(b.eventsOf('job.abandoned')).toEqual([]);
    await b.engine.shutdown(0);
    await cluster.started('c');
    expect(cluster.runsBy()).toEqual(['a 1', 'c 1']);
  });

  it('is abandoned after an hour where no pod has it, and its history is not trimmed', async () => {
    const cluster = new EngineCluster([
      {
        handler: (_, pod) =>
          pod.clock.now().wallMs < START + 200 * SECOND ? undefined : new Promise(() => 0),
        policy: { retention: { keep: 10_000, maxAgeMs: 24 * 3_600_000 } },
      },
    ]);
    const a = await cluster.started('a');
    await cluster.advance(200_500);
    a.die();
    await cluster.advance(20 * SECOND);
    const before = (await cluster.ended()).length;
    expect(before).toBeGreaterThan(150);
    const b = await cluster.started('b', {}, [{ name: 'another', cron: '0 0 * * * *' }]);
    await cluster.advance(3590 * SECOND);
    expect(b.eventsOf('job.abandoned')).toEqual([]);
    await cluster.advance(30 * SECOND);
    expect(b.eventsOf('job.abandoned')).toHaveLength(1);
    expect(await cluster.ended()).toHaveLength(before + 1);
  });
});

describe('a pod that was only slow', () => {
  it('does not settle the runs that it makes itself, in whatever term', async () => {
    const cluster = new EngineCluster([
      { cron: '1 * * * * *', handler: (_, pod) => pod.clock.wait(40 * SECOND) },
    ]);
    const a = await cluster.started('a');
    await cluster.advance(1.5 * SECOND);
    await a.elector.resign();
    await cluster.advance(12 * SECOND);
    expect(a.eventsOf('leader.elected')).toHaveLength(2);
    await cluster.advance(30 * SECOND);
    expect(a.eventsOf('job.abandoned')).toEqual([]);
    expect(await cluster.outcomes()).toEqual(['1 succeeded']);
  });

  it('reports when its run was abandoned meanwhile, and changes nothing', async () => {
    const cluster = new EngineCluster([
      { cron: '1 * * * * *', handler: (_, pod) => pod.clock.wait(30 * SECOND) },
    ]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(1.5 * SECOND);
    a.cutOff();
    await cluster.advance(20 * SECOND);
    expect(b.eventsOf('job.abandoned')).toHaveLength(1);
    a.reconnect();
    await cluster.advance(15 * SECOND);
    expect(a.eventsOf('job.stale')).toMatchObject([{ tick: new Date(START + SECOND), outcome: 'aborted' }]);
    expect(await cluster.outcomes()).toEqual(['1 abandoned']);
  });
});
