import { describe, expect, it } from '@jest/globals';

import { CronSchedule } from '../../../../lib/core/schedule/cron-schedule.js';
import { HOUR, MINUTE, SECOND } from '../../../support/durations.js';
import { EngineCluster, START } from '../../../support/engine-harness.js';
import { afterGap, withPolicy } from '../../../support/after-gap.js';

describe('a new leader, after ticks that no pod ran', () => {
  it('catches up the newest one, with its nominal instant, and records the others as missed', async () => {
    const { cluster, b, seconds, contexts } = await afterGap(8 * SECOND, withPolicy({}));
    expect(seconds).toEqual([10]);
    expect(contexts[0]).toMatchObject({
      catchUp: true,
      recovering: false,
      tick: new Date(START + 10 * SECOND),
    });
    expect(b.eventsOf('job.missed')).toEqual([
      {
        type: 'job.missed',
        job: 'job',
        tick: new Date(START + 9 * SECOND),
        since: new Date(START + 2 * SECOND),
        count: 7,
      },
    ]);
    const missed = await cluster.recordOf(9, 'missed');
    expect(missed.facts).toMatchObject({ since: START + 2 * SECOND, count: 7 });
    expect((await cluster.recordOf(10, 'succeeded')).facts).toMatchObject({ catchUp: true });
    await cluster.advance(500);
    expect(cluster.seconds()).toEqual([1, 2, 10, 11]);
    expect(cluster.calls.at(-1)?.context.catchUp).toBe(false);
  });

  it('catches up all of them, oldest first, when the job says so', async () => {
    const { seconds, b } = await afterGap(4 * SECOND, withPolicy({ catchUp: 'all' }));
    expect(seconds).toEqual([3, 4, 5, 6]);
    expect(b.eventsOf('job.missed')).toEqual([]);
  });

  it('catches up none when the job says so, and records them all', async () => {
    const { cluster, b, seconds } = await afterGap(4 * SECOND, withPolicy({ catchUp: 'skip' }));
    expect(seconds).toEqual([]);
    expect(b.eventsOf('job.missed')).toMatchObject([{ tick: new Date(START + 6 * SECOND), count: 4 }]);
    await cluster.advance(500);
    expect(cluster.seconds()).toEqual([1, 2, 7]);
  });

  it('catches up what fell due while no pod led only once', async () => {
    const { cluster, b } = await afterGap(8 * SECOND, withPolicy({}));
    await b.engine.shutdown(0);
    await cluster.started('c');
    expect(cluster.seconds()).toEqual([1, 2, 10]);
  });
});

describe('the bounds of a catch-up', () => {
  it('reaches no further back than the window', async () => {
    const { seconds, b } = await afterGap(
      MINUTE,
      withPolicy({ catchUp: 'all', catchUpWindowMs: 5 * SECOND }),
    );
    expect(seconds).toEqual([58, 59, 60, 61, 62]);
    expect(b.eventsOf('job.missed')).toMatchObject([
      { since: new Date(START + 2 * SECOND), tick: new Date(START + 57 * SECOND), count: 55 },
    ]);
  });

  it('catches up nothing when even the newest lies before the window', async () => {
    const spec = { cron: '0 * * * * *', policy: { catchUpWindowMs: 30 * SECOND } };
    const { cluster, seconds, b } = await afterGap(100 * SECOND, spec);
    expect(seconds).toEqual([]);
    expect(b.eventsOf('job.missed')).toMatchObject([{ tick: new Date(START + MINUTE), count: 1 }]);
    expect(await cluster.outcomes()).toEqual(['60 missed']);
  });

  it('catches up the newest hundred at most', async () => {
    const { cluster, seconds, b } = await afterGap(
      5 * MINUTE,
      withPolicy({ catchUp: 'all', retention: { keep: 1000, maxAgeMs: HOUR } }),
    );
    expect(seconds).toHaveLength(100);
    expect([seconds[0], seconds.at(-1)]).toEqual([203, 302]);
    expect(b.eventsOf('job.missed')).toMatchObject([{ tick: new Date(START + 202 * SECOND), count: 200 }]);
    expect((await cluster.ended()).filter(({ state }) => state === 'succeeded')).toHaveLength(102);
  });

  it('counts no further than a thousand', async () => {
    const { b } = await afterGap(50 * MINUTE, withPolicy({}));
    expect(b.eventsOf('job.missed')).toMatchObject([{ count: 1000 }]);
  });
});

describe('a job that is seen for the first time', () => {
  it('runs nothing in retrospect', async () => {
    const cluster = new EngineCluster();
    await cluster.advance(600_500);
    const a = await cluster.started('a');
    await cluster.advance(600);
    expect(cluster.seconds()).toEqual([601]);
    expect(a.eventsOf('job.missed')).toEqual([]);
  });

  it('runs nothing in retrospect when its schedule has changed', async () => {
    const cluster = new EngineCluster([{ cron: '0 0 12 * * *' }]);
    const a = await cluster.started('a');
    await a.engine.shutdown(0);
    await cluster.advance(20.5 * SECOND);
    const b = await cluster.started('b', {}, [{ cron: '*/10 * * * * *' }]);
    await cluster.advance(10 * SECOND);
    expect(cluster.seconds()).toEqual([30]);
    expect(b.eventsOf('job.missed')).toEqual([]);
  });

  it('runs nothing in retrospect when it is rescheduled on its timer', async () => {
    const cluster = new EngineCluster([{ cron: '0 0 12 * * *' }]);
    const a = await cluster.started('a');
    await cluster.advance(20.5 * SECOND);
    a.ticker.of('job').reschedule(CronSchedule.parse('*/5 * * * * *', { timeZone: 'UTC' }));
    await cluster.advance(10 * SECOND);
    expect(cluster.seconds()).toEqual([25, 30]);
    const { facts } = await cluster.recordOf(30);
    expect(facts).toMatchObject({ schedule: '*/5 * * * * *', next: START + 35 * SECOND });
  });
});

describe('a job that is started by a user', () => {
  it('does not run the ticks before that', async () => {
    const cluster = new EngineCluster([{ disabled: true }]);
    const a = await cluster.started('a');
    await cluster.advance(10.5 * SECOND);
    expect(cluster.seconds()).toEqual([]);
    a.ticker.of('job').start();
    await cluster.advance(2 * SECOND);
    expect(cluster.seconds()).toEqual([11, 12]);
    expect(a.eventsOf('job.missed')).toEqual([]);
  });

  it('does not run those while it was stopped', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.advance(2.5 * SECOND);
    a.ticker.of('job').stop();
    await cluster.advance(10 * SECOND);
    a.ticker.of('job').start();
    await cluster.advance(SECOND);
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
    await cluster.advance(1.6 * SECOND);
    expect(cluster.seconds()).toEqual([1, 2]);
  });

  it('does not run them on a new leader either', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(2.5 * SECOND);
    for (const pod of [a, b]) pod.ticker.of('job').stop();
    await cluster.advance(10 * SECOND);
    b.ticker.of('job').start();
    await a.elector.resign();
    await cluster.advance(700);
    expect(b.elector.isLeader()).toBe(true);
    expect(cluster.seconds()).toEqual([1, 2, 13]);
  });
});
