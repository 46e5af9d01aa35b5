import { afterEach, expect, it } from '@jest/globals';

import { createRedisView, loadIoredis } from '../../lib/adapters/redis/create-redis-view.js';
import { SystemClock } from '../../lib/adapters/system/system-clock.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { SECOND } from '../support/durations.js';
import { eventually } from '../support/eventually.js';
import { Cluster, type Pod, type Timings } from './cluster.js';

const SHORT: Timings = { ttl: '2s', interval: '500ms' };
let cluster: Cluster;

const start = async (timings = SHORT, size = 3) => {
  cluster = await Cluster.start(size, timings);
  const leader = await cluster.leader();
  await cluster.runs(leader);
  return leader;
};

const standbyTakesOverFrom = async (leader: Pod) => {
  const next = await cluster.leader(leader);
  await cluster.runs(next);
  return next;
};

afterEach(async () => {
  const verdict = await cluster.verdict();
  await cluster.dispose();
  expect(verdict).toEqual({ overlaps: [], doubled: [], staleTokens: [] });
});

describeWithRedis('three pods as processes', () => {
  it('go on when the leader is killed (SIGKILL)', async () => {
    const leader = await start();
    await leader.end('SIGKILL');
    await standbyTakesOverFrom(leader);
  });

  it('carry out a run request once when the leader is killed (SIGKILL) before it can take the request', async () => {
    const leader = await start();
    // Stopped first, so that it is certain that it does not take the request.
    leader.signal('SIGSTOP');
    leader.isLeader = false;
    await loadIoredis(cluster.redis.url);
    const view = createRedisView({
      redis: cluster.redis.url,
      leaseKey: 'scheduler:chaos:leader',
      commandTimeoutMs: 1000,
      clock: new SystemClock(),
    });
    await view.connect(1000);
    const { signal } = new AbortController();
    const request = await view.control.requestRun({ id: 'asked', job: 'ledger' }, signal);
    await leader.end('SIGKILL');
    await eventually(async () => (await view.cluster.outcome(request, signal)).kind === 'recorded', {
      within: 30 * SECOND,
      what: 'the next leader has taken it',
    });
    const next = await standbyTakesOverFrom(leader);
    await cluster.runs(next);
    const runs = (await Promise.all(cluster.pods.map(pod => cluster.runsOf(pod)))).flat();
    const outcome = await view.cluster.outcome(request, signal);
    // The run lock of a run that died with the leader bars its way: then it is on record that it was skipped.
    const isSkipped = outcome.kind === 'recorded' && outcome.record.state === 'skipped';
    expect(runs.filter(({ tick }) => tick === request.tick)).toHaveLength(isSkipped ? 0 : 1);
    expect((await view.control.requests('', signal)).requests).toEqual([]);
    await view.close();
  });

  it('wake when the ttl of a dead leader runs out, not at their next interval', async () => {
    const leader = await start({ ttl: '6s', interval: '2s' });
    await leader.end('SIGKILL');
    const diedAt = performance.now();
    await cluster.leader(leader);
    // Renewed every 2 s, so between 4 s and 6 s of the ttl were left; an interval more would be above 8 s.
    expect(performance.now() - diedAt).toBeLessThan(7.5 * SECOND);
  });

  it('take over by notification when the leader is stopped (SIGTERM), long before their interval', async () => {
    const leader = await start({ ttl: '60s', interval: '20s' });
    await cluster.runs(leader);
    await leader.end('SIGTERM');
    const stoppedAt = performance.now();
    await cluster.leader(leader);
    expect(performance.now() - stoppedAt).toBeLessThan(10 * SECOND);
  });
});

