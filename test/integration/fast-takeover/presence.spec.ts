import { expect, it } from '@jest/globals';

import { describeWithRedis } from '../../support/describe-with-redis.js';
import { eventually } from '../../support/eventually.js';
import { BY_TTL_MS, leadsAfter, LONG, SHORT, SOON_MS, usePods, userOf } from './use-pods.js';

const { logged, pods, redisServer } = usePods();

describeWithRedis('two pods on one Redis', () => {
  it('hand over long before the ttl when the connection of the leader is gone', async () => {
    const { first, second, term } = await pods(LONG);
    expect(await term('presence')).toBe('1');
    const tokenBefore = first.election.term?.token;
    expect(await leadsAfter(second, () => first.proxy.refuse())).toBeLessThan(SOON_MS);
    expect(first.election.isLeader()).toBe(false);
    expect(second.election.term?.token).toBeGreaterThan(tokenBefore ?? Infinity);
    await first.proxy.pass();
    await eventually(() => logged(`${first.election.podId} follows ${second.election.podId}`));
  });

  it('stay with a leader whose connection is reset, and is back at once', async () => {
    const { first, second, renewals } = await pods({ ttl: '30s', interval: '1s' });
    const { token } = first.election.term ?? {};
    first.proxy.reset();
    await eventually(() => first.changes.some(change => !change.isLeader));
    await eventually(() => first.election.isLeader());
    await renewals(2);
    expect(first.election.term?.token).toBe(token);
    expect(first.changes.map(change => (change.isLeader ? 'leads' : change.reason))).toEqual([
      'following',
      'leads',
      'suspended',
      'leads',
    ]);
    expect(second.changes).toHaveLength(1);
  });

  it('stay with a leader that stalls while its connection is open, until the ttl', async () => {
    const { first, second, term } = await pods(SHORT);
    expect(await term('presence')).toBe('1');
    expect(await leadsAfter(second, () => first.proxy.hold())).toBeGreaterThan(BY_TTL_MS);
  });

  it('stay with a healthy leader when the connections for events are killed', async () => {
    const { first, second, renewals } = await pods(SHORT);
    const { token } = first.election.term ?? {};
    const list = String(await redisServer().command('CLIENT', 'LIST'));
    const ids = [...list.matchAll(/^id=(\d+) .*name=leader-schedule:events /gm)].map(([, id = '']) => id);
    expect(ids).toHaveLength(2);
    for (const id of ids) await redisServer().command('CLIENT', 'KILL', 'ID', id);
    await renewals(8);
    expect(first.election.term?.token).toBe(token);
    expect(first.changes.map(change => (change.isLeader ? 'leads' : change.reason))).toEqual([
      'following',
      'leads',
    ]);
    expect(second.changes).toHaveLength(1);
  });

  it('stay with a leader whose connection CLIENT KILL TYPE pubsub closes: it is suspended, and goes on', async () => {
    const { first, second, renewals } = await pods(SHORT);
    const { token } = first.election.term ?? {};
    await redisServer().command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await eventually(() => first.changes.some(change => !change.isLeader && change.reason === 'suspended'));
    await eventually(() => first.election.isLeader());
    await renewals(8);
    expect(first.election.term?.token).toBe(token);
    expect(second.changes).toHaveLength(1);
  });
});

describeWithRedis('two pods of a user with few channels', () => {
  it('hand over at once with a user who may subscribe, though only below the key', async () => {
    const redisOn = await userOf(redisServer(), 'few-channels', 'resetchannels', '&{scheduler:*');
    const { first, second, term } = await pods(LONG, redisOn);
    expect(await term('presence')).toBe('1');
    expect(await leadsAfter(second, () => first.proxy.refuse())).toBeLessThan(SOON_MS);
  });
});
