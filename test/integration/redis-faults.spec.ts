import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from '@jest/globals';

import {
  LeaderCron,
  LeaderService,
  ScheduleModule,
  type JobContext,
  type ScheduleModuleOptions,
} from '../../lib/index.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { eventually } from '../support/eventually.js';
import { bootApp, type BootedApp } from '../support/nest-app.js';
import { RedisServer } from '../support/redis-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const SHORT = { interval: '300ms', ttl: '2s' } as const;
/** Generous: this machine may be busy. What matters is that it happens by itself. */
const RECOVERY = { within: 20_000 };

describeWithRedis('pods on one Redis', () => {
  let server: RedisServer;
  const apps: BootedApp[] = [];
  const proxies: TcpProxy[] = [];
  let sampler: NodeJS.Timeout;
  const overlaps: string[] = [];

  beforeEach(async () => {
    server = await RedisServer.start();
    overlaps.length = 0;
    sampler = setInterval(() => {
      const leading = leaders();
      if (leading.length > 1) overlaps.push(leading.map(app => app.get(LeaderService).podId).join(' and '));
    }, 5);
  });

  afterEach(async () => {
    clearInterval(sampler);
    await Promise.all(apps.splice(0).map(app => app.close()));
    await Promise.all(proxies.splice(0).map(proxy => proxy.close()));
    await server.dispose();
    expect(overlaps).toEqual([]);
  });

  const boot = async (options: ScheduleModuleOptions = {}, providers: never[] = []) => {
    const app = await bootApp({
      imports: [ScheduleModule.forRoot({ redis: server.url, appName: 'faults', leader: SHORT, ...options })],
      providers,
    });
    apps.push(app);
    return app;
  };
  /** Nest's logger is one for the process: the newest application has the lines of all. */
  const logged = () => apps.flatMap(app => app.lines);
  const leaders = () => apps.filter(app => app.get(LeaderService).isLeader());
  const oneLeads = (what = 'one pod leads') =>
    eventually(() => leaders().length === 1 && leaders()[0], { ...RECOVERY, what });
  const nobodyLeads = () => eventually(() => leaders().length === 0, { ...RECOVERY, what: 'nobody leads' });
  const behindProxy = async () => {
    const proxy = await TcpProxy.start(server.port);
    proxies.push(proxy);
    return { proxy, app: await boot({ redis: proxy.url }) };
  };

  it('elect one of 20 that boot together', async () => {
    await Promise.all(Array.from({ length: 20 }, () => boot()));
    await oneLeads();
  });

  it('run a job on the leader only', async () => {
    const ran: [string, number][] = [];
    const jobsOf = (pod: string) => {
      @Injectable()
      class Jobs {
        @LeaderCron('* * * * * *', { name: 'shared' })
        run({ tick }: JobContext) {
          ran.push([pod, tick.getTime()]);
        }
      }
      return [Jobs] as never[];
    };
    await boot({}, jobsOf('a'));
    await boot({}, jobsOf('b'));
    await eventually(() => ran.length >= 3);
    expect(new Set(ran.map(([pod]) => pod)).size).toBe(1);
    expect(new Set(ran.map(([, tick]) => tick)).size).toBe(ran.length);
  });

  it('hand over at once when the leader resigns or closes', async () => {
    await boot({ leader: { interval: '10s', ttl: '60s' } });
    const first = await oneLeads();
    await boot({ leader: { interval: '10s', ttl: '60s' } });
    const second = apps.find(app => app !== first);
    await eventually(async () => (await second?.get(LeaderService).current()) !== undefined);
    await eventually(async () =>
      String(await server.command('PUBSUB', 'NUMSUB', '{scheduler:faults:leader}:events')).endsWith(',2'),
    );
    await first.get(LeaderService).resign();
    await eventually(() => second?.get(LeaderService).isLeader(), {
      within: 5000,
      what: 'the other leads long before its interval',
    });
  });

  it.each([
    [
      'is killed and comes back empty',
      async () => {
        await server.kill();
        await nobodyLeads();
        await server.restart();
      },
    ],
    [
      'is restarted empty at once',
      async () => {
        await server.kill();
        await server.restart();
      },
    ],
    [
      'hangs beyond the ttl',
      async () => {
        await server.pause();
        await nobodyLeads();
        await server.resume();
      },
    ],
    [
      'forgets its scripts',
      async () => {
        await server.command('SCRIPT', 'FLUSH');
      },
    ],
    [
      'turns read-only and back',
      async () => {
        await server.command('REPLICAOF', '127.0.0.1', '1');
        await nobodyLeads();
        await server.command('REPLICAOF', 'NO', 'ONE');
      },
    ],
    [
      'runs out of memory while the lease changes hands',
      async () => {
        // The election goes on: its scripts first write what takes no memory, and Redis then lets them end.
        await server.command('CONFIG', 'SET', 'maxmemory', '1');
        const [former] = leaders();
        await former?.get(LeaderService).resign();
        await eventually(() => leaders().some(leader => leader !== former), RECOVERY);
        await server.command('CONFIG', 'SET', 'maxmemory', '0');
      },
    ],
    [
      'loses the leader key',
      async () => {
        await server.command('DEL', 'scheduler:faults:leader');
        await nobodyLeads();
      },
    ],
    [
      'has its connections cut',
      async () => {
        await server.command('CLIENT', 'KILL', 'TYPE', 'normal');
      },
    ],
  ])('go on by themselves when Redis %s', async (_, fault) => {
    await boot();
    await boot();
    await oneLeads();
    await fault();
    await oneLeads('a pod leads again');
  });

  it('close at once though Redis is away', async () => {
    const app = await boot();
    await oneLeads();
    await server.stop();
    await nobodyLeads();
    await eventually(async () => (await app.close(), true), {
      within: 10_000,
      what: 'the application closes',
    });
    apps.length = 0;
    await server.restart();
  });

  it('boot without Redis and elect a leader when it comes', async () => {
    await server.stop();
    await boot();
    await boot();
    expect(leaders()).toEqual([]);
    await server.restart();
    await oneLeads();
  });

  it('live with a wrong password, say so once and recover when it is mended', async () => {
    await server.command('CONFIG', 'SET', 'requirepass', 'right');
    const app = await boot({ redis: server.url.replace('redis://', 'redis://:wrong@') });
    await eventually(() => app.lines.some(line => /WRONGPASS|NOAUTH/.test(line)));
    const admin = new Redis(server.url, { password: 'right', maxRetriesPerRequest: 0 });
    await admin.config('SET', 'requirepass', 'wrong');
    admin.disconnect();
    await oneLeads();
    expect(app.lines.filter(line => /^warn .*WRONGPASS/.test(line))).toHaveLength(1);
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

  it('stand by while an operator holds the key by hand', async () => {
    await server.command('SET', 'scheduler:faults:leader', 'maintenance', 'PX', '1500');
    const app = await boot();
    await eventually(() => app.lines.some(line => /follows maintenance/.test(line)));
    expect(await app.get(LeaderService).current()).toMatchObject({
      podId: 'maintenance',
      isThisPod: false,
      since: undefined,
    });
    await oneLeads();
  });

  it('accept a ready client and leave it open, and a factory whose clients are closed', async () => {
    const client = new Redis(server.url);
    const made: Redis[] = [];
    await boot({ redis: client });
    await oneLeads();
    await Promise.all(apps.splice(0).map(app => app.close()));
    expect(await client.ping()).toBe('PONG');
    client.disconnect();
    await boot({
      redis: ({ options }) => {
        const connection = new Redis(server.url, options);
        made.push(connection);
        return connection;
      },
    });
    await oneLeads();
    await Promise.all(apps.splice(0).map(app => app.close()));
    expect(made.map(({ status }) => status)).toEqual(['end', 'end', 'end']);
  });

  const lasts = (ms: number) => {
    const until = performance.now() + ms;
    return eventually(() => performance.now() > until, { what: `${ms} ms have passed` });
  };

  it.each<[string, (proxies: readonly TcpProxy[]) => Promise<unknown>]>([
    [
      'hangs for a while',
      async () => {
        await server.pause();
        await lasts(1000);
        await server.resume();
      },
    ],
    [
      'hangs beyond the ttl',
      async () => {
        await server.pause();
        await lasts(2500);
        await server.resume();
      },
    ],
    [
      'has its connections cut, again and again',
      async all => {
        for (let cuts = 0; cuts < 5; cuts += 1) {
          for (const proxy of all) proxy.reset();
          await lasts(300);
        }
      },
    ],
    [
      'loses its replies for a while',
      async all => {
        await Promise.all(all.map(proxy => proxy.dropReplies()));
        await lasts(1200);
        await Promise.all(all.map(proxy => proxy.pass()));
        for (const proxy of all) proxy.reset();
      },
    ],
    ['forgets its scripts', () => server.command('SCRIPT', 'FLUSH')],
  ])('run every tick once when Redis %s', async (_, fault) => {
    const ticks: number[] = [];
    @Injectable()
    class Jobs {
      // A run goes on until its end is recorded: without `allow` a tick may be skipped because of that.
      @LeaderCron('* * * * * *', { name: 'ledger', catchUp: 'all', overlap: 'allow' })
      run({ tick }: JobContext) {
        ticks.push(tick.getTime());
      }
    }
    for (const proxy of await Promise.all([1, 2].map(() => TcpProxy.start(server.port)))) {
      proxies.push(proxy);
      await boot({ redis: proxy.url }, [Jobs] as never[]);
    }
    await eventually(() => ticks.length >= 1, RECOVERY);
    await fault(proxies);
    const newest = Date.now();
    await eventually(() => ticks.some(tick => tick > newest + 1000), RECOVERY);
    const first = ticks[0] ?? 0;
    expect(ticks.toSorted((a, b) => a - b)).toEqual(ticks.map((__, index) => first + index * 1000));
  });

  it('share a Redis as several applications', async () => {
    const a = await boot({ appName: 'one' });
    const b = await bootApp({
      imports: [ScheduleModule.forRoot({ redis: server.url, appName: 'two', leader: SHORT })],
    });
    await eventually(() => a.get(LeaderService).isLeader() && b.get(LeaderService).isLeader());
    await b.close();
  });
});
