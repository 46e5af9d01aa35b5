import { describe, expect, it, jest } from '@jest/globals';
import { CronTime } from 'cron';
import { readFile } from 'node:fs/promises';
import 'reflect-metadata';

import { InvalidOptionsError, type JobContext, SchedulerRegistry } from '../../../../lib/index.js';
import { ScheduleTesting } from '../../../../lib/testing/index.js';
import { MINUTE, SECOND } from '../../../support/durations.js';
import { hours, NOW, useWorlds } from './use-worlds.js';

const { world } = useWorlds();

describe('time in a test', () => {
  it('begins when the test says and fires what falls due, each tick at its time', async () => {
    const seen: [Date, Date][] = [];
    const { schedule } = await world(({ tick, startedAt }) => seen.push([tick, startedAt]));
    await schedule.advance('59m59s');
    expect(seen).toEqual([]);
    await schedule.advance('1s');
    expect(seen).toEqual([[new Date('2030-01-01T01:00:00Z'), new Date('2030-01-01T01:00:00Z')]]);
    await schedule.advance('3h');
    expect(seen.map(([tick]) => tick.getUTCHours())).toEqual([1, 2, 3, 4]);
    expect(schedule.now).toEqual(new Date('2030-01-01T04:00:00Z'));
  });

  it('advances to a date, a year in no real time', async () => {
    const { schedule } = await world(() => undefined, { cron: '0 3 1 * *' });
    const startedAt = performance.now();
    await schedule.advanceTo('2031-01-01T03:00:00+01:00');
    expect(performance.now() - startedAt).toBeLessThan(5 * SECOND);
    expect(schedule.runs).toHaveLength(12);
    expect(schedule.now).toEqual(new Date('2031-01-01T02:00:00Z'));
  });

  it('follows the time zone of a job', async () => {
    const { schedule } = await world(() => undefined, { cron: '30 9 * * *', timeZone: 'Asia/Kolkata' });
    await schedule.advance('24h');
    expect(schedule.runs.map(({ tick }) => tick.toISOString())).toEqual(['2030-01-01T04:00:00.000Z']);
  });

  it('waits for handlers that wait for something real', async () => {
    const seen: string[] = [];
    const handler = async ({ tick }: JobContext) => {
      const { name } = JSON.parse(await readFile('package.json', 'utf8')) as { name: string };
      seen.push(`${name} ${tick.getUTCHours()}`);
    };
    const { schedule } = await world(handler, { timeout: '1s', testing: { patience: '20s' } });
    await schedule.advance('2h');
    expect(seen).toEqual(['nestjs-leader-schedule 1', 'nestjs-leader-schedule 2']);
    expect(hours(schedule)).toEqual(['01:00 succeeded', '02:00 succeeded']);
  });

  it('goes on, after the patience, without a handler that never ends', async () => {
    const { schedule, app } = await world(() => new Promise(() => undefined));
    await schedule.advance('3h');
    expect(hours(schedule)).toEqual(['02:00 skipped', '03:00 skipped']);
    await app.close();
    expect(hours(schedule)).toContain('01:00 aborted');
  });

  it('may be moved by a handler', async () => {
    const { schedule } = await world(() => schedule.advance('10m'), { testing: { patience: '20s' } });
    await schedule.advance('1h');
    expect(schedule.runs).toMatchObject([{ outcome: 'succeeded', durationMs: 10 * MINUTE }]);
    expect(schedule.now).toEqual(new Date('2030-01-01T01:10:00Z'));
  });
});

describe('the limits of time in a test', () => {
  it('is followed by jobs in the SchedulerRegistry, without timers of their own', async () => {
    const setTimeout = jest.spyOn(globalThis, 'setTimeout');
    const { schedule, app } = await world(() => undefined);
    const job = app.get(SchedulerRegistry).getCronJob('job');
    expect(job.isActive).toBe(true);
    expect(job.nextDate().toMillis()).toBe(Date.UTC(2030, 0, 1, 1));
    await schedule.advance('1h');
    expect(job.lastDate()).toEqual(new Date('2030-01-01T01:00:00Z'));
    void job.stop();
    expect(job.isActive).toBe(false);
    await schedule.advance('1h');
    job.start();
    job.setTime(new CronTime('*/10 * * * *', 'UTC'));
    await schedule.advance('10m');
    await job.fireOnTick();
    await schedule.advance(0);
    expect(hours(schedule)).toEqual(['01:00 succeeded', '02:10 succeeded', '02:10 succeeded']);
    expect(setTimeout).not.toHaveBeenCalled();
    setTimeout.mockRestore();
  });

  it.each([
    ['yesterday', /moment.*'yesterday'/],
    ['2030-01-01T00:00:00', /moment/],
    [Number.NaN, /moment/],
    [new Date('never'), /moment/],
  ])('cannot begin at %p', (now, message) => {
    expect(() => new ScheduleTesting({ now })).toThrow(message);
    expect(() => new ScheduleTesting({ now })).toThrow(InvalidOptionsError);
  });

  it.each(['1 hour', -1, Infinity, Number.NaN])('cannot be advanced by %p', async duration => {
    const schedule = new ScheduleTesting();
    await expect(schedule.advance(duration)).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  });

  it('does not go back', async () => {
    const schedule = new ScheduleTesting({ now: NOW });
    await expect(schedule.advanceTo('2029-12-31')).rejects.toThrow(/has passed.*2029-12-31/);
  });
});
