import { describe, expect, it } from '@jest/globals';

import { MINUTE, SECOND } from '../../../support/durations.js';
import { EngineCluster, START, type JobSpec } from '../../../support/engine-harness.js';
import { TermSchedule } from '../../../../lib/core/schedule/term-schedule.js';

/** `a` leads with a job that ticks once a term, a delay after it began; `b` follows. */
async function led(cron: string, spec: JobSpec = {}) {
  const cluster = new EngineCluster([{ cron, ...spec }]);
  const a = await cluster.started('a');
  const b = await cluster.started('b');
  return { cluster, a, b };
}

describe('a job that ticks once a term', () => {
  it('runs on the leader alone, its delay after the term began, and not again', async () => {
    const { cluster } = await led('@timeout 5s');
    await cluster.advance(2 * MINUTE);
    expect(cluster.runsBy()).toEqual(['a 5']);
    expect(cluster.calls[0]).toMatchObject({ at: 5, context: { catchUp: false } });
    expect(await cluster.recordOf(5)).toMatchObject({
      state: 'succeeded',
      facts: { schedule: '@timeout 5s' },
    });
  });

  it.each(['latest', 'all', 'skip'] as const)(
    'runs without delay as soon as a pod leads, and is not caught up: catchUp %s',
    async catchUp => {
      const { cluster } = await led('@timeout 0s', { policy: { catchUp } });
      await cluster.advance(MINUTE);
      expect(cluster.runsBy()).toEqual(['a 0']);
      expect(cluster.calls[0]?.context.catchUp).toBe(false);
    },
  );

  it('is not taken for overdue, however long the term lasts', async () => {
    const { cluster, b } = await led('@timeout 1h');
    await cluster.advance(50 * MINUTE);
    expect(b.eventsOf('job.overdue')).toEqual([]);
    await cluster.advance(10 * MINUTE);
    expect(cluster.runsBy()).toEqual(['a 3600']);
  });

  it('runs with a clock that is far ahead or behind when the store says so', async () => {
    for (const aheadMs of [5000, -5000]) {
      const cluster = new EngineCluster([{ cron: '@timeout 10s' }]);
      await cluster.started('a', { aheadMs });
      await cluster.advance(MINUTE);
      expect(cluster.runsBy()).toEqual(['a 10']);
      expect(cluster.calls[0]?.at).toBeGreaterThanOrEqual(9.95);
    }
  });

  it('that is given this schedule in the middle of a term has its tick in the next one, if it was due before', async () => {
    const cluster = new EngineCluster([{ cron: '* * * * * *' }]);
    const a = await cluster.started('a');
    await cluster.advance(10.5 * SECOND);
    const before = cluster.calls.length;
    a.ticker.of('job').reschedule(new TermSchedule(5000));
    await cluster.advance(MINUTE);
    expect(cluster.calls).toHaveLength(before);
  });
});

describe('a job that ticks once a term, when terms change', () => {
  it('runs again in the next term, by its own beginning', async () => {
    const { cluster, a, b } = await led('@timeout 5s');
    await cluster.advance(20 * SECOND);
    await a.engine.shutdown(0);
    await cluster.advance(20 * SECOND);
    const [elected] = b.eventsOf('leader.elected');
    const since = (Number(elected?.term.since) - START) / 1000;
    expect(cluster.runsBy()).toEqual(['a 5', `b ${since + 5}`]);
  });

  it('catches up nothing of a term that ended before its tick', async () => {
    const { cluster, a, b } = await led('@timeout 30s', { policy: { catchUp: 'all' } });
    await cluster.advance(20 * SECOND);
    await a.engine.shutdown(0);
    await cluster.advance(MINUTE);
    expect(cluster.calls).toHaveLength(1);
    expect(cluster.calls[0]).toMatchObject({ pod: 'b', context: { catchUp: false } });
    expect(b.eventsOf('job.missed')).toEqual([]);
  });

  it('runs once though trust was suspended over its tick', async () => {
    const { cluster, a } = await led('@timeout 5s');
    await cluster.advance(4 * SECOND);
    a.lease.disconnect();
    await cluster.advance(2 * SECOND);
    expect(cluster.runsBy()).toEqual([]);
    a.lease.reconnect();
    await cluster.advance(MINUTE);
    expect(cluster.runsBy()).toEqual(['a 5']);
  });

  it('runs in the new term of a pod that led before', async () => {
    const { cluster, a } = await led('@timeout 5s');
    await cluster.advance(10 * SECOND);
    a.lease.fault = 'hangs';
    await cluster.advance(40 * SECOND);
    a.lease.fault = 'none';
    expect(cluster.runsBy().map(run => run.slice(0, 1))).toEqual(['a', 'b']);
  });
});

describe('a job at intervals', () => {
  it('keeps its ticks over a change of leader', async () => {
    const { cluster, a } = await led('@every 7s');
    await cluster.advance(20 * SECOND);
    await a.engine.shutdown(0);
    await cluster.advance(20 * SECOND);
    const phase = 7 - ((START / 1000) % 7);
    expect(cluster.seconds()).toEqual(
      [0, 1, 2, 3, 4, 5].map(n => phase + 7 * n).filter(second => second <= 40),
    );
  });

  it('ticks below a second', async () => {
    const { cluster } = await led('@every 250ms');
    await cluster.advance(1.1 * SECOND);
    expect(cluster.seconds()).toEqual([0.25, 0.5, 0.75, 1]);
  });
});

describe('a job that is switched off', () => {
  it('never ticks, and runs when it is fired manually', async () => {
    const { cluster, a } = await led('-');
    await cluster.advance(100 * SECOND);
    a.ticker.of('job').fireOnTick();
    await cluster.advance(SECOND);
    expect(cluster.seconds()).toEqual([100]);
  });
});
