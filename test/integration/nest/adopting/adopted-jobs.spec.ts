import { applyDecorators, Injectable, Scope, SetMetadata } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { Cron, Interval } from '@nestjs/schedule';

import { LeaderCron, ScheduleModule, ScheduleService } from '../../../../lib/index.js';
import { configured } from '../declaring-jobs/configured.js';
import { useApps } from '../support/use-apps.js';
import { ADOPTED, adopting, NEVER, plainJobs, registered, run } from './plain-jobs.js';

const boot = useApps();

describe('jobs.adopt: true', () => {
  it('says at the start what it did', async () => {
    const { Jobs } = plainJobs();
    const { lines } = await boot({ imports: [adopting()], providers: [Jobs] });
    expect(lines.filter(line => /dopted/.test(line))).toEqual([
      'log Adopted 4 methods of @nestjs/schedule as leader jobs: report (@Cron), Jobs.unnamed (@Cron), poll (@Interval), Jobs.every (@Interval)',
      'log Not adopted, so that they run on every pod: warm (@Timeout, adopted by its name only)',
    ]);
  });

  it('says that there was nothing', async () => {
    const { lines } = await boot({ imports: [adopting()] });
    expect(lines).toContain('log Adopted no method of @nestjs/schedule as a leader job');
  });

  it('takes decorators that are built on @Cron, and those below others', async () => {
    const Nightly = () => applyDecorators(SetMetadata('kind', 'nightly'), Cron(NEVER, { name: 'nightly' }));
    @Injectable()
    class Jobs {
      @SetMetadata('owner', 'billing')
      @Nightly()
      run() {}
    }
    const app = await boot({ imports: [adopting()], providers: [Jobs] });
    expect(registered(app).crons).toEqual(['nightly']);
  });

  it('leaves the metadata as it is: an application without it has plain jobs, before and after', async () => {
    const { Jobs } = plainJobs();
    const plain = () => boot({ imports: [ScheduleModule.forRoot({ mode: 'ram' })], providers: [Jobs] });
    const expected = ['poll', expect.stringMatching(/^[\da-f-]{36}$/), 'warm'];
    expect(registered(await plain()).plain).toEqual(expected);
    expect(registered(await boot({ imports: [adopting()], providers: [Jobs] })).plain).toEqual(['warm']);
    const app = await plain();
    expect(registered(app).plain).toEqual(expected);
    expect(registered(app).crons).toContain('report');
    expect(app.get(ScheduleService).jobNames).toEqual([]);
    expect(app.lines.filter(line => /dopted/.test(line))).toEqual([]);
  });

  it('works in two applications of one process at once', async () => {
    const { Jobs, calls } = plainJobs();
    const apps = await Promise.all([1, 2].map(() => boot({ imports: [adopting()], providers: [Jobs] })));
    for (const app of apps) await run(app, 'report');
    expect(calls.length).toBe(2);
    for (const app of apps) expect(registered(app).crons).toEqual(ADOPTED);
  });
});

describe('without jobs.adopt', () => {
  const plain = ScheduleModule.forRoot({ mode: 'ram' });
  const hint = (lines: readonly string[]) => lines.filter(line => line.includes('There is no leader job'));

  it('says that there is no leader job beside methods that run on every pod', async () => {
    const { lines } = await boot({ imports: [plain], providers: [plainJobs().Jobs] });
    expect(hint(lines)).toEqual([
      'log There is no leader job. On every pod: 4 methods with @Cron or @Interval; jobs.adopt makes leader jobs of them',
    ]);
  });

  it('says nothing beside a leader job, or without such methods', async () => {
    @Injectable()
    class Leading {
      @LeaderCron(NEVER)
      run() {}
    }
    const beside = await boot({ imports: [plain], providers: [plainJobs().Jobs, Leading] });
    const alone = await boot({ imports: [plain] });
    expect([...hint(beside.lines), ...hint(alone.lines)]).toEqual([]);
  });
});

