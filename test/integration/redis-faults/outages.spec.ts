import { expect, it } from '@jest/globals';

import { LeaderService } from '../../../lib/index.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { SECOND } from '../../support/durations.js';
import { eventually } from '../../support/eventually.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { RECOVERY, usePods } from './use-pods.js';

const { apps, boot, leaders, noPodLeads, oneLeads, proxies, server } = usePods();

/** Nest's logger is one for the process: the newest application has the lines of all. */
const logged = () => apps.flatMap(app => app.lines);

const behindProxy = async () => {
  const proxy = await TcpProxy.start(server().port);
  proxies.push(proxy);
  return { proxy, app: await boot({ redis: proxy.url }) };
};

const FAULTS: readonly [string, () => Promise<unknown>][] = [
  [
    'is killed and comes back empty',
    async () => {
      await server().kill();
      await noPodLeads();
      await server().restart();
    },
  ],
  [
    'is restarted empty at once',
    async () => {
      await server().kill();
      await server().restart();
    },
  ],
  [
    'hangs beyond the ttl',
    async () => {
      await server().pause();
      await noPodLeads();
      await server().resume();
    },
  ],
  [
    'forgets its scripts',
    async () => {
      await server().command('SCRIPT', 'FLUSH');
    },
  ],
  [
    'turns read-only and back',
    async () => {
      await server().command('REPLICAOF', '127.0.0.1', '1');
      await noPodLeads();
      await server().command('REPLICAOF', 'NO', 'ONE');
    },
  ],
  [
    'runs out of memory while the lease changes hands',
    async () => {
      // The election goes on: its scripts first write what takes no memory, and Redis then lets them end.
      await server().command('CONFIG', 'SET', 'maxmemory', '1');
      const [former] = leaders();
      await former?.get(LeaderService).resign();
      await eventually(() => leaders().some(leader => leader !== former), RECOVERY);
      await server().command('CONFIG', 'SET', 'maxmemory', '0');
    },
  ],
  [
    'loses the leader key',
    async () => {
      await server().command('DEL', 'scheduler:faults:leader');
      await noPodLeads();
    },
  ],
  [
    'has its connections cut',
    async () => {
      await server().command('CLIENT', 'KILL', 'TYPE', 'normal');
    },
  ],
];

describeWithRedis('pods on one Redis', () => {
  it.each(FAULTS)('go on by themselves when Redis %s', async (_, fault) => {
    await boot();
    await boot();
    await oneLeads();
    await fault();
    await oneLeads('a pod leads again');
  });

  it('close at once though Redis is away', async () => {
    const app = await boot();
    await oneLeads();
    await server().stop();
    await noPodLeads();
    await eventually(async () => (await app.close(), true), {
      within: 10 * SECOND,
      what: 'the application closes',
    });
    apps.length = 0;
    await server().restart();
  });

  it('boot without Redis and elect a leader when it comes', async () => {
    await server().stop();
    await boot();
    await boot();
    expect(leaders()).toEqual([]);
    await server().restart();
    await oneLeads();
  });

  it('hand over from a leader that is cut off, which stops to lead first and follows when it is back', async () => {
    const { proxy, app: first } = await behindProxy();
    await oneLeads();
    const { app: second } = await behindProxy();
    await proxy.swallow();
    await eventually(() => second.get(LeaderService).isLeader(), { ...RECOVERY, what: 'the second leads' });
    expect(first.get(LeaderService).isLeader()).toBe(false);
    await proxy.pass();
    const follows = `${first.get(LeaderService).podId} follows ${second.get(LeaderService).podId}`;
    await eventually(() => logged().some(line => line.includes(follows)), {
      ...RECOVERY,
      what: 'the first follows',
    });
  });
});
