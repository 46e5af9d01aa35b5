import { Injectable } from '@nestjs/common';
import { afterEach, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';

import {
  LeaderCron,
  ScheduleModule,
  ScheduleService,
  type JobContext,
  type RedisInput,
} from '../../lib/index.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { SECOND } from '../support/durations.js';
import { eventually } from '../support/eventually.js';
import { bootApp, type BootedApp } from '../support/nest-app.js';
import { RedisServer } from '../support/redis-server.js';

const ticks: number[] = [];

@Injectable()
class Jobs {
  @LeaderCron('* * * * * *', { name: 'ledger', catchUp: 'all' })
  run({ tick }: JobContext) {
    ticks.push(tick.getTime());
  }
}

/** How much a master has written, or a replica has received, bytes. */
async function offsetOf(server: RedisServer): Promise<string | undefined> {
  const info = String(await server.command('INFO', 'replication'));
  const field = info.includes('role:slave') ? 'slave_repl_offset' : 'master_repl_offset';
  return new RegExp(`${field}:(\\d+)`).exec(info)?.[1];
}

/* As where a DNS name or a Service stands for another server from one moment to the next. */
describeWithRedis('a master that becomes a replica while its connections stay open', () => {
  const servers: RedisServer[] = [];
  let app: BootedApp | undefined;

  afterEach(async () => {
    await app?.close();
    await Promise.all(servers.map(server => server.dispose()));
  });

  it('is left for the new one by all connections, and no tick is lost or doubled', async () => {
    const first = await RedisServer.start();
    const second = await RedisServer.start({ args: ['--replicaof', `127.0.0.1 ${first.port}`] });
    servers.push(first, second);
    await eventually(async () =>
      String(await second.command('INFO', 'replication')).includes('master_link_status:up'),
    );
    const clients: Redis[] = [];
    let { port } = first;
    const redis: RedisInput = ({ options }) => {
      const client = new Redis({ ...options, host: '127.0.0.1', port });
      clients.push(client);
      return client;
    };
    const leader = { ttl: '3s', interval: '500ms' };
    app = await bootApp({
      imports: [ScheduleModule.forRoot({ appName: 'demoted', redis, leader })],
      providers: [Jobs],
    });
    await eventually(() => ticks.length >= 2);

    // A write between the two commands would be lost, as in a fail-over: the end of a run, for example.
    await first.command('CLIENT', 'PAUSE', 20 * SECOND, 'WRITE');
    await eventually(async () => (await offsetOf(first)) === (await offsetOf(second)));
    await second.command('REPLICAOF', 'NO', 'ONE');
    ({ port } = second);
    for (const client of clients) client.options.port = port;
    await first.command('REPLICAOF', '127.0.0.1', second.port);
    await first.command('CLIENT', 'UNPAUSE');
    const before = ticks.length;
    await eventually(() => ticks.length >= before + 3, {
      within: 25_000,
      what: 'ticks run on the new master',
    });

    const left = String(await first.command('CLIENT', 'LIST'));
    expect(left).not.toMatch(/name=leader-schedule:(lease|runs)/);
    const [from = 0] = ticks;
    const areAll = ticks.every((tick, index) => tick === from + 1000 * index);
    // The log and the history say what became of a tick that is not there.
    expect(areAll ? [] : [...ticks, ...app.lines, await app.get(ScheduleService).history('ledger')]).toEqual(
      [],
    );
  });
});
