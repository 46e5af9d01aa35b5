import { afterEach, describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';

import {
  LeaderCron,
  LeaderInterval,
  ScheduleModule,
  SchedulerRegistry,
  ScheduleService,
  type JobContext,
  type ScheduleModuleOptions,
} from '../../../lib/index.js';
import { eachAdapter } from '../../support/each-adapter.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';
import { useRedisServer } from '../../support/use-redis-server.js';

interface Mode {
  readonly mode: 'RAM' | 'Redis';
  readonly options: () => ScheduleModuleOptions;
}

const redisServer = useRedisServer();
const leader = { interval: '500ms', ttl: '3s' };
const modes = eachAdapter<Mode>(
  { mode: 'RAM', options: () => ({ mode: 'ram' }) },
  { mode: 'Redis', options: () => ({ redis: redisServer().url, appName: 'app', leader }) },
);

let app: BootedApp;
let ran: string[] = [];
const caughtUp = new Set<string>();

afterEach(async () => {
  await app.close();
  ran = [];
  caughtUp.clear();
});

@Injectable()
class Jobs {
  @LeaderInterval('100ms', { name: 'other', initialDelay: '700ms' })
  @LeaderInterval('100ms', { name: 'job', initialDelay: '700ms' })
  @LeaderInterval('100ms', { name: 'late', initialDelay: '10m' })
  @LeaderCron('-', { name: 'off', initialDelay: '700ms' })
  run({ job, catchUp }: JobContext) {
    ran.push(job);
    if (catchUp) caughtUp.add(job);
  }
}

async function boot(options: ScheduleModuleOptions): Promise<SchedulerRegistry> {
  app = await bootApp({ imports: [ScheduleModule.forRoot({ ...options })], providers: [Jobs] });
  return app.get(SchedulerRegistry);
}

/** The short delays have passed, and ticks have followed. */
const isOver = () => ran.filter(job => job === 'other').length >= 3;

describe.each(modes)('an initial delay in $mode mode', ({ mode, options }) => {
  it('leaves a job stopped that is stopped before it has passed', async () => {
    const registry = await boot(options());
    await registry.getCronJob('job').stop();
    await eventually(isOver);
    expect(ran).not.toContain('job');
    expect(registry.getCronJob('job').isActive).toBe(false);
    registry.getCronJob('job').start();
    await eventually(() => ran.includes('job'));
  });

  it('is over for a job that is started, and a later stop holds', async () => {
    const registry = await boot(options());
    registry.getCronJob('late').start();
    await eventually(() => ran.includes('late'));
    registry.getCronJob('job').start();
    await registry.getCronJob('job').stop();
    await eventually(isOver);
    expect(registry.getCronJob('job').isActive).toBe(false);
  });

  it('does not make a job one that is stopped', async () => {
    await boot(options());
    const schedules = app.get(ScheduleService);
    const stopped = async () =>
      (await schedules.jobs()).flatMap(({ name, isStopped }) => (isStopped ? [name] : []));
    expect(await stopped()).toEqual([]);
    expect((await schedules.status()).stoppedJobs).toEqual([]);
    await app.get(SchedulerRegistry).getCronJob('late').stop();
    expect(await stopped()).toEqual(['late']);
    expect((await schedules.status()).stoppedJobs).toMatchObject([{ job: 'late' }]);
  });

  it('ends for a job without a schedule as well, which ticks once it is given one', async () => {
    await boot(options());
    await eventually(isOver);
    await app.get(ScheduleService).reschedule('off', '@every 100ms');
    await eventually(() => ran.includes('off'));
  });

  it('is followed by a catch-up where the job has run before; in RAM mode it has no past', async () => {
    await boot(options());
    await eventually(isOver);
    await app.close();
    ran = [];
    caughtUp.clear();
    await boot(options());
    await eventually(isOver);
    expect(caughtUp.has('job')).toBe(mode !== 'RAM');
  });
});
