import { describe, expect, it } from '@jest/globals';

import { MINUTE, SECOND } from '../../../support/durations.js';
import { EngineCluster, START, type JobSpec } from '../../../support/engine-harness.js';
import { endless, ONCE, oneRun } from '../../../support/one-run.js';

describe('a run', () => {
  it('reports when it starts and ends, and is recorded with its facts', async () => {
    const { cluster, a } = await oneRun({ handler: (_, pod) => pod.clock.wait(1.5 * SECOND) });
    await cluster.advance(1.5 * SECOND);
    const [call] = cluster.calls;
    const facts = { job: 'job', tick: new Date(START + SECOND), runId: call?.context.runId, attempt: 1 };
    expect(a.eventsOf('job.started')).toMatchObject([facts]);
    expect(a.eventsOf('job.succeeded')).toMatchObject([{ ...facts, durationMs: 1.5 * SECOND }]);
    expect(await cluster.recordOf(1)).toMatchObject({
      state: 'succeeded',
      attempt: 1,
      token: call?.context.token,
      facts: {
        app: 'app',
        version: '1',
        pod: 'a',
        schedule: ONCE,
        startedAt: START + SECOND,
        finishedAt: START + 2.5 * SECOND,
        durationMs: 1.5 * SECOND,
        next: Date.UTC(2031, 0, 1, 0, 0, 1),
      },
    });
  });

  it('is recorded before listeners are informed of its end', async () => {
    const cluster = new EngineCluster([{ cron: ONCE }]);
    const a = await cluster.started('a');
    const found: Promise<string[]>[] = [];
    a.bus.subscribe(event => event.type === 'job.succeeded' && found.push(cluster.outcomes()));
    await cluster.advance(SECOND);
    expect(await Promise.all(found)).toEqual([['1 succeeded']]);
  });
});

describe('the heartbeat of a run', () => {
  it('keeps the run lock when leadership is lost, and the run goes on', async () => {
    const handler: JobSpec['handler'] = (_, pod) => (pod.name === 'a' ? pod.clock.wait(MINUTE) : undefined);
    const { cluster, a } = await oneRun({ cron: '* * * * * *', handler });
    const b = await cluster.started('b');
    await a.elector.resign();
    await cluster.advance(59.9 * SECOND);
    expect(b.elector.isLeader()).toBe(true);
    expect(cluster.calls).toHaveLength(1);
    expect(cluster.calls[0]?.context.signal.aborted).toBe(false);
    await cluster.advance(200);
    expect(a.eventsOf('job.succeeded')).toHaveLength(1);
    expect([19, 20]).toContain(a.runs.count('heartbeat'));
    expect(await cluster.outcomes()).toContain('1 succeeded');
    // Checked when the run lock could have lapsed; the newest of what was held up is caught up then.
    await cluster.advance(10 * SECOND);
    const { pod, second, at, context } = cluster.calls[1] ?? {};
    expect([pod, context?.catchUp, second]).toEqual(['b', true, Math.floor(at ?? 0)]);
  });

  it('is not sent while nothing runs', async () => {
    const { cluster, a } = await oneRun({});
    await cluster.advance(MINUTE);
    expect(a.runs.count('heartbeat')).toBe(0);
  });

  it('is one for all runs of the pod', async () => {
    const cluster = new EngineCluster([
      { name: 'one', cron: ONCE, handler: endless },
      { name: 'two', cron: ONCE, handler: endless },
      { name: 'three', cron: '2 0 0 1 1 *', handler: endless },
    ]);
    const a = await cluster.started('a');
    await cluster.advance(10.5 * SECOND);
    expect(a.executor.running).toHaveLength(3);
    expect(a.runs.count('heartbeat')).toBe(3);
  });
});

describe('the end of a run', () => {
  it('is recorded as soon as the store answers, and until then the run lock is kept', async () => {
    const { cluster, a } = await oneRun({ cron: '* * * * * *' });
    a.runs.faults.finish = 'fails';
    // The run of second 1 is recorded, that of second 2 is not: later ticks stay due.
    await cluster.advance(30 * SECOND);
    expect(cluster.seconds()).toEqual([1, 2]);
    expect(await cluster.unfinished()).toEqual(['2 live']);
    a.runs.faults.finish = 'none';
    await cluster.advance(1.5 * SECOND);
    expect(await cluster.outcomes()).toContain('2 succeeded');
    expect(
      a.eventsOf('job.succeeded').filter(({ tick }) => tick.getTime() === START + 2 * SECOND),
    ).toHaveLength(1);
    // The tick that fell due meanwhile is long past, and caught up as the job's policy says.
    expect(cluster.seconds().slice(0, 3)).toEqual([1, 2, 31]);
    expect(cluster.calls[2]?.context.catchUp).toBe(true);
  });

  it('is recorded once, though the reply to it was lost', async () => {
    const cluster = new EngineCluster([{ cron: ONCE }]);
    const a = await cluster.started('a');
    a.runs.faults.finish = 'loses-replies';
    await cluster.advance(3 * SECOND);
    a.runs.faults.finish = 'none';
    await cluster.advance(2 * SECOND);
    expect(await cluster.outcomes()).toEqual(['1 succeeded']);
    expect(a.eventsOf('job.stale')).toEqual([]);
    expect(a.executor.running).toEqual([]);
  });

  it('is recorded once where no history is kept either', async () => {
    const cluster = new EngineCluster([{ cron: ONCE, policy: { retention: { keep: 0, maxAgeMs: SECOND } } }]);
    const a = await cluster.started('a');
    a.runs.faults.finish = 'loses-replies';
    await cluster.advance(3 * SECOND);
    a.runs.faults.finish = 'none';
    await cluster.advance(2 * SECOND);
    expect(await cluster.outcomes()).toEqual([]);
    expect(a.eventsOf('job.stale')).toEqual([]);
  });
});
