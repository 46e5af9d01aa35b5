import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';

import {
  type JobContext,
  LeaderInterval,
  LeaderService,
  LeaderTimeout,
  ScheduleModule,
  type ScheduleModuleOptions,
  ScheduleService,
} from '../../../../lib/index.js';
import { describeWithRedis } from '../../../support/describe-with-redis.js';
import { eventually } from '../../../support/eventually.js';
import { useRedisServer } from '../../../support/use-redis-server.js';
import { RAM, useApps } from '../support/use-apps.js';
import { cronJob } from './configured.js';

const boot = useApps();
const redisServer = useRedisServer();

describe('@LeaderInterval', () => {
  it('runs a method at multiples of its duration since the epoch, below a second too', async () => {
    const ticks: number[] = [];
    @Injectable()
    class Jobs {
      @LeaderInterval('250ms')
      poll({ tick }: JobContext) {
        ticks.push(tick.getTime());
      }
    }
    await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    await eventually(() => ticks.length >= 4);
    const first = ticks[0] ?? NaN;
    expect(first % 250).toBe(0);
    expect(ticks.slice(0, 4)).toEqual([0, 1, 2, 3].map(n => first + 250 * n));
  });

  it('stands in the SchedulerRegistry, where it is listed, stopped and started', async () => {
    let runs = 0;
    @Injectable()
    class Jobs {
      @LeaderInterval(100, { name: 'often' })
      poll() {
        runs += 1;
      }
    }
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    const job = cronJob(app, 'often');
    expect(job.cronTime.source).toBe('@every 100ms');
    expect(job.nextDate().toMillis() % 100).toBe(0);
    await eventually(() => runs > 0);
    await job.stop();
    const [before, stoppedAt] = [runs, Date.now()];
    await eventually(() => Date.now() > stoppedAt + 400, { what: 'ticks pass while the job is stopped' });
    expect(runs).toBe(before);
    job.start();
    await eventually(() => runs > before);
  });
});

describe('@LeaderTimeout', () => {
  it('runs a method once, after the process has led for the given duration', async () => {
    const contexts: JobContext[] = [];
    @Injectable()
    class Jobs {
      @LeaderTimeout('300ms')
      warmUp(context: JobContext) {
        contexts.push(context);
      }
      @LeaderTimeout(0)
      atOnce(context: JobContext) {
        contexts.push(context);
      }
    }
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    await eventually(() => contexts.length === 2);
    const since = Number(app.get(LeaderService).term?.since);
    const started = contexts.map(({ job, tick, catchUp }) => [job, tick.getTime() - since, catchUp]);
    expect(started).toEqual([
      ['Jobs.atOnce', 0, false],
      ['Jobs.warmUp', 300, false],
    ]);
    const seenAt = Date.now();
    await eventually(() => Date.now() > seenAt + 700, { what: 'another tick has had its time' });
    expect(contexts).toHaveLength(2);
    expect(cronJob(app, 'Jobs.warmUp').nextDates(1)).toEqual([]);
    const [run] = await app.get(ScheduleService).history('Jobs.warmUp');
    expect(run).toMatchObject({ outcome: 'succeeded', schedule: '@timeout 300ms' });
  });

  it('runs again in the next term', async () => {
    let runs = 0;
    @Injectable()
    class Jobs {
      @LeaderTimeout(0)
      atOnce() {
        runs += 1;
      }
    }
    const leader = { ttl: '500ms', interval: '100ms' };
    const app = await boot({ imports: [ScheduleModule.forRoot({ ...RAM, leader })], providers: [Jobs] });
    await eventually(() => runs === 1);
    await app.get(LeaderService).resign();
    await eventually(() => runs === 2);
  });
});

describeWithRedis('jobs of two pods', () => {
  it('tick once a term, and at intervals over a change of leader', async () => {
    const ran: { pod: string; job: string; tick: number }[] = [];
    @Injectable()
    class Jobs {
      constructor(private readonly leader: LeaderService) {}
      @LeaderTimeout(0, { name: 'atOnce' })
      @LeaderTimeout('200ms', { name: 'soon' })
      @LeaderInterval('500ms', { name: 'often' })
      run({ job, tick }: JobContext) {
        ran.push({ pod: this.leader.podId, job, tick: tick.getTime() });
      }
    }
    const options: ScheduleModuleOptions = {
      redis: redisServer().url,
      leader: { interval: '500ms', ttl: '3s' },
    };
    const pod = () => boot({ imports: [ScheduleModule.forRoot({ ...options })], providers: [Jobs] });
    const of = (job: string) => ran.filter(run => run.job === job);

    const first = await pod();
    await eventually(() => of('often').length >= 3 && of('soon').length === 1);
    const second = await pod();
    await first.close();
    await eventually(() => of('soon').length === 2 && of('often').length >= 6);

    const pods = [first, second].map(app => app.get(LeaderService).podId);
    expect(of('atOnce').map(({ pod: name }) => name)).toEqual(pods);
    expect(of('soon').map(({ pod: name }) => name)).toEqual(pods);
    expect(of('soon')[1]?.tick).toBe(Number(second.get(LeaderService).term?.since) + 200);
    const ticks = of('often').map(({ tick }) => tick);
    expect(new Set(ticks).size).toBe(ticks.length);
    expect(ticks.every(tick => tick % 500 === 0)).toBe(true);
  });
});