describe('a list of names', () => {
  it('takes these, a @Timeout too, and leaves the rest to every pod', async () => {
    const { Jobs, calls } = plainJobs();
    const app = await boot({ imports: [adopting(['Jobs.report', 'warm'])], providers: [Jobs] });
    expect([...app.get(ScheduleService).jobNames].sort()).toEqual(['report', 'warm']);
    expect(registered(app).plain).toEqual(['poll', expect.stringMatching(/^[\da-f-]{36}$/)]);
    expect(registered(app).crons).toEqual(expect.arrayContaining(['report', 'warm']));
    expect(registered(app).crons.length).toBe(3);
    await run(app, 'warm');
    expect(calls).toEqual([['warm', []]]);
    expect(app.lines).toContain(
      'log Not adopted, so that they run on every pod: Jobs.unnamed (@Cron), poll (@Interval), Jobs.every (@Interval)',
    );
  });

  it('is refused where a name or a pattern has no method', async () => {
    const { Jobs } = plainJobs();
    const start = boot({ imports: [adopting(['Job.report', 'Billing.*'])], providers: [Jobs] });
    await expect(start).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(/did you mean 'Jobs\.report'\?[^]*'Billing\.\*': no method/),
    });
  });
});

describe('jobs.adopt', () => {
  it.each([
    [
      'YAML',
      () => [
        configured({ schedule: { jobs: { adopt: ['rep*'] } } }),
        ScheduleModule.forRoot({ mode: 'ram' }),
      ],
    ],
    [
      'forRootAsync',
      () => [ScheduleModule.forRootAsync({ useFactory: () => ({ mode: 'ram', jobs: { adopt: ['rep*'] } }) })],
    ],
    [
      'a function',
      () => [
        ScheduleModule.forRoot({ mode: 'ram', jobs: { adopt: ({ methodName }) => methodName === 'report' } }),
      ],
    ],
  ])('works from %s', async (_, imports) => {
    const { Jobs } = plainJobs();
    const app = await boot({ imports: [...imports()], providers: [Jobs] });
    expect(app.get(ScheduleService).jobNames).toEqual(['report']);
    expect(registered(app).crons.length).toBe(2);
  });

  it('takes settings by name and defaults, as for other jobs', async () => {
    const { Jobs } = plainJobs();
    const jobs = { adopt: true, defaults: { overlap: 'queue' }, report: { cron: '@every 90s' } };
    const app = await boot({
      imports: [configured({ schedule: { jobs } }), ScheduleModule.forRoot({ mode: 'ram' })],
      providers: [Jobs],
    });
    const infos = await app.get(ScheduleService).jobs();
    expect(infos.find(({ name }) => name === 'report')).toMatchObject({ schedule: '@every 1m30s' });
    expect(app.lines.filter(line => line.startsWith('warn There is no job'))).toEqual([]);
  });
});

describe('an adopted method', () => {
  it('takes methods of controllers, inherited ones and those of request-scoped providers', async () => {
    const runs: string[] = [];
    let made = 0;
    class Base {
      @Cron(NEVER)
      run() {
        runs.push(this.constructor.name);
      }
    }
    @Injectable()
    class Left extends Base {}
    @Injectable()
    class Right extends Base {}
    @Injectable({ scope: Scope.REQUEST })
    class Scoped {
      readonly instance = (made += 1);
      @Cron(NEVER, { name: 'scoped' })
      run() {
        runs.push(`scoped ${this.instance}`);
      }
    }
    const app = await boot({ imports: [adopting(['Left.run', 'scoped'])], providers: [Left, Right, Scoped] });
    expect([...app.get(ScheduleService).jobNames].sort()).toEqual(['Left.run', 'scoped']);
    // Right.run, with a random name.
    expect(registered(app).crons.length).toBe(3);
    for (const name of ['Left.run', 'scoped', 'scoped']) await run(app, name);
    expect(runs).toEqual(['Left', 'scoped 1', 'scoped 2']);
    expect(app.lines.filter(line => line.includes('non static'))).toEqual([]);
  });

  it('calls the method that the instance has: one that a spy replaced', async () => {
    const { Jobs, calls } = plainJobs();
    const app = await boot({ imports: [adopting()], providers: [Jobs] });
    app.get(Jobs).report = (...args) => calls.push(['spy', args]) as never;
    await run(app, 'report');
    expect(calls).toEqual([['spy', []]]);
  });

  it('refuses names that clash with those of leader jobs', async () => {
    @Injectable()
    class Jobs {
      @LeaderCron(NEVER)
      @Cron(NEVER)
      run() {}
      @LeaderCron(NEVER, { name: 'poll' })
      other() {}
      @Interval('poll', 1000)
      poll() {}
    }
    await expect(boot({ imports: [adopting()], providers: [Jobs] })).rejects.toMatchObject({
      code: 'DUPLICATE_JOB',
      received: ['Jobs.run', 'poll'],
    });
  });
});
