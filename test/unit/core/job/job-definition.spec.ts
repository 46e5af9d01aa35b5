import { describe, expect, it } from '@jest/globals';

import type { ConfigReader, JobDefinition } from '../../../../lib/core/job/job-definition.js';
import { fromConfig, inConfig, jobOf } from '../../../support/defined-job.js';
import { SECOND } from '../../../support/durations.js';
import { refusal } from '../../../support/refusal.js';

describe('a schedule that a function gives', () => {
  const config: ConfigReader = {
    get: <Value>(path: string) =>
      ({ 'reports.cron': '0 7 * * *', 'reports.off': '' })[path] as Value | undefined,
  };

  it('is read from the configuration', () => {
    const job = jobOf(
      {},
      { cronTime: ({ config: reader }) => reader.get('reports.cron'), options: {} },
      config,
    );
    expect(job.schedule.source).toBe('0 7 * * *');
  });

  it('may be a date, or off', () => {
    const date = new Date(Date.UTC(2030, 0, 1));
    expect(
      jobOf(
        {},
        fromConfig(() => date),
      ).schedule.source,
    ).toBe(date.toISOString());
    expect(
      jobOf(
        {},
        fromConfig(({ config: reader }) => reader.get('reports.off')),
        config,
      ).schedule.source,
    ).toBe('-');
  });

  it('is not called where settings replace it', () => {
    const definition = fromConfig(() => {
      throw new Error('never called');
    });
    expect(jobOf(inConfig({ 'Jobs.run': { cron: '@daily' } }), definition).schedule.source).toBe('@daily');
  });

  it.each<[string, JobDefinition, RegExp]>([
    ['throws', fromConfig(() => JSON.parse('{')), /Jobs\.run: the function .* threw: .*JSON/],
    [
      'returns nothing',
      fromConfig(() => undefined),
      /Jobs\.run: the function .* returned nothing.*path.*'-'/,
    ],
    ['returns null', fromConfig(() => null), /returned nothing \(received null\)/],
    ['returns a promise', fromConfig(async () => '@daily'), /Jobs\.run: the function .* is asynchronous/],
    ['returns nonsense', fromConfig(() => 'daily'), /Jobs\.run: .*"daily"/],
    [
      'needs a ConfigService that is not there',
      fromConfig(({ config: reader }) => reader.get('reports.cron')),
      /Jobs\.run: .*no ConfigService.*'reports\.cron'.*npm install @nestjs\/config/,
    ],
  ])('is refused when the function %s', (_, definition, message) =>
    expect(refusal(() => jobOf({}, definition))).toMatch(message),
  );
});

describe('intervals and timeouts', () => {
  it('have their own schedules and the options of other jobs', () => {
    const options = { name: 'often', timeout: '5s' };
    expect(jobOf({}, { decorator: 'LeaderInterval', duration: '90s', options })).toMatchObject({
      name: 'often',
      schedule: { source: '@every 1m30s' },
      policy: { timeoutMs: 5 * SECOND },
    });
    expect(jobOf({}, { decorator: 'LeaderTimeout', duration: 0, options }).schedule.source).toBe(
      '@timeout 0s',
    );
  });

  it('can be given another schedule by settings', () => {
    const definition: JobDefinition = { decorator: 'LeaderInterval', duration: '90s', options: {} };
    expect(jobOf(inConfig({ 'Jobs.run': { cron: '@every 5s' } }), definition).schedule.source).toBe(
      '@every 5s',
    );
  });

  it.each<[string, JobDefinition, RegExp]>([
    [
      'an interval of 0',
      { decorator: 'LeaderInterval', duration: 0, options: {} },
      /@LeaderInterval on Jobs\.run: .*10 ms/,
    ],
    [
      'a timeout without unit',
      { decorator: 'LeaderTimeout', duration: '5', options: {} },
      /@LeaderTimeout on Jobs\.run/,
    ],
    [
      'a zone',
      { decorator: 'LeaderInterval', duration: '5s', options: { timeZone: 'UTC' } },
      /@LeaderInterval on Jobs\.run .*timeZone: received 'UTC'. There is no such option/s,
    ],
  ])('are refused with %s', (_, definition, message) =>
    expect(refusal(() => jobOf({}, definition))).toMatch(message),
  );
});
