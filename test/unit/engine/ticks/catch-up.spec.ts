import { describe, expect, it } from '@jest/globals';

import { CronSchedule } from '../../../../lib/core/schedule/cron-schedule.js';
import type { JobPolicy } from '../../../../lib/core/job/job-policy.js';
import { EngineCluster, secondOf, START, type JobSpec } from '../../../support/engine-harness.js';

/** Nobody leads from second 2.5 on, for `gapMs`; then a new pod does. */
async function afterGap(gapMs: number, spec: JobSpec, cluster = new EngineCluster([spec])) {
  const a = await cluster.started('a');
  await cluster.advance(2500);
  await a.engine.shutdown(0);
  await cluster.advance(gapMs);
  const before = cluster.calls.length;
  const b = await cluster.started('b');
  await cluster.advance(0);
  const made = cluster.calls.slice(before);
  return {
    cluster,
    b,
    seconds: made.map(({ second }) => second),
    contexts: made.map(({ context }) => context),
  };
}

const withPolicy = (policy: Partial<JobPolicy>): JobSpec => ({ policy });

describe('a new leader, after ticks that nobody ran', () => {
  it('makes up the newest one, with its nominal instant, and records the others as missed', async () => {
    const { cluster, b, seconds, contexts } = await afterGap(8000, withPolicy({}));
    expect(seconds).toEqual([10]);
    expect(contexts[0]).toMatchObject({ catchUp: true, recovering: false, tick: new Date(START + 10_000) });
    expect(b.told('job.missed')).toEqual([
      {
        type: 'job.missed',
        job: 'job',
        tick: new Date(START + 9000),
        since: new Date(START + 2000),
        count: 7,
      },
    ]);
    const missed = await cluster.recordOf(9, 'missed');
    expect(missed.facts).toMatchObject({ since: START + 2000, count: 7 });
    expect((await cluster.recordOf(10, 'succeeded')).facts).toMatchObject({ catchUp: true });
    await cluster.advance(500);
    expect(cluster.seconds()).toEqual([1, 2, 10, 11]);
    expect(cluster.calls.at(-1)?.context.catchUp).toBe(false);
  });

  it('makes up all of them, oldest first, when the job says so', async () => {
    const { seconds, b } = await afterGap(4000, withPolicy({ catchUp: 'all' }));
    expect(seconds).toEqual([3, 4, 5, 6]);
    expect(b.told('job.missed')).toEqual([]);
  });

  it('makes up none when the job says so, and records them all', async () => {
    const { cluster, b, seconds } = await afterGap(4000, withPolicy({ catchUp: 'skip' }));
    expect(seconds).toEqual([]);
    expect(b.told('job.missed')).toMatchObject([{ tick: new Date(START + 6000), count: 4 }]);
    await cluster.advance(500);
    expect(cluster.seconds()).toEqual([1, 2, 7]);
  });

  it('looks no further back than the window', async () => {
    const { seconds, b } = await afterGap(60_000, withPolicy({ catchUp: 'all', catchUpWindowMs: 5000 }));
    expect(seconds).toEqual([58, 59, 60, 61, 62]);
    expect(b.told('job.missed')).toMatchObject([
      { since: new Date(START + 2000), tick: new Date(START + 57_000), count: 55 },
    ]);
  });

  it('makes up nothing when even the newest lies before the window', async () => {
    const spec = { cron: '0 * * * * *', policy: { catchUpWindowMs: 30_000 } };
    const { cluster, seconds, b } = await afterGap(100_000, spec);
    expect(seconds).toEqual([]);
    expect(b.told('job.missed')).toMatchObject([{ tick: new Date(START + 60_000), count: 1 }]);
    expect(await cluster.outcomes()).toEqual(['60 missed']);
  });

  it('makes up the newest hundred at most', async () => {
    const { cluster, seconds, b } = await afterGap(
      300_000,
      withPolicy({ catchUp: 'all', retention: { keep: 1000, maxAgeMs: 3_600_000 } }),
    );
    expect(seconds).toHaveLength(100);
    expect([seconds[0], seconds.at(-1)]).toEqual([203, 302]);
    expect(b.told('job.missed')).toMatchObject([{ tick: new Date(START + 202_000), count: 200 }]);
    expect((await cluster.ended()).filter(({ state }) => state === 'succeeded')).toHaveLength(102);
  });

  it('counts no further than a thousand', async () => {
    const { b } = await afterGap(3_000_000, withPolicy({}));
    expect(b.told('job.missed')).toMatchObject([{ count: 1000 }]);
  });

  it('makes up what fell due while nobody was there only once', async () => {
    const { cluster, b } = await afterGap(8000, withPolicy({}));
    await b.engine.shutdown(0);
    await cluster.started('c');
    expect(cluster.seconds()).toEqual([1, 2, 10]);
  });
});

