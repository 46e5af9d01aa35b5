/* oxlint-disable typescript/no-deprecated -- it tests that former names work */
import { describe, expect, it } from '@jest/globals';

import { ScheduleModule, ScheduleService } from '../../../lib/index.js';
import { HOUR } from '../../support/durations.js';
import { RAM, useApps } from './support/use-apps.js';

const boot = useApps();

/** The service of an application in RAM mode that has one job, which never ticks. */
async function booted(handler: () => unknown = () => undefined): Promise<ScheduleService> {
  const app = await boot({ imports: [ScheduleModule.forRoot(RAM)] });
  const schedule = app.get(ScheduleService);
  schedule.create('job', '-', handler);
  return schedule;
}

describe('pause, by its names of 0.4', () => {
  it('lasts as long as `for` says', async () => {
    const { from, until, reason } = await (await booted()).pause('job', { for: '1h', reason: 'why' });
    expect([Number(until) - Number(from), reason]).toEqual([HOUR, 'why']);
  });

  it('refuses `for` beside `duration`, and an invalid one', async () => {
    const schedule = await booted();
    await expect(schedule.pause('job', { for: '1h', duration: '1h' })).rejects.toThrow('one duration');
    await expect(schedule.pause('job', { for: '0s' })).rejects.toThrow('A pause is a duration');
  });
});
