import { describe, expect, it } from '@jest/globals';

import { createJob } from '../../../../lib/core/job/create-job.js';
import { InvalidCronError, InvalidOptionsError } from '../../../../lib/core/errors/errors.js';
import type { ConfigReader, JobDefinition } from '../../../../lib/core/job/job-definition.js';
import type { Job } from '../../../../lib/core/job/job.js';
import { resolveOptions, type OptionSources } from '../../../../lib/core/options/options.js';

const handler = () => undefined;
const DAILY: JobDefinition = { cronTime: '0 6 * * *', options: { name: 'invoices' } };

/** The job that a definition becomes, given what is written elsewhere. */
function jobOf(sources: OptionSources, definition = DAILY, config?: ConfigReader): Job {
  const { jobDefaults, jobSettings, timing } = resolveOptions(sources);
  const defaults = { policy: jobDefaults, ttlMs: timing.ttlMs, settings: jobSettings, config };
  return createJob('Jobs.run', definition, handler, defaults);
}

const plain = (job: Job) => ({ ...job, schedule: job.schedule.source });
const inConfig = (jobs: unknown): OptionSources => ({ config: { schedule: { jobs } } });
const inCode = (jobs: unknown): OptionSources => ({ code: { jobs } });
const fromConfig = (cronTime: (context: { config: ConfigReader }) => unknown): JobDefinition =>
  ({ cronTime, options: {} }) as JobDefinition;

const refusal = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    if (error instanceof InvalidOptionsError || error instanceof InvalidCronError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
};

const EVERYTHING = {
  cron: '@every 90s',
  disabled: true,
  initialDelay: '5s',
  threshold: '2s',
  unrefTimeout: true,
  overlap: 'queue',
  catchUp: 'all',
  catchUpWindow: '2h',
  jitter: '3s',
  timeout: '30s',
  retry: { attempts: 5, backoff: '2s', maxBackoff: '20s', jitter: 0.5 },
  recover: true,
  history: false,
};

describe('settings by the name of a job', () => {
  it.each([
    ['the configuration', inConfig({ invoices: EVERYTHING })],
    ['code', inCode({ invoices: EVERYTHING })],
  ])('replace what its decorator says: from %s', (_, sources) =>
    expect(jobOf(sources)).toMatchObject({
      name: 'invoices',
      schedule: { source: '@every 1m30s' },
      disabled: true,
      initialDelayMs: 5000,
      thresholdMs: 2000,
      unrefTimeout: true,
      policy: {
        overlap: 'queue',
        catchUp: 'all',
        catchUpWindowMs: 7_200_000,
        jitterMs: 3000,
        timeoutMs: 30_000,
        retry: { attempts: 5, backoffMs: 2000, maxBackoffMs: 20_000, jitter: 0.5 },
        recover: true,
        retention: { keep: 0 },
      },
    }),
  );

  it('come field by field: code before configuration before decorator before defaults', () => {
    const options = { name: 'invoices', timeout: 3000, jitter: 3000, recover: true, retry: { attempts: 3 } };
    const sources = {
      code: { jobs: { defaults: { overlap: 'queue', recover: false }, invoices: { timeout: 1000 } } },
      config: { schedule: { jobs: { invoices: { timeout: '2s', jitter: '2s', retry: { backoff: '2s' } } } } },
    };
    expect(jobOf(sources, { cronTime: '@daily', options }).policy).toMatchObject({
      timeoutMs: 1000,
      jitterMs: 2000,
      recover: true,
      overlap: 'queue',
      retry: { attempts: 3, backoffMs: 2000 },
    });
  });

  it('leave other jobs alone', () =>
    expect(plain(jobOf(inConfig({ other: EVERYTHING })))).toEqual(plain(jobOf({}))));

  it.each([
    ['as it is written', { 'Jobs.run': { timeout: '1s' } }],
    ['in two steps', { Jobs: { run: { timeout: '1s' }, other: { retry: { attempts: 2 } } } }],
  ])('know a name with a dot %s', (_, jobs) =>
    expect(jobOf(inConfig(jobs), { cronTime: '@daily', options: {} }).policy.timeoutMs).toBe(1000),
  );

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

  it('may be empty', () => expect(plain(jobOf(inConfig({ invoices: null })))).toEqual(plain(jobOf({}))));

  it('of jobs that are not there are found, with the name that was meant', () => {
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

  it.each<[string, OptionSources, RegExp]>([
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
  ])('are refused when they have %s', (_, sources, message) =>
    expect(refusal(() => resolveOptions(sources))).toMatch(message),
  );

  it('list all that is wrong, in every place, with the other options', () => {
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
    ['a zone that there is not', { timeZone: 'Mars/Base' }, /with schedule\.jobs\.invoices: .*timezone/],
  ])('are named, with the method, when they do not hold together: %s', (_, settings, message) =>
    expect(refusal(() => jobOf(inConfig({ invoices: settings })))).toMatch(message),
  );
});

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

  it('is not asked for where settings replace it', () => {
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
    ['returns a promise', fromConfig(async () => '@daily'), /Jobs\.run: This is no schedule.*Promise/],
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
      policy: { timeoutMs: 5000 },
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
