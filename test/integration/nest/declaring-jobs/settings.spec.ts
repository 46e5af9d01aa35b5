import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';

import { type JobContext, LeaderCron, ScheduleModule, ScheduleService } from '../../../../lib/index.js';
import { eventually } from '../../../support/eventually.js';
import { RAM, useApps } from '../support/use-apps.js';
import { configured, cronJob } from './configured.js';

const boot = useApps();

describe('a schedule', () => {
  it('comes from the configuration when it is a function', async () => {
    @Injectable()
    class Jobs {
      @LeaderCron(({ config }) => config.get('reports.cron'), { name: 'reports' })
      report() {}
      @LeaderCron(({ config }) => (config.get<boolean>('reports.clean') === true ? '@daily' : '-'), {
        name: 'clean',
      })
      clean() {}
    }
    const app = await boot({
      imports: [configured({ reports: { cron: '@every 45s' } }), ScheduleModule.forRoot(RAM)],
      providers: [Jobs],
    });
    expect(cronJob(app, 'reports').cronTime.source).toBe('@every 45s');
    expect(cronJob(app, 'clean').cronTime.source).toBe('-');
  });

  it("that is '-' leaves the job known and off, for manual runs", async () => {
    let runs = 0;
    @Injectable()
    class Jobs {
      @LeaderCron('-', { name: 'off' })
      run() {
        runs += 1;
      }
    }
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    expect(cronJob(app, 'off').isActive).toBe(false);
    expect(app.lines.filter(line => line.includes('off'))).toEqual([]);
    await cronJob(app, 'off').fireOnTick();
    await eventually(() => runs === 1);
    const history = await eventually(async () => {
      const found = await app.get(ScheduleService).history('off');
      return found.length > 0 && found;
    });
    expect(history).toMatchObject([{ manual: true }]);
  });
});

describe('settings by the name of a job', () => {
  @Injectable()
  class Jobs {
    readonly ticks: JobContext[] = [];
    @LeaderCron('0 0 1 1 *', { name: 'invoices' })
    invoices(context: JobContext) {
      this.ticks.push(context);
    }
    @LeaderCron('* * * * * *')
    daily() {}
  }

  it('from the configuration replace the schedule, and switch jobs off', async () => {
    const jobs = { invoices: { cron: '@every 200ms' }, 'Jobs.daily': { cron: '-' } };
    const app = await boot({
      imports: [configured({ schedule: { jobs } }), ScheduleModule.forRoot(RAM)],
      providers: [Jobs],
    });
    await eventually(() => app.get(Jobs).ticks.length >= 2);
    expect(cronJob(app, 'Jobs.daily').isActive).toBe(false);
    expect(app.lines.some(line => line.includes('There is no job'))).toBe(false);
  });

  it('from code are stronger than those from the configuration', async () => {
    const app = await boot({
      imports: [
        configured({
          schedule: { jobs: { invoices: { cron: '@daily' }, Jobs: { daily: { cron: '@weekly' } } } },
        }),
        ScheduleModule.forRoot({ ...RAM, jobs: { invoices: { cron: '@hourly' } } }),
      ],
      providers: [Jobs],
    });
    expect(['invoices', 'Jobs.daily'].map(name => cronJob(app, name).cronTime.source)).toEqual([
      '@hourly',
      '@weekly',
    ]);
  });

  it('of a job that is not there are reported once the application has started', async () => {
    const jobs = { invoises: { timeout: '5s' }, Unheard: { of: { timeout: '5s' } } };
    const app = await boot({
      imports: [configured({ schedule: { jobs } }), ScheduleModule.forRoot(RAM)],
      providers: [Jobs],
    });
    expect(app.lines.filter(line => line.startsWith('warn There is no job'))).toEqual([
      "warn There is no job 'invoises', of which schedule.jobs.invoises speaks; did you mean 'invoices'?",
      "warn There is no job 'Unheard.of', of which schedule.jobs.Unheard.of speaks",
    ]);
  });
});