describe('a job that is seen for the first time', () => {
  it('runs nothing in retrospect', async () => {
    const cluster = new EngineCluster();
    await cluster.advance(600_500);
    const a = await cluster.started('a');
    await cluster.advance(600);
    expect(cluster.seconds()).toEqual([601]);
    expect(a.told('job.missed')).toEqual([]);
  });

  it('runs nothing in retrospect when its schedule has changed', async () => {
    const cluster = new EngineCluster([{ cron: '0 0 12 * * *' }]);
    const a = await cluster.started('a');
    await a.engine.shutdown(0);
    await cluster.advance(20_500);
    const b = await cluster.started('b', {}, [{ cron: '*/10 * * * * *' }]);
    await cluster.advance(10_000);
    expect(cluster.seconds()).toEqual([30]);
    expect(b.told('job.missed')).toEqual([]);
  });

  it('runs nothing in retrospect when it is rescheduled on its timer', async () => {
    const cluster = new EngineCluster([{ cron: '0 0 12 * * *' }]);
    const a = await cluster.started('a');
    await cluster.advance(20_500);
    a.ticker.of('job').reschedule(CronSchedule.parse('*/5 * * * * *', { timeZone: 'UTC' }));
    await cluster.advance(10_000);
    expect(cluster.seconds()).toEqual([25, 30]);
    const { facts } = await cluster.recordOf(30);
    expect(facts).toMatchObject({ schedule: '*/5 * * * * *', next: START + 35_000 });
  });
});

describe('a job that is started by hand', () => {
  it('does not run the ticks before that', async () => {
    const cluster = new EngineCluster([{ disabled: true }]);
    const a = await cluster.started('a');
    await cluster.advance(10_500);
    expect(cluster.seconds()).toEqual([]);
    a.ticker.of('job').start();
    await cluster.advance(2000);
    expect(cluster.seconds()).toEqual([11, 12]);
    expect(a.told('job.missed')).toEqual([]);
  });

  it('does not run those while it was stopped', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.advance(2500);
    a.ticker.of('job').stop();
    await cluster.advance(10_000);
    a.ticker.of('job').start();
    await cluster.advance(1000);
    expect(cluster.seconds()).toEqual([1, 2, 13]);
  });

  it('runs from then on, though a takeover is under way', async () => {
    const cluster = new EngineCluster([{ disabled: true }]);
    const a = cluster.pod('a');
    a.runs.faults.unfinished = 'fails';
    a.start();
    await cluster.advance(400);
    a.ticker.of('job').start();
    a.runs.faults.unfinished = 'none';
    await cluster.advance(1600);
    expect(cluster.seconds()).toEqual([1, 2]);
  });

  it('does not run them on a new leader either', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(2500);
    for (const pod of [a, b]) pod.ticker.of('job').stop();
    await cluster.advance(10_000);
    b.ticker.of('job').start();
    await a.elector.resign();
    await cluster.advance(700);
    expect(b.elector.isLeader()).toBe(true);
    expect(cluster.seconds()).toEqual([1, 2, 13]);
  });
});

describe('a takeover', () => {
  it('is repeated until the store answers, and loses nothing', async () => {
    const cluster = new EngineCluster([{ policy: { catchUp: 'all' } }]);
    const a = await cluster.started('a');
    await cluster.advance(1500);
    await a.engine.shutdown(0);
    const b = cluster.pod('b');
    b.runs.fault = 'hangs';
    b.start();
    await cluster.advance(4000);
    expect(b.elector.isLeader()).toBe(true);
    expect(cluster.seconds()).toEqual([1]);
    b.runs.fault = 'none';
    await cluster.advance(1600);
    expect(cluster.seconds()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(cluster.calls.filter(({ context }) => context.catchUp).map(({ second }) => second)).not.toContain(
      7,
    );
  });

  it('ends with its term, and the next one makes up what was missed', async () => {
    const cluster = new EngineCluster();
    const a = cluster.pod('a');
    a.runs.fault = 'fails';
    a.start();
    await cluster.advance(100);
    const b = await cluster.started('b');
    await cluster.advance(5000);
    await a.elector.resign();
    await cluster.advance(100);
    expect(b.elector.isLeader()).toBe(true);
    await cluster.advance(1000);
    expect(cluster.runsBy()).toEqual(['b 6']);
    a.runs.fault = 'none';
    await cluster.advance(1000);
    expect(cluster.runsBy()).toEqual(['b 6', 'b 7']);
  });

  it('settles many jobs, and their ticks that fall due meanwhile', async () => {
    const specs = Array.from({ length: 45 }, (_, index): JobSpec => ({ name: `job-${index}` }));
    const cluster = new EngineCluster(specs);
    const a = await cluster.started('a');
    await cluster.advance(1500);
    await a.engine.shutdown(0);
    await cluster.advance(2000);
    await cluster.started('b');
    await cluster.advance(1000);
    for (const { name } of specs) expect(cluster.seconds(name)).toEqual([1, 3, 4]);
  });

  it('asks for all ticks that are due together in one call', async () => {
    const specs = Array.from({ length: 45 }, (_, index): JobSpec => ({ name: `job-${index}` }));
    const cluster = new EngineCluster(specs);
    const a = await cluster.started('a');
    await cluster.advance(500);
    a.lease.disconnect();
    await cluster.advance(1000);
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
    await cluster.advance(1500);
    a.lease.disconnect();
    await cluster.advance(2700);
    expect(cluster.seconds()).toEqual([1]);
    a.lease.reconnect();
    await cluster.advance(0);
    expect(cluster.seconds()).toEqual([1, 2, 3, 4]);
    expect(a.told('leader.elected')).toHaveLength(1);
  });
});

describe('a timer that is never called again', () => {
  it('costs no tick: every job is looked at with the renewals', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    a.ticker.of('job').breakDown();
    await cluster.advance(6000);
    expect(cluster.seconds()).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
