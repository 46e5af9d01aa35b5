import { Controller, Injectable, Scope } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Cron, Interval, SchedulerRegistry as NestRegistry, Timeout } from '@nestjs/schedule';

import { ScheduleModule, SchedulerRegistry, ScheduleService } from '../../../../lib/index.js';
import { configured } from '../declaring-jobs/configured.js';
import { useApps } from '../support/use-apps.js';

const NEVER = '0 0 0 29 2 *';
const boot = useApps();

const adopting = (adopt: boolean | readonly string[] = true) =>
  ScheduleModule.forRoot({ mode: 'ram', jobs: { adopt } });

@Injectable()
class Fast {
  @Interval('fast', 5)
  run() {}
  @Cron(NEVER, { name: 'report' })
  report() {}
}

@Controller({ scope: Scope.REQUEST })
class Requests {
  @Cron(NEVER, { name: 'scoped' })
  run() {}
}

describe('a method that cannot be a leader job', () => {
  it('stays what it is, with a warning that says why', async () => {
    const app = await boot({ imports: [adopting()], providers: [Fast], controllers: [Requests] });
    expect(app.get(ScheduleService).jobNames).toEqual(['report']);
    expect(app.get(SchedulerRegistry).getIntervals()).toEqual(['fast']);
    expect(app.lines.filter(line => line.includes('stays with'))).toEqual([
      expect.stringMatching(/^warn fast \(@Interval\) stays with @nestjs\/schedule: .*at least 10 ms/),
      expect.stringMatching(
        /^warn scoped \(@Cron\) stays with @nestjs\/schedule: .*request-scoped controller/,
      ),
    ]);
  });

  it.each([
    ['fast', 'INVALID_CRON', /@Interval on Fast\.run: An interval is at least 10 ms/],
    ['Requests.run', 'UNSUPPORTED_JOB', /request-scoped controller/],
  ])('is refused where it is named: %s', async (name, code, message) => {
    const start = boot({ imports: [adopting([name])], providers: [Fast], controllers: [Requests] });
    await expect(start).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('is adopted with a setting that makes it valid', async () => {
    const jobs = { adopt: true, fast: { cron: '@every 1s' } };
    const app = await boot({
      imports: [configured({ schedule: { jobs } }), ScheduleModule.forRoot({ mode: 'ram' })],
      providers: [Fast],
    });
    expect([...app.get(ScheduleService).jobNames].sort()).toEqual(['fast', 'report']);
    expect(app.get(SchedulerRegistry).getCronJobs().has('fast')).toBe(true);
  });

  it('does not hide an invalid option of the application', async () => {
    const jobs = { adopt: true, report: { catchUpWindow: '1s' } };
    const start = boot({
      imports: [configured({ schedule: { jobs } }), ScheduleModule.forRoot({ mode: 'ram' })],
      providers: [Fast],
    });
    await expect(start).rejects.toMatchObject({
      message: expect.stringMatching(/@Cron on Fast\.report.*catchUpWindow/),
    });
  });
});

describe('many methods', () => {
  it('are all listed, in lines that the log does not cut', async () => {
    class Jobs {}
    for (let index = 0; index < 300; index += 1) {
      const method = { value: () => index, configurable: true, writable: true };
      Object.defineProperty(Jobs.prototype, `run${index}`, method);
      Cron(NEVER, { name: `job-number-${index}` })(Jobs.prototype, `run${index}`, method);
      const late = { value: () => index, configurable: true, writable: true };
      Object.defineProperty(Jobs.prototype, `late${index}`, late);
      Timeout(`late-number-${index}`, 3_600_000)(Jobs.prototype, `late${index}`, late);
    }
    const { lines } = await boot({ imports: [adopting()], providers: [Injectable()(Jobs) ?? Jobs] });
    const listed = lines.filter(line => /dopted/.test(line));
    expect(listed.length).toBeGreaterThan(4);
    expect(Math.max(...listed.map(line => line.length))).toBeLessThan(2000);
    const text = listed.join('\n');
    for (let index = 0; index < 300; index += 1) {
      expect(text).toContain(`job-number-${index} (@Cron)`);
      expect(text).toContain(`late-number-${index} (@Timeout, adopted by its name only)`);
    }
    expect(listed[1]).toMatch(/^log Adopted 300 methods of .*, continued: job-number-/);
  });
});

describe('an explorer that cannot be kept from mounting a method', () => {
  afterEach(() => void jest.restoreAllMocks());

  /** The class of @nestjs/schedule, which it does not export. */
  async function explorerClass() {
    const app = await boot({ imports: [ScheduleModule.forRoot({ mode: 'ram' })] });
    const tokens = [...app.get(ModulesContainer).values()].flatMap(({ providers }) => [...providers.keys()]);
    const found = tokens.find(token => typeof token === 'function' && token.name === 'ScheduleExplorer');
    return (found as { prototype: Record<string, (...args: unknown[]) => void> }).prototype;
  }

  const start = (adopt: boolean) => boot({ imports: [adopting(adopt)], providers: [Fast] });

  it('is refused at the start: one that looks up methods in another way', async () => {
    const prototype = await explorerClass();
    jest.spyOn(prototype, 'explore').mockImplementation(() => undefined);
    await expect(start(true)).rejects.toMatchObject({
      code: 'UNSUPPORTED_JOB',
      message: expect.stringMatching(/versions 6 and 12 .*Fast\.report/),
    });
    await start(false);
  });

  it('is refused at the start: one that explores without `explore`', async () => {
    const prototype = await explorerClass();
    const explore = prototype['explore'];
    jest.spyOn(prototype, 'onModuleInit').mockImplementation(function (this: unknown) {
      explore?.call(this);
    });
    await expect(start(true)).rejects.toMatchObject({ code: 'UNSUPPORTED_JOB' });
    const app = await start(false);
    expect(app.get(NestRegistry).getIntervals()).toEqual(['fast']);
  });
});
