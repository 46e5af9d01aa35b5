import { Injectable } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';

import {
  LeaderCron,
  LeaderInterval,
  LeaderTimeout,
  ScheduleModule,
  ScheduleService,
  UnsupportedJobError,
} from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';

const NEVER = '0 0 0 29 2 *';
const apps: BootedApp[] = [];

const boot = async (providers: NonNullable<Parameters<typeof bootApp>[0]['providers']> = []) => {
  const app = await bootApp({ imports: [ScheduleModule.forRoot({ mode: 'ram' })], providers });
  apps.push(app);
  return Object.assign(app, { schedule: app.get(ScheduleService) });
};

afterEach(async () => {
  await Promise.all(apps.splice(0).map(app => app.close()));
});

describe('a name with spaces around it', () => {
  it('is trimmed by every method', async () => {
    const { schedule } = await boot();
    schedule.create(' lead', NEVER, () => undefined);
    for (const name of ['lead', ' lead', 'lead\t']) {
      await schedule.runAndWait(name, { maxWait: '5s' });
      await schedule.pause(name);
      expect(await schedule.resume(name)).toBe(true);
      await schedule.reschedule(name, '@yearly');
      expect(await schedule.lastRun(name)).toMatchObject({ job: 'lead' });
      expect(await schedule.lastSuccess(name)).toMatchObject({ job: 'lead' });
    }
    const histories = await Promise.all(['lead', ' lead'].map(name => schedule.history(name)));
    expect(histories.map(runs => runs.length)).toEqual([3, 3]);
    await schedule.pause(' * ');
    expect(await schedule.resume('*')).toBe(true);
    schedule.remove(' lead ');
    expect(schedule.jobNames).toEqual([]);
  });

  it('is refused where it is trimmed to defaults, which no job may have', async () => {
    const { schedule } = await boot();
    for (const name of ['defaults', ' defaults '])
      expect(() => schedule.create(name, NEVER, () => undefined)).toThrow(/'defaults' below jobs stands for/);
  });
});

describe('many calls that wait for runs', () => {
  it('print no warning', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    const { schedule } = await boot();
    let isOver = false;
    schedule.create('slow', NEVER, () => eventually(() => isOver), { overlap: 'allow' });
    const waiting = Array.from({ length: 25 }, () => schedule.runAndWait('slow'));
    await eventually(async () => (await schedule.running()).length === 25);
    isOver = true;
    const runs = await Promise.all(waiting);
    process.off('warning', onWarning);
    expect(runs.every(run => run?.outcome === 'succeeded')).toBe(true);
    expect(warnings).toEqual([]);
  });
});

describe('a decorator', () => {
  it.each([LeaderCron('@daily'), LeaderInterval('5s'), LeaderTimeout('5s')])(
    'on a property is refused where the class is declared',
    decorator => {
      const declare = () => {
        class Jobs {
          @decorator
          readonly run = () => undefined;
        }
        return Jobs;
      };
      expect(declare).toThrow(UnsupportedJobError);
      expect(declare).toThrow(/@Leader\w+ stands on .* property.*received 'run'/);
    },
  );

  /** Puts another function in place of the method, as a careless decorator does. */
  const wraps: MethodDecorator = (_, __, descriptor) => {
    const { value } = descriptor;
    if (typeof value === 'function')
      Object.assign(descriptor, {
        value: (...args: unknown[]): unknown => Reflect.apply(value, undefined, args),
      });
  };

  it('above that replaces the method and copies no metadata is warned of; an overridden job is not', async () => {
    @Injectable()
    class Base {
      @LeaderCron(NEVER, { name: 'base' })
      overridden() {}

      @wraps
      @LeaderCron(NEVER, { name: 'inherited' })
      inherited() {}
    }
    @Injectable()
    class Jobs extends Base {
      @wraps
      @LeaderCron(NEVER, { name: 'lost' })
      lost() {}

      @LeaderCron(NEVER, { name: 'found' })
      @wraps
      found() {}

      override overridden() {}
    }
    const { schedule, lines } = await boot([Jobs]);
    expect(schedule.jobNames).toEqual(['found']);
    expect(lines.filter(line => line.includes('is no job')).map(line => line.slice(0, 23))).toEqual([
      'warn Jobs.lost is no jo',
      'warn Base.inherited is ',
    ]);
  });
});
