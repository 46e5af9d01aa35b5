import { describe, expect, it } from '@jest/globals';

import { formatOverride } from '../../../../lib/core/schedule/schedule-override.js';
import { EngineCluster, INTERVAL, START, type JobSpec, type Pod } from '../../../support/engine-harness.js';
import { MINUTE, SECOND } from '../../../support/durations.js';

const MINUTELY = '1 * * * * *';

/** A pod that has just started, as every one has. */
const young = (cluster: EngineCluster, specs?: readonly JobSpec[]): Promise<Pod> =>
  cluster.started('young', { openAfterMs: INTERVAL }, specs);

/** Pod `old` has run jobs for a while and is gone; no pod has led for a minute and a half. */
async function afterAnOutage(specs: readonly JobSpec[]): Promise<EngineCluster> {
  const cluster = new EngineCluster(specs);
  const old = await cluster.started('old');
  await cluster.advance(MINUTE + 5.5 * SECOND);
  old.die();
  await cluster.advance(1.5 * MINUTE);
  return cluster;
}

const runsOf = (cluster: EngineCluster, name = 'job') =>
  cluster.calls.filter(({ pod, job }) => pod === 'young' && job === name);

describe('a pod that has just started', () => {
  it('catches up what was missed one interval later, and not before', async () => {
    const cluster = await afterAnOutage([{ cron: MINUTELY }]);
    const pod = await young(cluster);
    const startedAt = (cluster.clock.now().wallMs - START) / 1000;
    await cluster.advance(INTERVAL - 1);
    expect(runsOf(cluster)).toEqual([]);
    expect(pod.eventsOf('job.missed')).toEqual([]);
    await cluster.advance(1);
    expect(runsOf(cluster)).toMatchObject([{ second: 121, at: startedAt + INTERVAL / 1000 }]);
    expect(runsOf(cluster)[0]?.context.catchUp).toBe(true);
  });

  it('leaves no trace when it closes before that: a script runs nothing of the past', async () => {
    const cluster = await afterAnOutage([{ cron: MINUTELY }]);
    const before = await cluster.outcomes();
    const pod = await young(cluster);
    await cluster.advance(400);
    await pod.engine.shutdown(30 * SECOND);
    expect(runsOf(cluster)).toEqual([]);
    expect(await cluster.outcomes()).toEqual(before);
    await cluster.started('next');
    expect(cluster.runsBy().at(-1)).toBe('next 121');
  });

  it('opens jobs without missed ticks at once, new ones among them', async () => {
    const cluster = await afterAnOutage([{ cron: MINUTELY }]);
    await young(cluster, [{ cron: MINUTELY }, { name: 'new' }]);
    await cluster.advance(2 * SECOND);
    expect(runsOf(cluster, 'new')).toHaveLength(2);
    expect(runsOf(cluster)).toEqual([]);
  });

  it('starts what falls due meanwhile after the catch-up, in order, and misses none of it', async () => {
    const cluster = await afterAnOutage([{}]);
    const pod = await young(cluster);
    const from = Math.floor((cluster.clock.now().wallMs - START) / 1000);
    await cluster.advance(INTERVAL + 2 * SECOND);
    expect(runsOf(cluster).map(({ second }) => second)).toEqual([0, 1, 2, 3, 4, 5].map(n => from + n));
    expect(runsOf(cluster).map(({ context }) => context.catchUp)).toEqual([true, ...Array(5).fill(false)]);
    expect(pod.eventsOf('job.missed')).toMatchObject([{ tick: new Date(START + (from - 1) * 1000) }]);
  });

  it('takes requests then', async () => {
    const cluster = await afterAnOutage([{ cron: MINUTELY, policy: { catchUp: 'skip' } }]);
    await young(cluster);
    await cluster.control.requestRun({ id: 'asked', job: 'job' });
    await cluster.advance(INTERVAL - 1);
    expect(runsOf(cluster)).toEqual([]);
    await cluster.advance(1);
    expect(runsOf(cluster)).toHaveLength(1);
  });
});