describeWithRedis('three pods as processes and the instants of their runs', () => {
  it('go on at the first tick after the run that the stopped leader has drained (SIGTERM)', async () => {
    cluster = await Cluster.start(3, { ttl: '10s', interval: '3s' }, { workMs: 1300 });
    const leader = await cluster.leader();
    await cluster.runs(leader);
    await cluster.runs(leader);
    const drained = (await cluster.runsOf(leader)).at(-1);
    expect(await cluster.endOf(drained?.tick ?? 0)).toBeUndefined();
    await leader.end('SIGTERM');
    const endedAt = await cluster.endOf(drained?.tick ?? 0);
    const next = await cluster.leader(leader);
    const [first] = await eventually(
      async () => {
        const runs = await cluster.runsOf(next);
        return runs.length > 0 && runs;
      },
      { within: 30 * SECOND, what: `${next.name} runs a tick` },
    );
    expect(first?.at).toBeGreaterThanOrEqual(endedAt ?? Infinity);
    expect(first?.at).toBeLessThan((endedAt ?? 0) + 1.2 * SECOND);
  });

  it.each([
    ['ahead of', 3000],
    ['behind', -3000],
  ])('start ticks at their instants by the clock of Redis, three seconds %s it', async (_, offsetMs) => {
    cluster = await Cluster.start(
      2,
      { ttl: '10s', interval: '3s' },
      { clockOffsetsMs: [offsetMs, -offsetMs] },
    );
    const leader = await cluster.leader();
    for (let count = 0; count < 5; count += 1) await cluster.runs(leader);
    await leader.end('SIGTERM');
    const next = await cluster.leader(leader);
    for (let count = 0; count < 5; count += 1) await cluster.runs(next);
    // Redis has the clock of this machine.
    const clockMs = Date.now() - Number(process.hrtime.bigint() / 1000n) / 1000;
    const runs = [...(await cluster.runsOf(leader)), ...(await cluster.runsOf(next))];
    const lateMs = runs.map(({ at, tick }) => at + clockMs - tick).toSorted((a, b) => a - b);
    const reportedMs = runs.map(({ startedAt = 0, tick }) => startedAt - tick).toSorted((a, b) => a - b);
    // The machine may be busy for one or the other; a clock would show in all of them.
    for (const each of [lateMs, reportedMs]) {
      expect(each[0]).toBeGreaterThan(-50);
      expect(each[Math.floor(each.length / 2)]).toBeLessThan(100);
    }
    const ticks = runs.map(({ tick }) => tick);
    expect(ticks).toEqual(ticks.map((_tick, index) => (ticks[0] ?? 0) + SECOND * index));
  });
});

describeWithRedis('three pods as processes of which one is paused or cut off', () => {
  it('go on when the leader is paused beyond its ttl (SIGSTOP), which does not believe when it wakes', async () => {
    const leader = await start();
    leader.signal('SIGSTOP');
    leader.isLeader = false;
    const next = await standbyTakesOverFrom(leader);
    const before = (await cluster.runsOf(leader)).length;
    leader.signal('SIGCONT');
    await cluster.runs(next);
    await cluster.runs(next);
    expect(await cluster.runsOf(leader)).toHaveLength(before);
  });

  it.each([
    ['all that it sends and receives vanishes', (pod: Pod) => pod.network.swallow()],
    ['the answers of Redis vanish', (pod: Pod) => pod.network.dropReplies()],
    ['its connections are refused', (pod: Pod) => pod.network.refuse()],
  ])(
    'go on when the leader is cut off: %s; it stops running jobs first and follows afterwards',
    async (_, cut) => {
      const leader = await start();
      await cut(leader);
      await cluster.follows(leader);
      const before = (await cluster.runsOf(leader)).length;
      const next = await standbyTakesOverFrom(leader);
      expect(await cluster.runsOf(leader)).toHaveLength(before);
      await leader.network.pass();
      await cluster.runs(next);
      await next.end('SIGKILL');
      await standbyTakesOverFrom(next);
    },
  );

  it('recognise a lease whose reply was lost, by asking again', async () => {
    cluster = await Cluster.start(1, { ttl: '60s', interval: '20s' });
    const [pod] = cluster.pods;
    await pod?.network.dropReplies();
    await pod?.network.pass();
    pod?.network.reset();
    await cluster.leader();
  });
});

describeWithRedis('three pods as processes that start or lose Redis', () => {
  it('never have two leaders while Redis is killed and comes back empty', async () => {
    await start();
    await cluster.redis.kill();
    await cluster.redis.restart();
    await cluster.runs(await cluster.leader());
  });

  it('never have two leaders while Redis hangs beyond the ttl', async () => {
    const leader = await start();
    await cluster.redis.pause();
    await cluster.follows(leader);
    await cluster.redis.resume();
    await cluster.runs(await cluster.leader());
  });

  it('are replaced one after the other without ever having two leaders', async () => {
    await start();
    for (const pod of cluster.pods) {
      await pod.end('SIGTERM');
      pod.start();
      await cluster.runs(await cluster.leader());
    }
  });

  it('elect one when six boot together', async () => {
    await start(SHORT, 6);
  });
});
