import { describe, expect, it } from '@jest/globals';
import { Injectable, Scope } from '@nestjs/common';
import { CronTime } from 'cron';

import {
  type JobContext,
  LeaderCron,
  LeaderService,
  ScheduleModule,
  SchedulerRegistry,
  ScheduleService,
} from '../../../../lib/index.js';
import { SECOND } from '../../../support/durations.js';
import { eventually } from '../../../support/eventually.js';
import { RAM, useApps } from '../support/use-apps.js';

const EVERY_SECOND = '* * * * * *';
const boot = useApps();

describe('a leader job', () => {
  it('runs on its ticks with the nominal instant, under the name of class and method', async () => {
    const contexts: JobContext[] = [];
    @Injectable()
    class Jobs {
      @LeaderCron(EVERY_SECOND)
      collect(context: JobContext) {
        contexts.push(context);
      }
    }
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    await eventually(() => contexts.length >= 2);
    expect(contexts[0]).toMatchObject({ job: 'Jobs.collect', token: app.get(LeaderService).term?.token });
    expect(contexts[0]?.tick.getMilliseconds()).toBe(0);
    expect(Number(contexts[1]?.tick) - Number(contexts[0]?.tick)).toBe(SECOND);
  });

  it('is in the SchedulerRegistry, which can stop, start, reschedule and fire it', async () => {
    const ticks: number[] = [];
    @Injectable()
    class Jobs {
      @LeaderCron('0 0 1 1 *', { name: 'yearly' })
      run({ tick }: JobContext) {
        ticks.push(tick.getTime());
      }
    }
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    const job = app.get(SchedulerRegistry).getCronJob('yearly');
    expect(job.isActive).toBe(true);
    await job.fireOnTick();
    await eventually(() => ticks.length === 1);
    job.setTime(new CronTime(EVERY_SECOND));
    await eventually(() => ticks.length >= 2);
    await job.stop();
    expect(job.isActive).toBe(false);
    const before = ticks.length;
    const stoppedAt = Date.now();
    await eventually(() => Date.now() > stoppedAt + 1.5 * SECOND, {
      what: 'ticks pass while the job is stopped',
    });
    expect(ticks).toHaveLength(before);
    job.start();
    await eventually(() => ticks.length > before);
    expect(ticks[before]).toBeGreaterThan(stoppedAt + 1.5 * SECOND);
  });

  it('is one job, though its provider has an alias', async () => {
    @Injectable()
    class Jobs {
      @LeaderCron(EVERY_SECOND)
      run() {}
    }
    const app = await boot({
      imports: [ScheduleModule.forRoot(RAM)],
      providers: [Jobs, { provide: 'alias', useExisting: Jobs }],
    });
    expect([...app.get(SchedulerRegistry).getCronJobs().keys()]).toEqual(['Jobs.run']);
  });
});

