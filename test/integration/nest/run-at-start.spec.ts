import { Injectable } from '@nestjs/common';
import { afterEach, expect, it } from '@jest/globals';

import {
  InvalidOptionsError,
  LeaderCron,
  LeaderService,
  ScheduleModule,
  ScheduleService,
  type JobContext,
  type ScheduleModuleOptions,
} from '../../../lib/index.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';
import { useRedisServer } from '../../support/use-redis-server.js';

const NEVER = '0 0 0 29 2 *';
const apps: BootedApp[] = [];

@Injectable()
class Prices {
  readonly runs: JobContext[] = [];

  @LeaderCron(NEVER, { runAtStart: true })
  refresh(context: JobContext) {
    this.runs.push(context);
  }
}

async function boot(options: ScheduleModuleOptions): Promise<BootedApp> {
  const app = await bootApp({ imports: [ScheduleModule.forRoot(options)], providers: [Prices] });
  apps.push(app);
  return app;
}

const runsOf = (app: BootedApp): readonly JobContext[] => app.get(Prices).runs;

afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
});

describeWithRedis('runAtStart', () => {
  const server = useRedisServer();
  const leader = { interval: '100ms', ttl: '1s' } as const;

  /** Leads until its runs have had the time to start. */
  async function lead(appName: string, appVersion: string): Promise<readonly JobContext[]> {
    const app = await boot({ redis: server().url, appName, appVersion, leader });
    await eventually(() => app.get(LeaderService).isLeader());
    // A requested run is decided after the gate of the catch-up, and so after that of the version.
    app.get(ScheduleService).create('after', '-', () => undefined);
    await app.get(ScheduleService).runAndWait('after', { maxWait: '20s' });
    await app.close();
    return runsOf(app);
  }

  it('runs the job once for each version, and not after the return to one before', async () => {
    const first = await lead('versions', '1.0.0');
    expect(first).toMatchObject([{ job: 'Prices.refresh', atStart: true, attempt: 1 }]);
    expect(await lead('versions', '1.0.0')).toEqual([]);
    expect(await lead('versions', '1.1.0')).toHaveLength(1);
    expect(await lead('versions', '1.0.0')).toEqual([]);
  });

  it('is shown in the history', async () => {
    const app = await boot({ redis: server().url, appName: 'shown', appVersion: '1', leader });
    const schedule = app.get(ScheduleService);
    const ended = async () => (await schedule.history('Prices.refresh')).length > 0;
    await eventually(ended);
    expect(await schedule.history('Prices.refresh')).toMatchObject([
      { outcome: 'succeeded', manual: true, atStart: true, version: '1' },
    ]);
  });

  it('is refused without a version', async () => {
    const start = boot({ redis: server().url, appName: 'unversioned', leader });
    await expect(start).rejects.toThrow(InvalidOptionsError);
    await expect(start).rejects.toThrow(/Prices\.refresh.*no version is configured.*SCHEDULE_APP_VERSION/s);
  });
});

it('runs the job once for each process in RAM mode', async () => {
  const app = await boot({ mode: 'ram', appVersion: '1' });
  await eventually(() => runsOf(app).length > 0);
  expect(runsOf(app)).toMatchObject([{ atStart: true }]);
});
