import { expect, it } from '@jest/globals';

import { LeaderService, ScheduleModule } from '../../../lib/index.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { SECOND } from '../../support/durations.js';
import { eventually } from '../../support/eventually.js';
import { bootApp } from '../../support/nest-app.js';
import { RedisServer } from '../../support/redis-server.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { Calls, leads, usePods } from './use-pods.js';

const {
  apps,
  boot,
  cleanups,
  newName,
  redis: { openPods },
  redisServer,
} = usePods();

describeWithRedis('control of several pods', () => {
  it('makes five runs, each once, when five pods request one at once', async () => {
    const { calls, leader, other, boot: another } = await openPods();
    const all = [leader, other, ...(await Promise.all([another(), another(), another()]))];
    const runs = await Promise.all(
      all.map(({ schedule }) => schedule.runAndWait('by-hand', { maxWait: '10s' })),
    );
    const ids = runs.map(run => (run !== undefined && 'runId' in run ? run.runId : ''));
    expect(new Set(ids).size).toBe(5);
    expect(calls.of('by-hand')).toHaveLength(5);
  });

  it('follows an override that was put before the pod started, also before it leads', async () => {
    const { leader, boot: another } = await openPods();
    const before = Date.now();
    await leader.schedule.reschedule('by-hand', '5 4 3 2 1 *');
    const after = Date.now();
    const late = await another();
    const byHand = async () => (await late.schedule.jobs()).find(({ name }) => name === 'by-hand');
    const info = await eventually(async () => {
      const found = await byHand();
      return found?.schedule === '5 4 3 2 1 *' && found.isRescheduled ? found : undefined;
    });
    const since = info.rescheduledAt?.getTime() ?? 0;
    // Redis runs on this machine, and counts whole milliseconds.
    expect(since).toBeGreaterThanOrEqual(before - 1);
    expect(since).toBeLessThanOrEqual(after + 1);
    // The same again changes nothing.
    await leader.schedule.reschedule('by-hand', '5 4 3 2 1 *');
    expect(await byHand()).toEqual(info);
    const at = new Date(since).toISOString();
    expect(late.app.lines).toContainEqual(
      expect.stringMatching(`by-hand follows the schedule .* instead of its own, .*, since ${at};`),
    );
  });

  it('has the leader resign from another pod', async () => {
    const { calls, leader, other } = await openPods();
    await eventually(() => calls.of('ticking').length > 0);
    expect(await other.leader.resign()).toBe(true);
    await leads(other);
    expect(leader.leader.isLeader()).toBe(false);
    await eventually(() => calls.of('ticking').some(({ pod }) => pod === 'other'));
    const ticks = calls.ticks('ticking');
    expect(new Set(ticks).size).toBe(ticks.length);
  });

  it('forgets a pod that was stopped', async () => {
    const { leader, other } = await openPods();
    await eventually(async () => (await leader.schedule.pods()).length === 2);
    apps.splice(apps.indexOf(other.app), 1);
    await other.app.close();
    expect(await leader.schedule.pods()).toHaveLength(1);
  });
});

describeWithRedis('control in Redis', () => {
  it('stands still while an operator holds the key, goes on by itself, and doubles nothing', async () => {
    const { calls, leader, keys } = await openPods();
    await eventually(() => calls.of('ticking').length > 0);
    await redisServer().command('SET', keys.lease, 'anything', 'PX', 1.5 * SECOND);
    await eventually(() => !leader.leader.isLeader());
    const count = calls.of('ticking').length;
    expect(await redisServer().command('GET', keys.lease)).toBe('anything');
    await eventually(() => calls.of('ticking').length > count);
    await redisServer().command('DEL', keys.lease);
    const later = calls.of('ticking').length;
    await eventually(() => calls.of('ticking').length > later + 1);
    const ticks = calls.ticks('ticking');
    expect(new Set(ticks).size).toBe(ticks.length);
  });

  it('costs an idle pod no more than a command an interval, and no script is sent as text', async () => {
    const alone = await RedisServer.start();
    cleanups.push(() => alone.dispose());
    const options = { appName: newName(), redis: alone.url, leader: { ttl: 2 * SECOND, interval: 500 } };
    const app = await bootApp({ imports: [ScheduleModule.forRoot(options)] });
    apps.push(app);
    await eventually(() => app.get(LeaderService).isLeader());
    const count = async (command: string) => {
      const stats = String(await alone.command('INFO', 'commandstats'));
      return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
    };
    // Each script was sent once when two intervals have passed without the text of one.
    await eventually(async () => {
      const [texts, before] = [await count('eval'), await count('evalsha')];
      await eventually(async () => (await count('evalsha')) >= before + 2);
      return (await count('eval')) === texts;
    });
    await alone.command('CONFIG', 'RESETSTAT');
    const from = performance.now();
    await eventually(async () => (await count('evalsha')) >= 4);
    const intervals = (performance.now() - from) / 500;
    expect(await count('evalsha')).toBeLessThanOrEqual(2 * (intervals + 1));
    expect(await count('eval')).toBe(0);
  });
});

describeWithRedis('control with a leader that is cut off for good', () => {
  it('carries out a request that arrives meanwhile once, on the next leader', async () => {
    const calls = new Calls();
    const network = await TcpProxy.start(redisServer().port);
    cleanups.push(() => network.close());
    const appName = newName();
    const redis = `redis://127.0.0.1:${network.port}`;
    const leader = await boot('leader', calls, { appName, redis });
    await leads(leader);
    const other = await boot('other', calls, { appName, redis: redisServer().url });
    await network.refuse();
    network.reset();
    const run = await other.schedule.runAndWait('by-hand', { maxWait: '15s' });
    expect(run).toMatchObject({ outcome: 'succeeded', podId: other.leader.podId });
    expect(calls.of('by-hand').map(({ pod }) => pod)).toEqual(['other']);
  });
});
