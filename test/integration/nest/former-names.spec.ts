/* oxlint-disable typescript/no-deprecated -- it tests that former names work */
import { once } from 'node:events';

import { describe, expect, it } from '@jest/globals';

import { LeaderService, type JobHandler, ScheduleModule, ScheduleService } from '../../../lib/index.js';
import { eventually } from '../../support/eventually.js';
import { HOUR } from '../../support/durations.js';
import { RAM, useApps } from './support/use-apps.js';

const boot = useApps();

/** The service of an application in RAM mode that has one job, which never ticks. */
async function booted(handler: JobHandler = () => undefined) {
  const app = await boot({ imports: [ScheduleModule.forRoot(RAM)] });
  const schedule = app.get(ScheduleService);
  schedule.create('job', '-', handler);
  return { schedule, leader: app.get(LeaderService) };
}

describe('pause, by its names of 0.4', () => {
  it('lasts as long as `for` says', async () => {
    const { schedule } = await booted();
    const { from, until, reason } = await schedule.pause('job', { for: '1h', reason: 'why' });
    expect([Number(until) - Number(from), reason]).toEqual([HOUR, 'why']);
  });

  it('refuses `for` beside `duration`, and an invalid one', async () => {
    const { schedule } = await booted();
    await expect(schedule.pause('job', { for: '1h', duration: '1h' })).rejects.toThrow('one duration');
    await expect(schedule.pause('job', { for: '0s' })).rejects.toThrow('A pause is a duration');
  });
});

describe('abort, which is abortRun now', () => {
  it('resolves to whether there was a run or a request', async () => {
    const { schedule, leader } = await booted(({ signal }) => once(signal, 'abort'));
    await schedule.runNow('job');
    const [run] = await eventually(async () => {
      const running = await schedule.running();
      return running.length > 0 && running;
    });
    expect(await schedule.abort(run?.runId ?? '')).toBe(true);
    await eventually(async () => (await schedule.lastRun('job'))?.outcome === 'succeeded');
    expect(await schedule.abort(run?.runId ?? '')).toBe(false);
    await leader.resign();
    const { requestId } = await schedule.runNow('job');
    expect(await schedule.abort(requestId)).toBe(true);
    expect(await schedule.abort(requestId)).toBe(false);
  });
});

describe('runNow with `wait`, which is runAndWait now', () => {
  it('resolves to the run, or without it to the request', async () => {
    const { schedule } = await booted();
    const succeeded = { job: 'job', outcome: 'succeeded', manual: true };
    expect(await schedule.runNow('job', { wait: true })).toMatchObject(succeeded);
    expect(await schedule.runNow('job', { wait: '10s' })).toMatchObject(succeeded);
    for (const options of [{ wait: false }, {}, undefined] as const) {
      const ticket = { job: 'job', tick: expect.any(Date), requestId: expect.any(String) };
      expect(await schedule.runNow('job', options)).toEqual(ticket);
    }
  });

  it('refuses an invalid time, and rejects when it has passed', async () => {
    const { schedule } = await booted(({ signal }) => once(signal, 'abort'));
    await expect(schedule.runNow('job', { wait: '0s' })).rejects.toThrow('A time to wait');
    await expect(schedule.runNow('job', { wait: '1ms' })).rejects.toMatchObject({ code: 'WAIT_TIMEOUT' });
    const [run] = await schedule.running();
    await schedule.abortRun(run?.runId ?? '');
  });
});

describe('the context of a run', () => {
  it('has its tick as `scheduledAt` as well', async () => {
    const seen: Date[] = [];
    const { schedule } = await booted(({ tick, scheduledAt }) => seen.push(tick, scheduledAt));
    const run = await schedule.runAndWait('job');
    expect(seen).toEqual([run?.tick, run?.tick]);
  });
});
