import { describe, expect, it } from '@jest/globals';

import { HOUR, MINUTE, SECOND } from '../../../support/durations.js';
import { EngineCluster, START, type JobSpec } from '../../../support/engine-harness.js';
import { afterAGap, zombieLeads } from '../../../support/zombies.js';

describe('a leader that keeps its lease and runs nothing', () => {
  it('is found, requested to resign once it has led for two ttls, and followed by a pod that catches up', async () => {
    const { cluster, a, b } = await zombieLeads();
    await cluster.advance(18 * SECOND);
    expect(a.elector.isLeader()).toBe(true);
    await cluster.advance(25 * SECOND);
    const [overdue] = b.eventsOf('job.overdue');
    expect(overdue).toMatchObject({ job: 'job', podId: 'a', watermark: new Date(START + SECOND) });
    expect(a.eventsOf('leader.lost')).toMatchObject([{ reason: 'resigned' }]);
    expect(b.elector.isLeader()).toBe(true);
    expect(cluster.runsBy().slice(0, 1)).toEqual(['a 1']);
    const second = cluster.calls[1];
    expect(second).toMatchObject({ pod: 'b', context: { catchUp: true } });
    // Not before the tick is late by a ttl and 5 s.
    expect(second?.at).toBeGreaterThan(17);
  });

  it('is found by a pod whose clock was an hour ahead when it began', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    const b = await cluster.started('b', { aheadMs: HOUR });
    await cluster.advance(1.5 * SECOND);
    a.runs.fault = 'hangs';
    await cluster.advance(43 * SECOND);
    expect(b.eventsOf('job.overdue')).not.toEqual([]);
    expect(a.eventsOf('leader.lost')).toMatchObject([{ reason: 'resigned' }]);
  });

  it('is found though the store has lost the schedule of the job', async () => {
    const { cluster, a, b } = await zombieLeads();
    cluster.jobs.get('job').schedule = '';
    await cluster.advance(43 * SECOND);
    expect(b.eventsOf('job.overdue')[0]).toMatchObject({ job: 'job', podId: 'a' });
    expect(a.eventsOf('leader.lost')).toMatchObject([{ reason: 'resigned' }]);
    expect(cluster.calls.at(-1)?.pod).toBe('b');
  });

  it('is not accused by a pod with another schedule, nor if it publishes none, where the store has lost it', async () => {
    for (const publishes of [true, false]) {
      const cluster = new EngineCluster();
      const a = await cluster.started('a', { publishes });
      const b = await cluster.started('b', {}, [{ cron: publishes ? '*/2 * * * * *' : '* * * * * *' }]);
      await cluster.advance(1.5 * SECOND);
      a.runs.fault = 'hangs';
      cluster.jobs.get('job').schedule = '';
      await cluster.advance(43 * SECOND);
      expect(b.eventsOf('job.overdue')).toEqual([]);
    }
  });
});

describe('a leader that keeps its lease and runs nothing, and is requested to resign', () => {
  it('resigns when it is requested to, though its wall clock was set back meanwhile', async () => {
    const { cluster, a } = await zombieLeads();
    a.clock.aheadMs = -3_600_000;
    await cluster.advance(43 * SECOND);
    expect(a.eventsOf('leader.lost')).toMatchObject([{ reason: 'resigned' }]);
  });

  it('is requested again when it was too new to obey the first request', async () => {
    const { cluster, a, b } = await zombieLeads();
    await cluster.advance(MINUTE);
    expect(a.elector.isLeader()).toBe(false);
    expect(b.elector.isLeader()).toBe(true);
  });

  it('does not resign a second time for the same request', async () => {
    const { cluster, a } = await zombieLeads();
    await cluster.advance(MINUTE);
    expect(a.eventsOf('leader.lost')).toHaveLength(1);
  });

  it('resigns for the job that stands still, though it is at work on another one that is late as well', async () => {
    const busy: JobSpec = {
      name: 'busy',
      policy: { catchUp: 'all' },
      handler: ({ catchUp }, pod) => (catchUp ? pod.clock.wait(5 * MINUTE) : undefined),
    };
    const { cluster, b, c } = await afterAGap([busy, { name: 'stuck' }]);
    await cluster.advance(2.5 * SECOND);
    b.runs.faults.claim = 'hangs';
    await cluster.advance(MINUTE);
    expect(b.eventsOf('leader.lost')).toMatchObject([{ reason: 'resigned' }]);
    expect(cluster.runsBy('stuck').at(-1)).toMatch(/^c /);
    expect(c.elector.isLeader()).toBe(true);
  });

  it('resigns though none of its timers is called any more', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(1.5 * SECOND);
    a.clock.stop();
    // Something else keeps its lease alive: that is what makes it a zombie.
    const token = a.elector.currentTerm()?.token ?? 0;
    for (let beats = 0; beats < 15; beats += 1) {
      await cluster.lease.renew({ podId: 'a', token, ttlMs: 10 * SECOND });
      await cluster.advance(3 * SECOND);
    }
    expect(b.eventsOf('job.overdue').length).toBeGreaterThan(0);
    expect(b.elector.isLeader()).toBe(true);
    await cluster.advance(2 * SECOND);
    expect(cluster.calls.at(-1)?.pod).toBe('b');
  });
});

describe('the report of a leader that keeps its lease and runs nothing', () => {
  it('is reported once in a while, not with every check', async () => {
    const { cluster, b } = await zombieLeads();
    await cluster.advance(40 * SECOND);
    expect(b.eventsOf('job.overdue').length).toBeLessThan(4);
  });

  it('is reported for each job, also for those that are checked when others have just been reported', async () => {
    const specs = Array.from({ length: 40 }, (_, index): JobSpec => ({ name: `job-${index}` }));
    const { cluster, b } = await zombieLeads(specs);
    await cluster.advance(40 * SECOND);
    expect(new Set(b.eventsOf('job.overdue').map(({ job }) => job)).size).toBe(40);
  });
});

describe('a key that an operator has set', () => {
  it('is respected: no pod is requested to resign', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.advance(1.5 * SECOND);
    await a.engine.shutdown(0);
    cluster.lease.heldByHand = 'maintenance';
    const b = await cluster.started('b');
    await cluster.advance(MINUTE);
    expect(b.eventsOf('leader.followed')).toMatchObject([{ podId: 'maintenance', token: 0 }]);
    expect(b.eventsOf('job.overdue')).toEqual([]);
    cluster.lease.heldByHand = undefined;
    await cluster.advance(4 * SECOND);
    expect(b.elector.isLeader()).toBe(true);
  });
});
