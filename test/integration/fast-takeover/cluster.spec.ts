import { afterEach, expect, it } from '@jest/globals';
import { Cluster as Cluster5 } from 'ioredis-5';

import {
  LeaderCron,
  LeaderService,
  ScheduleModule,
  type Leadership,
  type RedisInput,
} from '../../../lib/index.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { SECOND } from '../../support/durations.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { TwoNodeCluster } from '../../support/two-node-cluster.js';
import { host, leadsAfter, LONG, SOON_MS } from './use-pods.js';

const apps: BootedApp[] = [];
const proxies: TcpProxy[] = [];
let cluster: TwoNodeCluster | undefined;
let names = 0;

class Jobs {
  @LeaderCron('* * * * * *', { name: 'ticking' })
  run() {}
}

afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
  await Promise.all(proxies.splice(0).map(proxy => proxy.close()));
  await cluster?.dispose();
  cluster = undefined;
});

interface ClusterAddress {
  readonly nodes: { host: string; port: number }[];
  readonly options: { natMap: Record<string, { host: string; port: number }> };
}
type RedisOn = (address: ClusterAddress) => RedisInput;

/** A pod with a network of its own. */
async function boot(appName: string, { nodes }: TwoNodeCluster, redisOn: RedisOn) {
  const paths = await Promise.all(nodes.map(({ port }) => TcpProxy.start(port)));
  proxies.push(...paths);
  const addresses = paths.map(({ port }) => ({ host, port }));
  const pairs = addresses.map((address, at) => [`${host}:${nodes[at]?.port}`, address] as const);
  const redis = redisOn({ nodes: addresses, options: { natMap: Object.fromEntries(pairs) } });
  const schedule = ScheduleModule.forRoot({ appName, redis, leader: LONG });
  const app = await bootApp({ imports: [schedule], providers: [Jobs] });
  apps.push(app);
  const election = app.get(LeaderService);
  const changes: Leadership[] = [];
  election.changes.subscribe(change => changes.push(change));
  const refuse = () => Promise.all(paths.map(path => path.refuse()));
  return { app, election, changes, refuse };
}

/** Nest's logger is one for the process: a line of the first pod may be among those of the second. */
const startLines = () =>
  apps.flatMap(({ lines }) => lines.filter(line => line.includes('nestjs-leader-schedule ')));

/** A leader whose presence is recorded, and a follower that may judge it. */
async function pods(redisOn: RedisOn) {
  const at = (cluster ??= await TwoNodeCluster.start());
  const appName = `cluster-${(names += 1)}`;
  const key = `{scheduler:${appName}:leader}:term`;
  const presenceAt = (node: TwoNodeCluster['from']) =>
    eventually(async () => (await node.command('HGET', key, 'presence')) === '1', {
      within: 10 * SECOND,
      what: 'the presence is recorded',
    });
  const first = await boot(appName, at, redisOn);
  await eventually(() => first.election.isLeader());
  const second = await boot(appName, at, redisOn);
  await presenceAt(at.from);
  await eventually(() => startLines().length === apps.length, { what: 'each pod says that it has started' });
  const bootedAt = performance.now();
  await eventually(() => performance.now() > bootedAt + 1.2 * SECOND, { what: 'the second may judge' });
  return { at, key, first, second, presenceAt };
}

const byOptions: RedisOn = address => address;
const ioredis5: RedisOn =
  ({ nodes, options }) =>
  ({ options: own }) =>
    new Cluster5(nodes, { ...options, ...own, redisOptions: own });

describeWithRedis('two pods on a Redis Cluster', () => {
  it.each([
    ['ioredis 6', byOptions],
    ['ioredis 5', ioredis5],
  ])('hand over long before the ttl when the connections of the leader are gone (%s)', async (_, redisOn) => {
    const { first, second } = await pods(redisOn);
    expect(await leadsAfter(second, first.refuse)).toBeLessThan(SOON_MS);
    expect(startLines()).toEqual(apps.map(() => expect.stringMatching(/fast takeover on$/)));
  });

  it('stay with a leader whose slot moves to another node, and hand over there', async () => {
    const { at, key, first, second, presenceAt } = await pods(byOptions);
    const { token } = first.election.term ?? {};
    const move = await at.beginToMove(key);
    await move.end();
    await presenceAt(at.to);
    expect(first.election.term?.token).toBe(token);
    expect(second.changes).toHaveLength(1);
    expect(await leadsAfter(second, first.refuse)).toBeLessThan(SOON_MS);
  });
});
