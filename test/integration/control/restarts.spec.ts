import { expect, it } from '@jest/globals';

import { describeWithRedis } from '../../support/describe-with-redis.js';
import { SECOND } from '../../support/durations.js';
import { eventually } from '../../support/eventually.js';
import { RedisServer } from '../../support/redis-server.js';
import { Calls, leads, usePods } from './use-pods.js';

const { boot, cleanups, newName } = usePods();

/** A pod whose job is paused, with a Redis that has restarted since. */
const restarted = async (persistence: boolean) => {
  const own = await RedisServer.start({ persistence });
  cleanups.push(() => own.dispose());
  const calls = new Calls();
  const pod = await boot('leader', calls, { appName: newName(), redis: own.url });
  const isPaused = async () => (await pod.schedule.history('ticking'))[0]?.reason === 'paused';
  await leads(pod);
  await eventually(() => calls.of('ticking').length > 0);
  await pod.schedule.pause('ticking', { reason: 'kept' });
  await eventually(isPaused);
  const count = calls.of('ticking').length;
  await own.restart();
  await eventually(async () => pod.leader.isLeader() && (await pod.schedule.status()).isStoreAvailable);
  const goesOn = async () => {
    await eventually(() => calls.of('ticking').length > count);
    await pod.schedule.runAndWait('by-hand', { maxWait: '10s' });
    const ticks = calls.ticks('ticking');
    return calls.of('by-hand').length === 1 && new Set(ticks).size === ticks.length;
  };
  return { calls, pod, isPaused, count, goesOn };
};

describeWithRedis('control when Redis restarts', () => {
  it('keeps a pause where Redis keeps its data', async () => {
    const { calls, pod, isPaused, count, goesOn } = await restarted(true);
    const job = (await pod.schedule.jobs()).find(({ name }) => name === 'ticking');
    expect(job?.pause?.reason).toBe('kept');
    await eventually(isPaused);
    expect(calls.of('ticking')).toHaveLength(count);
    expect(await pod.schedule.resume('ticking')).toBe(true);
    expect(await goesOn()).toBe(true);
  });

  it('loses a pause where Redis starts empty, and goes on without it', async () => {
    const { pod, goesOn } = await restarted(false);
    expect(await goesOn()).toBe(true);
    expect(await pod.schedule.resume('ticking')).toBe(false);
  });

  it('catches up no tick of a pause that ends while Redis is away', async () => {
    const own = await RedisServer.start({ persistence: true });
    cleanups.push(() => own.dispose());
    const calls = new Calls();
    const jobs = { defaults: { catchUp: 'all' } } as const;
    const pod = await boot('leader', calls, { appName: newName(), redis: own.url, jobs });
    await leads(pod);
    await eventually(() => calls.of('ticking').length > 0);
    const { from, until } = await pod.schedule.pause('ticking', { duration: 1.5 * SECOND });
    await own.kill();
    await eventually(() => Date.now() > (until?.getTime() ?? 0), { what: 'the pause is over' });
    await own.restart();
    await eventually(() => calls.ticks('ticking').some(tick => tick >= (until?.getTime() ?? 0)));
    const isInside = (tick: number) => tick >= from.getTime() && tick < (until?.getTime() ?? 0);
    expect(calls.ticks('ticking').filter(isInside)).toEqual([]);
  });
});