describe('a pod that has just started, and takes over', () => {
  it('adopts crashed runs then, before the ticks that were missed', async () => {
    const cluster = new EngineCluster([
      {
        cron: MINUTELY,
        policy: { recover: true },
        handler: (_, pod) => (pod.name === 'old' ? new Promise(() => undefined) : undefined),
      },
    ]);
    const old = await cluster.started('old');
    await cluster.advance(1.5 * SECOND);
    old.die();
    await cluster.advance(1.2 * MINUTE);
    await young(cluster);
    await cluster.advance(INTERVAL - 1);
    expect(runsOf(cluster)).toEqual([]);
    await cluster.advance(1);
    expect(runsOf(cluster).map(({ second, context }) => [second, context.recovering])).toEqual([
      [1, true],
      [61, false],
    ]);
  });

  it('leaves what it waits with to the next leader when its term ends first', async () => {
    const cluster = await afterAnOutage([{ cron: MINUTELY }]);
    const pod = await young(cluster);
    await cluster.started('next');
    await pod.elector.resign();
    await cluster.advance(100);
    expect(cluster.runsBy().at(-1)).toBe('next 121');
    await cluster.advance(INTERVAL);
    expect(runsOf(cluster)).toEqual([]);
  });
});

describe('a pod that has just started, whose jobs change meanwhile', () => {
  it('runs what a schedule of its own makes due when the job is rescheduled meanwhile', async () => {
    const cluster = await afterAnOutage([{ cron: MINUTELY }]);
    const pod = await young(cluster);
    await cluster.advance(500);
    const rescheduledAt = (cluster.clock.now().wallMs - START) / 1000;
    await cluster.control.reschedule('job', formatOverride({ schedule: '*/2 * * * * *', timeZone: 'UTC' }));
    await cluster.advance(INTERVAL + 5 * SECOND);
    expect(pod.listenerErrors).toEqual([]);
    const seconds = runsOf(cluster).map(({ second }) => second);
    expect(seconds.length).toBeGreaterThanOrEqual(3);
    expect(seconds.every(second => second > rescheduledAt && second % 2 === 0)).toBe(true);
  });

  it('forgets what was missed by its schedule when it is given another one, and its own again, meanwhile', async () => {
    const cluster = await afterAnOutage([{ cron: MINUTELY }]);
    const pod = await young(cluster);
    const before = cluster.calls.length;
    await cluster.advance(500);
    await cluster.control.reschedule('job', formatOverride({ schedule: '*/20 * * * * *', timeZone: 'UTC' }));
    await cluster.advance(100);
    await cluster.control.reschedule('job', undefined);
    await cluster.advance(INTERVAL);
    // As with any change of a schedule, it begins at the present.
    expect(cluster.calls.length).toBe(before);
    expect(pod.eventsOf('job.skipped')).toEqual([]);
    // The store knows which schedule it is: the next leader misses nothing.
    pod.die();
    await cluster.advance(MINUTE);
    await cluster.started('next');
    expect(cluster.runsBy().at(-1)).toBe('next 181');
  });

  it('counts nothing as missed that is due after the job was removed and created again meanwhile', async () => {
    const spec = { policy: { catchUp: 'skip' } } as const;
    const cluster = await afterAnOutage([spec]);
    const pod = await young(cluster);
    const from = Math.floor((cluster.clock.now().wallMs - START) / 1000);
    await cluster.advance(400);
    pod.remove();
    pod.create(spec);
    await cluster.advance(INTERVAL);
    expect(runsOf(cluster).map(({ second }) => second)).toEqual([1, 2, 3].map(n => from + n));
  });
});

describe('a pod that has been up for an interval', () => {
  it('catches up what was missed as soon as it leads', async () => {
    const cluster = new EngineCluster([{ cron: MINUTELY }]);
    const a = await cluster.started('a');
    await cluster.started('young', { openAfterMs: INTERVAL });
    await cluster.advance(55 * SECOND);
    a.die();
    await cluster.advance(15 * SECOND);
    expect(runsOf(cluster)).toMatchObject([{ second: 61 }]);
    expect(runsOf(cluster)[0]?.at).toBeLessThan(66);
  });
});
