import { expect, it } from '@jest/globals';

import { SECOND } from '../../../support/durations.js';
import { EngineCluster, type JobSpec } from '../../../support/engine-harness.js';

/** More than are checked with one renewal. */
const MANY: readonly JobSpec[] = Array.from({ length: 25 }, (_, index) => ({
  name: `job-${index}`,
  cron: '10 * * * * *',
}));

it('has the election check on its leader when a tick is due on a follower', async () => {
  const cluster = new EngineCluster([{ cron: '4 * * * * *' }]);
  await cluster.started('a');
  const b = await cluster.started('b');
  let due = 0;
  b.elector.tickDue = () => void (due += 1);
  await cluster.advance(9 * SECOND);
  expect(due).toBe(1);
  expect(cluster.calls.map(({ pod }) => pod)).toEqual(['a']);
});

it('reports a bug behind a wake-up as an error of the engine, and not to the timer', async () => {
  const cluster = new EngineCluster([{ cron: '4 * * * * *' }]);
  const a = await cluster.started('a');
  const bug = new TypeError('a bug');
  const job = a.jobs.find('job');
  if (job === undefined) throw new Error('The job is not known');
  a.schedulers.of(job).runManual = () => {
    throw bug;
  };
  a.ticker.of('job').fireOnTick();
  expect(a.eventsOf('engine.error')).toMatchObject([{ error: bug }]);
  await cluster.advance(5 * SECOND);
  expect(cluster.seconds()).toEqual([4]);
});

it('runs a job that a user has fired, beside its schedule', async () => {
  const cluster = new EngineCluster([{ cron: '10 * * * * *' }]);
  const a = await cluster.started('a');
  await cluster.advance(2.5 * SECOND);
  a.ticker.of('job').fireOnTick();
  await cluster.advance(8 * SECOND);
  expect(cluster.seconds()).toEqual([2.5, 10]);
});

it('comes round to all jobs with the renewals, though no timer fires', async () => {
  const cluster = new EngineCluster(MANY);
  const a = await cluster.started('a');
  await cluster.advance(SECOND);
  for (const { name = '' } of MANY) a.ticker.of(name).breakDown();
  await cluster.advance(18 * SECOND);
  expect(cluster.calls).toHaveLength(MANY.length);
});

it('opens a job once that is woken twice before its position is known', async () => {
  const cluster = new EngineCluster([]);
  const a = await cluster.started('a');
  await cluster.advance(SECOND);
  const before = a.runs.count('open');
  a.create({ name: 'created', cron: '5 * * * * *' });
  a.ticker.of('created').stop();
  a.ticker.of('created').start();
  await cluster.advance(8 * SECOND);
  expect(a.runs.count('open') - before).toBe(1);
  expect(cluster.seconds('created')).toEqual([5]);
});
