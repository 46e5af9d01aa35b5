import { describe, expect, it } from '@jest/globals';

import type { JobDefinition } from '../../../../lib/core/job/job-definition.js';
import type { Job } from '../../../../lib/core/job/job.js';
import { resolveOptions } from '../../../../lib/core/options/options.js';
import type { OptionSources } from '../../../../lib/core/options/written-options.js';
import { inCode, inConfig, jobOf } from '../../../support/defined-job.js';
import { SECOND } from '../../../support/durations.js';
import { EVERY_OPTION, EVERY_OPTION_READ } from '../../../support/every-option.js';
import { refusal } from '../../../support/refusal.js';

const plain = (job: Job) => ({ ...job, schedule: job.schedule.source });

const EVERY_SETTING = {
  cron: '@every 90s',
  disabled: true,
  initialDelay: '5s',
  threshold: '2s',
  unrefTimeout: true,
  ...EVERY_OPTION,
};

describe('settings by the name of a job', () => {
  it.each([
    ['the configuration', inConfig({ invoices: EVERY_SETTING })],
    ['code', inCode({ invoices: EVERY_SETTING })],
  ])('replace what its decorator says: from %s', (_, sources) =>
    expect(jobOf({ ...sources, environment: { SCHEDULE_APP_VERSION: '1.4.2' } })).toMatchObject({
      name: 'invoices',
      schedule: { source: '@every 1m30s' },
      disabled: true,
      initialDelayMs: 5 * SECOND,
      thresholdMs: 2 * SECOND,
      unrefTimeout: true,
      policy: EVERY_OPTION_READ,
    }),
  );

  it('come field by field: code before configuration before decorator before defaults', () => {
    const options = { name: 'invoices', timeout: 3000, jitter: 3000, recover: true, retry: { attempts: 3 } };
    const sources = {
      code: { jobs: { defaults: { overlap: 'queue', recover: false }, invoices: { timeout: 1000 } } },
      config: { schedule: { jobs: { invoices: { timeout: '2s', jitter: '2s', retry: { backoff: '2s' } } } } },
    };
    expect(jobOf(sources, { cronTime: '@daily', options }).policy).toMatchObject({
      timeoutMs: SECOND,
      jitterMs: 2 * SECOND,
      recover: true,
      overlap: 'queue',
      retry: { attempts: 3, backoffMs: 2 * SECOND },
    });
  });

  it('switch the history off', () =>
    expect(jobOf(inConfig({ invoices: { history: false } })).policy.retention.keep).toBe(0));

  it('leave other jobs alone', () =>
    expect(plain(jobOf(inConfig({ other: EVERY_SETTING })))).toEqual(plain(jobOf({}))));

  it.each([
    ['as it is written', { 'Jobs.run': { timeout: '1s' } }],
    ['in two steps', { Jobs: { run: { timeout: '1s' }, other: { retry: { attempts: 2 } } } }],
  ])('know a name with a dot %s', (_, jobs) =>
    expect(jobOf(inConfig(jobs), { cronTime: '@daily', options: {} }).policy.timeoutMs).toBe(1000),
  );

  it('may be empty', () => expect(plain(jobOf(inConfig({ invoices: null })))).toEqual(plain(jobOf({}))));
});

describe('settings by the name of a job, and its decorator', () => {
  it('switch a job off, and on again', () => {
    expect(jobOf(inConfig({ invoices: { cron: '-' } })).schedule.source).toBe('-');
    const off: JobDefinition = { cronTime: '-', options: { name: 'invoices', disabled: true } };
    expect(jobOf(inConfig({ invoices: { cron: '@hourly', disabled: 'false' } }), off)).toMatchObject({
      schedule: { source: '@hourly' },
      disabled: false,
    });
  });

  it('read the expression of the decorator in another zone', () => {
    const options = { name: 'invoices', utcOffset: 60 };
    const job = jobOf(inConfig({ invoices: { timeZone: 'Asia/Tokyo' } }), { cronTime: '0 6 * * *', options });
    expect(job.schedule).toMatchObject({ source: '0 6 * * *', timeZone: 'Asia/Tokyo' });
  });

  it('read their own expression in the zone of the decorator', () => {
    const options = { name: 'invoices', timeZone: 'Asia/Tokyo' };
    const job = jobOf(inConfig({ invoices: { cron: '0 7 * * *' } }), { cronTime: '0 6 * * *', options });
    expect(job.schedule).toMatchObject({ source: '0 7 * * *', timeZone: 'Asia/Tokyo' });
  });

  it('are stronger than waitForCompletion of the decorator', () => {
    const options = { name: 'invoices', waitForCompletion: true };
    const job = jobOf(inConfig({ invoices: { overlap: 'allow' } }), { cronTime: '@daily', options });
    expect(job.policy.overlap).toBe('allow');
  });
});

