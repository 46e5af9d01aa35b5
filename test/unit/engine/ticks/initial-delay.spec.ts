import { expect, it } from '@jest/globals';

import { MINUTE, SECOND } from '../../../support/durations.js';
import { EngineCluster, INTERVAL, type JobSpec } from '../../../support/engine-harness.js';

const EVERY_TEN: JobSpec = { cron: '*/10 * * * * *', policy: { catchUp: 'all' } };
const DELAYED: JobSpec = { ...EVERY_TEN, initialDelayMs: MINUTE };

/** Pod `a` has run the tick of second 10. Now `c` leads, whose job begins at second 72. */
async function leadsInItsDelay() {
  const cluster = new EngineCluster();
  const a = await cluster.started('a', {}, [EVERY_TEN]);
  await cluster.advance(12 * SECOND);
  await a.engine.shutdown(0);
  const c = await cluster.started('c', {}, [DELAYED]);
  expect(c.elector.isLeader()).toBe(true);
  return { cluster, c };
}

it('runs nothing of the job in its initial delay, and catches up after it what was due in it', async () => {
  const { cluster, c } = await leadsInItsDelay();
  await cluster.advance(59 * SECOND);
  expect(cluster.runsBy()).toEqual(['a 10']);
  await cluster.advance(12 * SECOND);
  expect(cluster.runsBy()).toEqual(['a 10', ...[20, 30, 40, 50, 60, 70, 80].map(second => `c ${second}`)]);
  expect(cluster.calls[1]).toMatchObject({ at: 72, context: { catchUp: true } });
  expect(c.eventsOf('job.missed')).toEqual([]);
});

it('does not resign over a job that is in its initial delay, or was, though others see that it is overdue', async () => {
  const { cluster, c } = await leadsInItsDelay();
  const b = await cluster.started('b', {}, [EVERY_TEN]);
  await cluster.advance(2 * MINUTE);
  expect(b.eventsOf('job.overdue')).toContainEqual(expect.objectContaining({ job: 'job', podId: 'c' }));
  expect(c.eventsOf('leader.lost')).toEqual([]);
});

it('keeps its term after the delay too, when the next tick is far', async () => {
  const rare: JobSpec = { cron: '0 */10 * * * *' };
  const cluster = new EngineCluster();
  const a = await cluster.started('a', {}, [rare]);
  await cluster.advance(595 * SECOND);
  await a.engine.shutdown(0);
  const c = await cluster.started('c', {}, [{ ...rare, initialDelayMs: MINUTE }]);
  await cluster.started('b', {}, [rare]);
  await cluster.advance(5 * MINUTE);
  expect(c.eventsOf('leader.lost')).toEqual([]);
  expect(cluster.runsBy()).toEqual(['c 600']);
});

it('begins anew where no pod has run the job before: it has no past', async () => {
  const cluster = new EngineCluster([DELAYED]);
  await cluster.started('a');
  await cluster.advance(75 * SECOND);
  expect(cluster.runsBy()).toEqual(['a 70']);
});

it('leaves a tick that another pod released until the delay is over', async () => {
  const queued: JobSpec = {
    ...EVERY_TEN,
    policy: { overlap: 'queue', catchUp: 'all' },
    handler: (_, { name, clock }) => (name === 'a' ? clock.wait(15 * SECOND) : undefined),
  };
  const cluster = new EngineCluster();
  const a = await cluster.started('a', {}, [queued]);
  await cluster.advance(24 * SECOND);
  const isOver = a.engine.shutdown(30 * SECOND);
  const c = await cluster.started('c', {}, [{ ...queued, initialDelayMs: MINUTE }]);
  await cluster.advance(2 * SECOND);
  await isOver;
  expect(c.elector.isLeader()).toBe(true);
  expect(await cluster.unfinished()).toEqual(['20 not live']);
  await cluster.advance(57 * SECOND);
  expect(cluster.runsBy()).toEqual(['a 10']);
  await cluster.advance(8 * SECOND);
  expect(cluster.runsBy()).toEqual([
    'a 10',
    ...[20, 30, 40, 50, 60, 70, 80, 90].map(second => `c ${second}`),
  ]);
});

it('polls each interval for a requested run, which waits for a crashed one until the delay is over', async () => {
  const endless: JobSpec = {
    ...EVERY_TEN,
    policy: { overlap: 'queue', recover: true },
    handler: (_, { name }) => (name === 'a' ? new Promise(() => undefined) : undefined),
  };
  const cluster = new EngineCluster();
  const a = await cluster.started('a', {}, [endless]);
  await cluster.advance(12 * SECOND);
  a.die();
  const c = await cluster.started('c', {}, [{ ...endless, initialDelayMs: MINUTE }]);
  await cluster.advance(20 * SECOND);
  c.ticker.of('job').fireOnTick();
  await cluster.advance(38 * SECOND);
  expect(c.runs.claimed.length).toBeGreaterThan(38_000 / INTERVAL);
  expect(c.runs.claimed.length).toBeLessThanOrEqual(5 + 38_000 / INTERVAL);
  expect(cluster.runsBy()).toEqual(['a 10']);
  await cluster.advance(2 * SECOND + INTERVAL);
  expect(cluster.runsBy().slice(0, 3)).toEqual(['a 10', 'c 10', 'c 32']);
});
