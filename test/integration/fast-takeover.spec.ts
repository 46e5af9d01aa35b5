import { Injectable } from '@nestjs/common';
import { Redis as Redis5 } from 'ioredis-5';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';

import {
  LeaderCron,
  LeaderService,
  ScheduleModule,
  ScheduleService,
  type Leadership,
  type LeaderOptions,
  type RedisInput,
} from '../../lib/index.js';
import { Cluster } from '../chaos/cluster.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { eventually } from '../support/eventually.js';
import { bootApp, type BootedApp } from '../support/nest-app.js';
import { RedisServer } from '../support/redis-server.js';
import { TcpProxy } from '../support/tcp-proxy.js';

/** The ttl is out of reach of what these tests wait for; the job each second makes followers look. */
const LONG: LeaderOptions = { ttl: '30s', interval: '3s' };
const SHORT: LeaderOptions = { ttl: '2s', interval: '300ms' };
/** A handover by evidence takes half a second; the machine may be busy. */
const SOON_MS = 5000;
/** A lease of 2 s that is renewed every 300 ms has at least this left when its holder is gone. */
const BY_TTL_MS = 1000;

describeWithRedis('two pods on one Redis', () => {
  let server: RedisServer;
  let boots = 0;
  const apps: BootedApp[] = [];
  const proxies: TcpProxy[] = [];
  const clients: Redis5[] = [];

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterEach(async () => {
    await Promise.all(apps.splice(0).map(app => app.close()));
    for (const client of clients.splice(0)) client.disconnect();
    await Promise.all(proxies.splice(0).map(proxy => proxy.close()));
  });
  afterAll(() => server.dispose());

  /** Nest's logger is one for the process: the newest application has the lines of all. */
  const logged = (text: string) => apps.some(app => app.lines.some(line => line.includes(text)));

  /** A pod with a network of its own. */
  const boot = async (appName: string, leader: LeaderOptions, redisOn: (port: number) => RedisInput) => {
    const proxy = await TcpProxy.start(server.port);
    proxies.push(proxy);
    @Injectable()
    class Jobs {
      @LeaderCron('* * * * * *', { name: 'ticking' })
      run() {}
    }
    const redis = redisOn(proxy.port);
    const app = await bootApp({
      imports: [ScheduleModule.forRoot({ appName, redis, leader })],
      providers: [Jobs],
    });
    apps.push(app);
    const election = app.get(LeaderService);
    const changes: Leadership[] = [];
    election.changes.subscribe(change => changes.push(change));
    return { app, proxy, election, changes };
  };

  const host = '127.0.0.1';
  const pods = async (leader: LeaderOptions, redisOn = (port: number): RedisInput => ({ host, port })) => {
    boots += 1;
    const appName = `fast-${boots}`;
    const first = await boot(appName, leader, redisOn);
    await eventually(() => first.election.isLeader(), { what: 'the first leads' });
    const second = await boot(appName, leader, redisOn);
    const key = `{scheduler:${appName}:leader}`;
    const term = async (field: string) => String(await server.command('HGET', `${key}:term`, field));
    const renewals = async (number: number) => {
      for (let seen = 0, last = await term('renewedAt'); seen < number; seen += 1) {
        const before = last;
        await eventually(async () => (last = await term('renewedAt')) !== before, { what: 'a renewal' });
      }
    };
    // One that has just connected says nothing about others for a second; nor is presence seen before a renewal.
    await eventually(() => logged(`${second.election.podId} follows ${first.election.podId}`));
    const followedAt = performance.now();
    await eventually(() => performance.now() > followedAt + 1200, { what: 'the second may judge' });
    return { first, second, term, renewals };
  };

  const leadsAfter = async ({ election }: { election: LeaderService }, event: () => unknown) => {
    const from = performance.now();
    await event();
    await eventually(() => election.isLeader(), { within: 20_000, what: 'the second leads' });
    return performance.now() - from;
  };

  /** The pods duplicate such a client, which is the test's own to close. */
  const handedOver = (client: Redis5): RedisInput => {
    clients.push(client);
    return client;
  };

  const user = async (name: string, ...rules: string[]) => {
    await server.command('ACL', 'SETUSER', name, 'reset', 'on', '>secret', '~*', '+@all', ...rules);
    return (port: number) => `redis://${name}:secret@${host}:${port}`;
  };

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
    const list = String(await server.command('CLIENT', 'LIST'));
    const ids = [...list.matchAll(/^id=(\d+) .*name=leader-schedule:events /gm)].map(([, id = '']) => id);
    expect(ids).toHaveLength(2);
    for (const id of ids) await server.command('CLIENT', 'KILL', 'ID', id);
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
    await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await eventually(() => first.changes.some(change => !change.isLeader && change.reason === 'suspended'));
    await eventually(() => first.election.isLeader());
    await renewals(8);
    expect(first.election.term?.token).toBe(token);
    expect(second.changes).toHaveLength(1);
  });

  it('hand over by the ttl where presence cannot be seen, or is not to be', async () => {
    const noPubsub = await user('no-pubsub', '-@pubsub');
    const noChannels = await user('no-channels', 'resetchannels');
    const plain = (port: number): RedisInput => ({ host, port });
    const cases: Record<string, [redisOn: (port: number) => RedisInput, leader?: LeaderOptions]> = {
      RESP2: [port => ({ host, port, protocol: 2 })],
      'ioredis 5': [port => request => new Redis5(port, host, request.options)],
      'a client of ioredis 5': [port => handedOver(new Redis5(port, host))],
      'a user who may not subscribe': [noPubsub],
      'a user without channels': [noChannels],
      'fastTakeover: false': [plain, { ...SHORT, fastTakeover: false }],
    };
    const seen = Object.entries(cases).map(async ([name, [redisOn, leader = SHORT]]) => {
      const { first, second, term } = await pods(leader, redisOn);
      const before = await term('presence');
      const tookMs = await leadsAfter(second, () => first.proxy.refuse());
      return [
        name,
        [before, await term('presence'), tookMs > BY_TTL_MS ? 'by the ttl' : `after ${tookMs} ms`],
      ];
    });
    const expected = Object.keys(cases).map(name => [name, ['0', '0', 'by the ttl']]);
    expect(await Promise.all(seen)).toEqual(expected);
  });

  it('say once, and only where it is wanted, that fast takeover is off, and why', async () => {
    const [noChannels, noCount] = await Promise.all([
      user('told-no-channels', 'resetchannels', '&*:events'),
      user('told-no-count', '&*', '-pubsub'),
    ]);
    const cases: Record<string, [redis: RedisInput, reason?: RegExp | undefined, leader?: LeaderOptions]> = {
      'ioredis 6': [server.url],
      'fastTakeover: false': [{ host, port: server.port, protocol: 2 }, undefined, { fastTakeover: false }],
      RESP2: [{ host, port: server.port, protocol: 2 }, /RESP2; RESP3 needs ioredis 6 and Redis 6\.2/],
      'ioredis 5': [request => new Redis5(server.port, host, request.options), /RESP2/],
      'a user without channels': [noChannels(server.port), /SUBSCRIBE was refused: NOPERM/],
      'a user who may not count': [noCount(server.port), /PUBSUB was refused: NOPERM/],
    };
    for (const [name, [redis, reason, leader = {}]] of Object.entries(cases)) {
      const app = await bootApp({
        imports: [ScheduleModule.forRoot({ appName: name, redis, leader: { ...SHORT, ...leader } })],
      });
      apps.push(app);
      const heard: unknown[] = [];
      app
        .get(ScheduleService)
        .events.subscribe(event => event.type === 'leader.slow-takeover' && heard.push(event.reason));
      await app.get(LeaderService).waitForLeadership();
      const lines = () => app.lines.filter(line => line.includes('Fast takeover is off'));
      if (reason !== undefined) await eventually(() => lines().length > 0, { what: `${name} is told` });
      // A new connection says nothing new.
      const connections = /^id=(\d+) .*name=leader-schedule:lease /gm;
      for (const [, id = ''] of String(await server.command('CLIENT', 'LIST')).matchAll(connections))
        await server.command('CLIENT', 'KILL', 'ID', id);
      await eventually(() => app.lines.some(line => /leads again|answers again/.test(line)), {
        what: `${name} is back`,
      });
      const told = lines().map(line => reason?.test(line) ?? false);
      expect([name, told]).toEqual([name, reason === undefined ? [] : [true]]);
      expect(heard).toHaveLength(lines().length);
      await app.close();
    }
  });

  it('hand over at once with a user who may subscribe, though only below the key', async () => {
    const redisOn = await user('few-channels', 'resetchannels', '&{scheduler:*');
    const { first, second, term } = await pods(LONG, redisOn);
    expect(await term('presence')).toBe('1');
    expect(await leadsAfter(second, () => first.proxy.refuse())).toBeLessThan(SOON_MS);
  });

  it('send no command more than without it while nothing happens', async () => {
    const interval = 300;
    const idle = async (fastTakeover: boolean) => {
      boots += 1;
      const appName = `idle-${boots}`;
      const started = await Promise.all(
        [1, 2].map(() =>
          bootApp({
            imports: [
              ScheduleModule.forRoot({
                appName,
                redis: server.url,
                leader: { ttl: '2s', interval, fastTakeover },
              }),
            ],
          }),
        ),
      );
      await eventually(() => started.some(app => app.get(LeaderService).isLeader()));
      const commands = async () => {
        const stats = String(await server.command('INFO', 'commandstats'));
        return ['evalsha', 'eval', 'publish', 'subscribe', 'hello', 'ping'].reduce(
          (sum, name) => sum + Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0),
          0,
        );
      };
      // What they did to begin with is over after two intervals.
      const settledAt = performance.now() + 2 * interval;
      await eventually(() => performance.now() > settledAt);
      const [before, from] = [await commands(), performance.now()];
      await eventually(() => performance.now() > from + 8 * interval);
      const sent = (await commands()) - before;
      const lasted = performance.now() - from;
      await Promise.all(started.map(app => app.close()));
      return { sent, most: 2 * (lasted / interval + 1) };
    };
    for (const fastTakeover of [true, false]) {
      const { sent, most } = await idle(fastTakeover);
      expect(sent).toBeLessThanOrEqual(most);
    }
  });
});

describeWithRedis('pods as processes', () => {
  let cluster: Cluster | undefined;

  afterEach(async () => {
    const verdict = await cluster?.verdict();
    await cluster?.dispose();
    expect(verdict).toEqual({ overlaps: [], doubled: [], staleTokens: [] });
  });

  it('follow a leader that is killed (SIGKILL) long before its ttl', async () => {
    cluster = await Cluster.start(2, { ttl: '10s', interval: '3s' });
    const leader = await cluster.leader();
    await cluster.runs(leader);
    await leader.end('SIGKILL');
    const diedAt = performance.now();
    const next = await cluster.leader(leader);
    expect(performance.now() - diedAt).toBeLessThan(SOON_MS);
    await cluster.runs(next);
  });

  it('leave a leader that is only paused (SIGSTOP) its lease until the ttl', async () => {
    cluster = await Cluster.start(2, { ttl: '3s', interval: '500ms' });
    const leader = await cluster.leader();
    await cluster.runs(leader);
    leader.signal('SIGSTOP');
    leader.isLeader = false;
    const pausedAt = performance.now();
    await cluster.leader(leader);
    expect(performance.now() - pausedAt).toBeGreaterThan(1500);
    leader.signal('SIGCONT');
  });
});
