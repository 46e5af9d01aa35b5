import { afterEach, expect, it } from '@jest/globals';
import { Cluster, Redis } from 'ioredis';
import { Redis as Redis5 } from 'ioredis-5';

import {
  LeaderService,
  ScheduleModule,
  type LeaderOptions,
  type RedisInput,
  type RedisServerOptions,
} from '../../lib/index.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { SECOND } from '../support/durations.js';
import { eventually } from '../support/eventually.js';
import { bootApp, type BootedApp } from '../support/nest-app.js';
import { RedisServer } from '../support/redis-server.js';
import { startSentinel } from '../support/sentinel.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const SHORT = { interval: '300ms', ttl: '2s' } as const;
const WITHIN = { within: 25 * SECOND };
const TERM = '{scheduler:topology:leader}:term';
const apps: BootedApp[] = [];
const servers: RedisServer[] = [];
const cleanUps: (() => unknown)[] = [];

const server = async (...args: string[]) => {
  const started = await RedisServer.start({ args });
  servers.push(started);
  return started;
};

const boot = async (redis: RedisInput, leader: LeaderOptions = SHORT) => {
  const app = await bootApp({
    imports: [ScheduleModule.forRoot({ appName: 'topology', redis, leader })],
  });
  apps.push(app);
  return app.get(LeaderService);
};

const leads = (leader: LeaderService) => eventually(() => leader.isLeader(), { ...WITHIN, what: 'it leads' });

afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  await Promise.all(servers.splice(0).map(one => one.dispose()));
});

const clusterOfOne = async () => {
  const node = await server('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1');
  await node.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await eventually(async () => /cluster_state:ok/.test(String(await node.command('CLUSTER', 'INFO'))));
  return node;
};

describeWithRedis('a pod on a Redis Cluster', () => {
  it('leads on a Redis Cluster, and hands over there by notification', async () => {
    const node = await clusterOfOne();
    const redis = { nodes: [{ host: '127.0.0.1', port: node.port }] };
    const first = await boot(redis);
    await leads(first);
    const second = await boot(redis);
    await eventually(async () => (await second.current())?.podId === first.podId);
    expect(await first.resign()).toBe(true);
    await leads(second);
  });

  it('takes a ready Cluster client, leaves it open, and is back when its node was away', async () => {
    const node = await clusterOfOne();
    const client = new Cluster([{ host: '127.0.0.1', port: node.port }]);
    cleanUps.push(() => client.disconnect());
    const leader = await boot(client);
    await leads(leader);
    await node.command('CLIENT', 'KILL', 'TYPE', 'normal');
    await leads(leader);
    await apps.pop()?.close();
    expect(await client.ping()).toBe('PONG');
  });

  it('leads with ioredis 5', async () => {
    const one = await server();
    const client = new Redis5(one.url);
    cleanUps.push(() => client.disconnect());
    const first = await boot(client);
    await leads(first);
    const second = await boot(({ options }) => new Redis5(one.url, options));
    await first.resign();
    await leads(second);
  });
});

describeWithRedis('a pod behind Sentinels', () => {
  it('takes over long before the ttl behind a Sentinel, when the connections of the leader are gone', async () => {
    const master = await server();
    const proxy = await TcpProxy.start(master.port);
    cleanUps.push(() => proxy.close());
    const port = await startSentinel(master.port, cleanUps);
    const behind = { sentinels: [{ host: '127.0.0.1', port }], name: 'main' };
    const natMap = { [`127.0.0.1:${master.port}`]: { host: '127.0.0.1', port: proxy.port } };
    const slow = { interval: '300ms', ttl: '60s' } as const;
    const first = await boot({ ...behind, natMap }, slow);
    await leads(first);
    const second = await boot(behind, slow);
    await eventually(async () => (await second.current())?.podId === first.podId);
    expect(await master.command('HGET', TERM, 'presence')).toBe('1');
    await proxy.refuse();
    await leads(second);
    expect(first.isLeader()).toBe(false);
  });
});

describeWithRedis('a pod behind Sentinels that promote a replica', () => {
  it.each([
    ['ioredis 6', (behind: RedisServerOptions): RedisInput => behind],
    [
      'ioredis 5',
      (behind: object): RedisInput =>
        ({ options }) =>
          new Redis5({ ...behind, ...options }),
    ],
  ])('follows the new master, and is present there (%s)', async (_, redisOn) => {
    const master = await server();
    const replica = await server('--replicaof', `127.0.0.1 ${master.port}`);
    const sentinel = await startSentinel(master.port, cleanUps);
    const leader = await boot(redisOn({ sentinels: [{ host: '127.0.0.1', port: sentinel }], name: 'main' }));
    await leads(leader);
    const isPresentAt = (node: RedisServer) =>
      eventually(async () => (await node.command('HGET', TERM, 'presence')) === '1', {
        ...WITHIN,
        what: 'the leader is present',
      });
    await isPresentAt(master);
    await eventually(
      async () => /master_link_status:up/.test(String(await replica.command('INFO', 'replication'))),
      WITHIN,
    );
    const admin = new Redis(sentinel, { maxRetriesPerRequest: 0 });
    cleanUps.push(() => admin.disconnect());
    await eventually(
      async () => String(await admin.call('SENTINEL', 'REPLICAS', 'main')).includes(String(replica.port)),
      WITHIN,
    );
    await admin.call('SENTINEL', 'FAILOVER', 'main');
    await eventually(
      async () => /role:master/.test(String(await replica.command('INFO', 'replication'))),
      WITHIN,
    );
    await master.kill();
    await eventually(
      async () => leader.isLeader() && (await replica.command('EXISTS', 'scheduler:topology:leader')) === 1,
      { ...WITHIN, what: 'it leads on the new master' },
    );
    await isPresentAt(replica);
  });
});
