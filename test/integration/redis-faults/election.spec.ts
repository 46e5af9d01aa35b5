import { expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { Redis } from 'ioredis';

import { LeaderCron, LeaderService, ScheduleModule, type JobContext } from '../../../lib/index.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { SECOND } from '../../support/durations.js';
import { eventually } from '../../support/eventually.js';
import { bootApp } from '../../support/nest-app.js';
import { SHORT, usePods } from './use-pods.js';

const { apps, boot, oneLeads, server } = usePods();

describeWithRedis('pods on one Redis', () => {
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
      String(await server().command('PUBSUB', 'NUMSUB', '{scheduler:faults:leader}:events')).endsWith(',2'),
    );
    await first.get(LeaderService).resign();
    await eventually(() => second?.get(LeaderService).isLeader(), {
      within: 5 * SECOND,
      what: 'the other leads long before its interval',
    });
  });

  it('stand by while an operator holds the key manually', async () => {
    await server().command('SET', 'scheduler:faults:leader', 'maintenance', 'PX', '1500');
    const app = await boot();
    await eventually(() => app.lines.some(line => /follows maintenance/.test(line)));
    expect(await app.get(LeaderService).current()).toMatchObject({
      podId: 'maintenance',
      isThisPod: false,
      since: undefined,
    });
    await oneLeads();
  });

  it('share a Redis as several applications', async () => {
    const a = await boot({ appName: 'one' });
    const b = await bootApp({
      imports: [ScheduleModule.forRoot({ redis: server().url, appName: 'two', leader: SHORT })],
    });
    await eventually(() => a.get(LeaderService).isLeader() && b.get(LeaderService).isLeader());
    await b.close();
  });
});

describeWithRedis('pods and their Redis clients', () => {
  it('live with a wrong password, log it once and recover when it is corrected', async () => {
    await server().command('CONFIG', 'SET', 'requirepass', 'right');
    const app = await boot({ redis: server().url.replace('redis://', 'redis://:wrong@') });
    await eventually(() => app.lines.some(line => /WRONGPASS|NOAUTH/.test(line)));
    const admin = new Redis(server().url, { password: 'right', maxRetriesPerRequest: 0 });
    await admin.config('SET', 'requirepass', 'wrong');
    admin.disconnect();
    await oneLeads();
    expect(app.lines.filter(line => /^warn .*WRONGPASS/.test(line))).toHaveLength(1);
  });

  it('accept a ready client and leave it open, and a factory whose clients are closed', async () => {
    const client = new Redis(server().url);
    const made: Redis[] = [];
    await boot({ redis: client });
    await oneLeads();
    await Promise.all(apps.splice(0).map(app => app.close()));
    expect(await client.ping()).toBe('PONG');
    client.disconnect();
    await boot({
      redis: ({ options }) => {
        const connection = new Redis(server().url, options);
        made.push(connection);
        return connection;
      },
    });
    await oneLeads();
    await Promise.all(apps.splice(0).map(app => app.close()));
    expect(made.map(({ status }) => status)).toEqual(['end', 'end', 'end']);
  });
});
