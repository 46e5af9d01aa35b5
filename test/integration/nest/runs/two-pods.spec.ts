import { expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';

import {
  type JobContext,
  LeaderCron,
  LeaderService,
  ScheduleModule,
  SchedulerRegistry,
  ScheduleService,
} from '../../../../lib/index.js';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { SECOND } from '../../../support/durations.js';
import { eventually } from '../../../support/eventually.js';
import { useRedisServer } from '../../../support/use-redis-server.js';
import { useApps } from '../support/use-apps.js';
import { EVERY_SECOND, NEVER } from './modes.js';

const redisServer = useRedisServer();
const bootAny = useApps();

async function boot(appName: string, providers: NonNullable<Parameters<typeof bootAny>[0]['providers']>) {
  const leader = { interval: '300ms', ttl: '2s' };
  const schedule = ScheduleModule.forRoot({ redis: redisServer().url, appName, leader });
  return bootAny({ imports: [schedule], providers });
}

describeWithRedis('two pods on one Redis', () => {
  it('never run a job beside itself that skips, across a change of leader', async () => {
    const log: string[] = [];
    const ticks: number[] = [];
    let running = 0;
    let most = 0;
    const jobsOf = (pod: string) => {
      @Injectable()
      class Jobs {
        @LeaderCron(EVERY_SECOND, { name: 'slow' })
        async slow({ tick }: JobContext) {
          most = Math.max(most, (running += 1));
          ticks.push(tick.getTime());
          log.push(pod);
          const startedAt = Date.now();
          await eventually(() => Date.now() > startedAt + 1.5 * SECOND);
          running -= 1;
        }
      }
      return [Jobs];
    };
    const a = await boot('beside', jobsOf('a'));
    await a.get(LeaderService).waitForLeadership();
    const b = await boot('beside', jobsOf('b'));
    await eventually(() => running === 1 && log.length >= 2);
    expect(new Set(log)).toEqual(new Set(['a']));
    await a.get(LeaderService).resign();
    await b.get(LeaderService).waitForLeadership();
    expect(running).toBe(1);
    await eventually(() => log.filter(pod => pod === 'b').length >= 2);
    expect(most).toBe(1);
    expect(new Set(ticks).size).toBe(ticks.length);
  });

  it('show the same history, on whichever pod a job ran', async () => {
    @Injectable()
    class Jobs {
      @LeaderCron(NEVER, { name: 'shared' })
      run() {}
    }
    const a = await boot('past', [Jobs]);
    await a.get(LeaderService).waitForLeadership();
    const b = await boot('past', [Jobs]);
    await a.get(SchedulerRegistry).getCronJob('shared').fireOnTick();
    const services = [a, b].map(app => app.get(ScheduleService));
    await eventually(async () => (await services[1]?.history('shared'))?.length === 1);
    const asked: ((service: ScheduleService) => Promise<unknown>)[] = [
      service => service.history(),
      service => service.lastRun('shared'),
      service => service.running(),
    ];
    for (const ask of asked) {
      const [first, second] = await Promise.all(services.map(ask));
      expect(second).toEqual(first);
    }
    expect((await services[1]?.lastRun('shared'))?.podId).toBe(a.get(LeaderService).podId);
  });
});