describe('settings by names that no job has', () => {
  it('are found, with the name that was meant', () => {
    const { jobSettings } = resolveOptions({
      ...inConfig({ invoises: {}, reports: {}, Jobs: { rum: { timeout: '1s' } } }),
      ...inCode({ default: { timeout: 1000 } }),
    });
    expect(jobSettings.strays(['invoices', 'Jobs.run'])).toEqual([
      { job: 'default', path: 'jobs.default', nearest: 'defaults' },
      { job: 'invoises', path: 'schedule.jobs.invoises', nearest: 'invoices' },
      { job: 'reports', path: 'schedule.jobs.reports', nearest: undefined },
      { job: 'Jobs.rum', path: 'schedule.jobs.Jobs.rum', nearest: 'Jobs.run' },
    ]);
  });
});

const REFUSED: [string, OptionSources, RegExp][] = [
  [
    'a bare number in YAML',
    inConfig({ invoices: { timeout: 5 } }),
    /schedule\.jobs\.invoices\.timeout \(ConfigService\): received 5\. .*'5s' or '5ms'/,
  ],
  [
    'an unknown option',
    inConfig({ invoices: { timout: '5s' } }),
    /schedule\.jobs\.invoices\.timout .*'5s'.*did you mean 'schedule\.jobs\.invoices\.timeout'/,
  ],
  [
    'an unknown option inside',
    inConfig({ invoices: { retry: { atempts: 2 } } }),
    /schedule\.jobs\.invoices\.retry\.atempts .*did you mean 'schedule\.jobs\.invoices\.retry\.attempts'/,
  ],
  [
    'a group with a typo',
    inConfig({ invoices: { retrey: { attempts: 2 } } }),
    /schedule\.jobs\.invoices\.retrey .*There is no such option/,
  ],
  [
    'an unknown descriptor',
    inConfig({ invoices: { cron: '@fortnightly' } }),
    /schedule\.jobs\.invoices\.cron \(ConfigService\): received '@fortnightly'.*@every 30s/,
  ],
  [
    'a cron that never fires',
    inCode({ invoices: { cron: '0 0 31 2 *' } }),
    /jobs\.invoices\.cron \(ScheduleModule options\): received '0 0 31 2 \*'.*no month/,
  ],
  ['a list', inConfig({ invoices: ['0 6 * * *'] }), /schedule\.jobs\.invoices .*object of options/],
  ['a text', inCode({ overlap: 'skip' }), /jobs\.overlap \(ScheduleModule options\): received 'skip'/],
  ['an offset beyond the date line', inCode({ invoices: { utcOffset: 900 } }), /-840 to 840/],
  [
    'an option in two steps',
    inConfig({ Jobs: { run: { jitter: 'often' } } }),
    /schedule\.jobs\.Jobs\.run\.jitter .*'often'/,
  ],
];

describe('invalid settings by the name of a job', () => {
  it.each(REFUSED)('are refused when they have %s', (_, sources, message) =>
    expect(refusal(() => resolveOptions(sources))).toMatch(message),
  );

  it('list all that is wrong, in every source, with the other options', () => {
    const sources = {
      code: { jobs: { a: { jitter: -1 } } },
      config: { schedule: { mode: 'rum', jobs: { b: { recover: 3 } } } },
    };
    const text = refusal(() => resolveOptions(sources));
    for (const name of ['jobs.a.jitter', 'schedule.mode', 'schedule.jobs.b.recover'])
      expect(text).toContain(name);
  });

  it.each<[string, unknown, RegExp]>([
    [
      'a window that is too short',
      { catchUpWindow: '1s' },
      /Jobs\.run, with schedule\.jobs\.invoices: catchUpWindow/,
    ],
  ])('are named, with the method, when they do not hold together: %s', (_, settings, message) =>
    expect(refusal(() => jobOf(inConfig({ invoices: settings })))).toMatch(message),
  );
});