describe('the ticks of a leader job', () => {
  it('loses no tick when the event loop is busy', async () => {
    const ticks: number[] = [];
    @Injectable()
    class Jobs {
      @LeaderCron(EVERY_SECOND)
      run({ tick }: JobContext) {
        ticks.push(tick.getTime());
        if (ticks.length !== 1) return;
        for (const until = Date.now() + 2.6 * SECOND; Date.now() < until;);
      }
    }
    await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    await eventually(() => ticks.length >= 5);
    const first = ticks[0] ?? 0;
    expect(ticks.slice(0, 5)).toEqual([0, 1, 2, 3, 4].map(n => first + n * SECOND));
  });

  it('catches up by its policy the ticks during which its process slept', async () => {
    const seen: [number, boolean][] = [];
    let isAsleep = false;
    @Injectable()
    class Jobs {
      @LeaderCron(EVERY_SECOND, { name: 'awake' })
      run({ tick, catchUp }: JobContext) {
        seen.push([tick.getTime(), catchUp]);
        if (isAsleep || seen.length !== 1) return;
        isAsleep = true;
        for (const until = Date.now() + 5.4 * SECOND; Date.now() < until;);
      }
    }
    const leader = { ttl: '3s', interval: '1s' };
    const app = await boot({ imports: [ScheduleModule.forRoot({ ...RAM, leader })], providers: [Jobs] });
    await eventually(() => seen.length >= 3);
    const [[first] = [0], ...later] = seen;
    // The newest of five runs late, and those before it are on record as missed.
    expect(later.slice(0, 2)).toEqual([
      [first + 5 * SECOND, true],
      [first + 6 * SECOND, false],
    ]);
    const missed = await app.get(ScheduleService).history('awake', { outcome: 'missed' });
    expect(missed).toMatchObject([{ tick: new Date(first + 4 * SECOND), missed: { count: 4 } }]);
  });

  it('is not started when disabled, and not in its initial delay', async () => {
    @Injectable()
    class Jobs {
      @LeaderCron(EVERY_SECOND, { name: 'off', disabled: true })
      @LeaderCron(EVERY_SECOND, { name: 'later', initialDelay: '1s' })
      run() {}
    }
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    const registry = app.get(SchedulerRegistry);
    expect([registry.getCronJob('off').isActive, registry.getCronJob('later').isActive]).toEqual([
      false,
      false,
    ]);
    await eventually(() => registry.getCronJob('later').isActive);
    expect(registry.getCronJob('off').isActive).toBe(false);
  });
});

describe('the runs of a leader job', () => {
  it('skips ticks while an earlier run goes on, when it waits for completion', async () => {
    let running = 0;
    let most = 0;
    let runs = 0;
    @Injectable()
    class Jobs {
      @LeaderCron(EVERY_SECOND, { waitForCompletion: true })
      async run() {
        most = Math.max(most, (running += 1));
        const started = Date.now();
        await eventually(() => Date.now() > started + 1.3 * SECOND);
        running -= 1;
        runs += 1;
      }
    }
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    await eventually(() => runs >= 2);
    expect(most).toBe(1);
    expect(app.lines.some(line => /^debug Job Jobs.run skipped/.test(line))).toBe(true);
  });

  it('has its error logged with job, tick and pod, and the process lives on', async () => {
    @Injectable()
    class Jobs {
      @LeaderCron(EVERY_SECOND)
      run() {
        throw new Error('the printer is out of paper');
      }
      @LeaderCron(EVERY_SECOND)
      async later() {
        await Promise.reject(new TypeError('rejected'));
      }
    }
    const app = await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    const { podId } = app.get(LeaderService);
    const logged = (pattern: RegExp) => app.lines.some(line => pattern.test(line) && line.includes(podId));
    await eventually(() => logged(/^error Job Jobs\.run failed: tick 20.*Z, .*out of paper/));
    await eventually(() => logged(/^error Job Jobs\.later failed: .*rejected/));
  });

  it('is warned about once at the start where it ticks more often than every 100 ms', async () => {
    @Injectable()
    class Jobs {
      @LeaderCron('@every 50ms', { name: 'too-often' })
      tooOften(): void {
        // Only its schedule matters.
      }

      @LeaderCron('@every 100ms', { name: 'often' })
      often(): void {
        // Only its schedule matters.
      }
    }
    const { lines } = await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] });
    expect(lines.filter(line => line.includes('ticks every'))).toEqual([
      expect.stringContaining('warn Job too-often ticks every 50 ms'),
    ]);
  });
});

describe('the instances of a leader job', () => {
  it.each([Scope.REQUEST, Scope.TRANSIENT])(
    'of a provider of scope %s gets an instance for each run',
    async scope => {
      const instances = new Set<object>();
      @Injectable()
      class Dependency {}
      @Injectable({ scope })
      class Jobs {
        constructor(private readonly dependency: Dependency) {}
        @LeaderCron(EVERY_SECOND)
        run() {
          if (this.dependency instanceof Dependency) instances.add(this);
        }
      }
      await boot({ imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs, Dependency] });
      await eventually(() => instances.size >= 2);
    },
  );
});
