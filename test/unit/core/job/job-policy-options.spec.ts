import { describe, expect, it } from '@jest/globals';

import { createJob } from '../../../../lib/core/job/create-job.js';
import { BUILT_IN_POLICY, JOB_POLICY_OPTIONS } from '../../../../lib/core/job/job-policy-options.js';
import type { JobPolicy } from '../../../../lib/core/job/job-policy.js';
import { at } from '../../../../lib/core/options/option-path.js';
import { resolveOptions } from '../../../../lib/core/options/options.js';
import type { OptionSources } from '../../../../lib/core/options/written-options.js';
import type { LeaderCronOptions } from '../../../../lib/interfaces/leader-cron-options.interface.js';
import type { ScheduleModuleOptions } from '../../../../lib/interfaces/schedule-module-options.interface.js';
import { HOUR, MINUTE, SECOND } from '../../../support/durations.js';
import { EVERY_OPTION, EVERY_OPTION_READ } from '../../../support/every-option.js';
import { refusal } from '../../../support/refusal.js';

const TTL_MS = 10 * SECOND;

const handler = () => undefined;
const jobOf = (options: unknown, policy: JobPolicy = BUILT_IN_POLICY, method = 'Jobs.run') =>
  createJob(method, { cronTime: '* * * * *', options }, handler, { policy, ttlMs: TTL_MS });
const policyOf = (options: LeaderCronOptions, policy?: JobPolicy) => jobOf(options, policy).policy;
const defaultsOf = (sources: OptionSources) => resolveOptions(sources).jobDefaults;
const inCode = (code: ScheduleModuleOptions): OptionSources => ({ code });

/** Paths of values that are no objects. */
const pathsIn = (tree: object): string[] =>
  Object.entries(tree).flatMap(([name, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null ? pathsIn(value).map(path => `${name}.${path}`) : [name],
  );
const nested = (path: string, value: unknown): object =>
  path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as object;

describe('the sample of every option', () => {
  it('has each option of the table, with another value than the default', () => {
    expect(pathsIn(EVERY_OPTION).sort()).toEqual(JOB_POLICY_OPTIONS.map(({ path }) => path).sort());
    const defaults = JOB_POLICY_OPTIONS.filter(
      ({ path, default: value }) => String(at(EVERY_OPTION, path)) === value,
    );
    expect(defaults).toEqual([]);
  });

  it('has no value in common with the built-in policy', () => {
    const same = pathsIn(BUILT_IN_POLICY).filter(
      path => at(BUILT_IN_POLICY, path) === at(EVERY_OPTION_READ, path),
    );
    expect(same).toEqual([]);
  });
});

describe('the defaults of jobs', () => {
  it('are read from code', () =>
    expect(defaultsOf(inCode({ jobs: { defaults: EVERY_OPTION } }))).toEqual(EVERY_OPTION_READ));

  it('are read from YAML, numbers and switches as texts too', () => {
    const texts = {
      ...EVERY_OPTION,
      retry: { ...EVERY_OPTION.retry, attempts: '5', jitter: '0.5' },
      recover: 'true',
      runAtStart: 'true',
      history: { keep: '7', maxAge: '24h' },
    };
    for (const defaults of [EVERY_OPTION, texts])
      expect(defaultsOf({ config: { schedule: { jobs: { defaults } } } })).toEqual(EVERY_OPTION_READ);
  });

  it('are read from the environment', () =>
    expect(
      defaultsOf({
        environment: {
          SCHEDULE_JOBS_DEFAULTS_OVERLAP: 'queue',
          SCHEDULE_JOBS_DEFAULTS_CATCH_UP: 'all',
          SCHEDULE_JOBS_DEFAULTS_CATCH_UP_WINDOW: '2h',
          SCHEDULE_JOBS_DEFAULTS_JITTER: '90s',
          SCHEDULE_JOBS_DEFAULTS_TIMEOUT: '30s',
          SCHEDULE_JOBS_DEFAULTS_RETRY_ATTEMPTS: '5',
          SCHEDULE_JOBS_DEFAULTS_RETRY_BACKOFF: '2s',
          SCHEDULE_JOBS_DEFAULTS_RETRY_MAX_BACKOFF: '20s',
          SCHEDULE_JOBS_DEFAULTS_RETRY_JITTER: '0.5',
          SCHEDULE_JOBS_DEFAULTS_RECOVER: 'true',
          SCHEDULE_JOBS_DEFAULTS_RUN_AT_START: 'true',
          SCHEDULE_JOBS_DEFAULTS_HISTORY_KEEP: '7',
          SCHEDULE_JOBS_DEFAULTS_HISTORY_MAX_AGE: '24h',
        },
      }),
    ).toEqual(EVERY_OPTION_READ));

  it('come field by field from the strongest source', () => {
    const schedule = { jobs: { defaults: { retry: { attempts: 3, jitter: 0 }, overlap: 'allow' } } };
    const environment = { SCHEDULE_JOBS_DEFAULTS_RETRY_ATTEMPTS: '4' };
    const code = { jobs: { defaults: { retry: { backoff: '3s' } } } };
    expect(defaultsOf({ config: { schedule }, environment, code })).toMatchObject({
      overlap: 'allow',
      retry: { attempts: 4, backoffMs: 3 * SECOND, jitter: 0 },
    });
  });

  it.each([
    [false, 0],
    [true, 100],
    ['false', 0],
    ['true', 100],
  ])('take history: %j in YAML for %i runs', (history, keep) => {
    const config = { schedule: { jobs: { defaults: { history } } } };
    expect(defaultsOf({ config }).retention).toEqual({ keep, maxAgeMs: 720 * HOUR });
  });

  it('reach as far back for missed ticks as a long ttl demands', () =>
    expect(defaultsOf(inCode({ leader: { ttl: '30m' } })).catchUpWindowMs).toBe(1.5 * HOUR));
});

const REFUSED_DEFAULTS: [string, OptionSources, RegExp][] = [
  [
    'an unknown name three objects deep',
    { config: { schedule: { jobs: { defaults: { retry: { atempts: 3 } } } } } },
    /schedule\.jobs\.defaults\.retry\.atempts .*received 3.*did you mean 'schedule\.jobs\.defaults\.retry\.attempts'/,
  ],
  [
    'an unknown word',
    { environment: { SCHEDULE_JOBS_DEFAULTS_OVERLAP: 'wait' } },
    /SCHEDULE_JOBS_DEFAULTS_OVERLAP \(environment\): received 'wait'. Give 'skip', 'allow' or 'queue'/,
  ],
  ['no attempt', inCode({ jobs: { defaults: { retry: { attempts: 0 } } } }), /received 0.*from 1 to 100/],
  ['a jitter above 1', inCode({ jobs: { defaults: { retry: { jitter: 1.1 } } } }), /from 0 to 1/],
  ['a timeout of 0', inCode({ jobs: { defaults: { timeout: 0 } } }), /timeout.*between 1 ms and 24 h/],
  [
    'an unlimited timeout in YAML',
    { config: { schedule: { jobs: { defaults: { timeout: Infinity } } } } },
    /3s/,
  ],
  ['a window of 31 days', inCode({ jobs: { defaults: { catchUpWindow: '744h' } } }), /and 30 days/],
  [
    'a jitter of more than an hour',
    inCode({ jobs: { defaults: { jitter: '61m' } } }),
    /jitter.*0 ms and 1 h/,
  ],
  ['a history of half a run', inCode({ jobs: { defaults: { history: { keep: 0.5 } } } }), /whole number/],
  ['a history that is a number', { code: { jobs: { defaults: { history: 5 } } } }, /history.*object/],
  ['jobs that are a list', { config: { schedule: { jobs: [] } } }, /schedule\.jobs .*object of options/],
  [
    'a window shorter than three ttls',
    inCode({ leader: { ttl: '20s' }, jobs: { defaults: { catchUpWindow: '59s' } } }),
    /jobs\.defaults: catchUpWindow.*"catchUpWindow":"59s","ttl":"20s".*at least 3 × ttl, 1m/,
  ],
  [
    'a longest delay below the first',
    inCode({ jobs: { defaults: { retry: { backoff: '3s', maxBackoff: '2s' } } } }),
    /jobs\.defaults: retry\.maxBackoff.*"backoff":"3s","maxBackoff":"2s".*Raise/,
  ],
];

describe('invalid defaults of jobs', () => {
  it.each(REFUSED_DEFAULTS)('refuse %s', (_, sources, message) =>
    expect(refusal(() => resolveOptions(sources))).toMatch(message),
  );
});

describe('the options of a job', () => {
  it('leave the defaults as they are when they say nothing', () => {
    expect(policyOf({})).toEqual(BUILT_IN_POLICY);
    expect(policyOf({}, EVERY_OPTION_READ)).toEqual(EVERY_OPTION_READ);
  });

  it('replace all of the defaults', () => expect(policyOf(EVERY_OPTION)).toEqual(EVERY_OPTION_READ));

  it('replace one field of the defaults and leave its neighbours', () =>
    expect(policyOf({ retry: { attempts: 2 }, history: { maxAge: '1h' } }, EVERY_OPTION_READ)).toEqual({
      ...EVERY_OPTION_READ,
      retry: { ...EVERY_OPTION_READ.retry, attempts: 2 },
      retention: { ...EVERY_OPTION_READ.retention, maxAgeMs: HOUR },
    }));

  it('lift a timeout of the defaults', () =>
    expect(policyOf({ timeout: Infinity }, EVERY_OPTION_READ).timeoutMs).toBe(Infinity));

  it('switch the history off, and on again', () => {
    const off = policyOf({ history: false }, EVERY_OPTION_READ);
    expect(off.retention.keep).toBe(0);
    expect(policyOf({ history: true }, off).retention.keep).toBe(100);
    expect(policyOf({ history: true }, EVERY_OPTION_READ).retention.keep).toBe(7);
  });

  it('raise the longest delay of the defaults to their own backoff', () =>
    expect(policyOf({ retry: { backoff: '5m' } }).retry).toMatchObject({ maxBackoffMs: 5 * MINUTE }));

  it.each([
    [true, 'skip'],
    [false, 'allow'],
  ] as const)('read waitForCompletion: %j as overlap: %j', (waitForCompletion, overlap) => {
    expect(policyOf({ waitForCompletion }, EVERY_OPTION_READ).overlap).toBe(overlap);
    expect(policyOf({ waitForCompletion, overlap }).overlap).toBe(overlap);
  });

  it('make a job with its defaults', () =>
    expect(jobOf({})).toMatchObject({
      name: 'Jobs.run',
      handler,
      disabled: false,
      unrefTimeout: false,
      initialDelayMs: 0,
      thresholdMs: Infinity,
    }));
});

const REFUSED_OPTIONS: [string, unknown, RegExp][] = [
  [
    'a waitForCompletion that contradicts overlap',
    { waitForCompletion: true, overlap: 'queue' },
    /means overlap: 'skip'.*"waitForCompletion":true,"overlap":"queue"/,
  ],
  ['an unknown name', { timezone: 'UTC' }, /timezone: received 'UTC'.*did you mean 'timeZone'/],
  ['an unknown name inside', { retry: { max: 1 } }, /retry\.max: received 1.*there are retry\.attempts, /],
  ['a text for a switch', { recover: 'true' }, /recover: received 'true'. Give true or false/],
  ['a window shorter than three ttls', { catchUpWindow: '29s' }, /Jobs\.run: catchUpWindow.*30s/],
  ['a longest delay below the default backoff', { retry: { maxBackoff: 500 } }, /"backoff":"1s"/],
  ['a name with a bar', { name: 'a|b' }, /name: received 'a\|b'. Leave out '\|'/],
  ['a name with a control character', { name: 'a\u0000b' }, /control characters/],
  ['a name with half a character', { name: 'a\ud83d' }, /halves of characters/],
  ['an empty name', { name: ' ' }, /name that is not empty/],
  ['an offset beyond the date line', { utcOffset: 900 }, /-840 to 840/],
  ['a time zone that is a number', { timeZone: 1 }, /IANA/],
  ['no object', 'hourly', /options: received 'hourly'. Give an object of options/],
];

describe('invalid options of a job', () => {
  it.each(REFUSED_OPTIONS)('refuse %s, naming the method', (_, options, message) => {
    const text = refusal(() => jobOf(options));
    expect(text).toMatch(message);
    expect(text).toContain('@LeaderCron on Jobs.run');
  });

  it.each(JOB_POLICY_OPTIONS.map(({ path }) => path))('refuse a list, naming the option: %s', path => {
    const message = refusal(() => policyOf(nested(path, [1])));
    expect(message).toContain('Jobs.run');
    expect(message).toContain(path);
  });

  it('refuse a method whose own name cannot be a job’s', () => {
    expect(refusal(() => jobOf({}, BUILT_IN_POLICY, 'Jobs.a|b'))).toMatch(/received 'Jobs.a\|b'/);
    expect(jobOf({ name: 'a-b 🎉' }, BUILT_IN_POLICY, 'Jobs.a|b').name).toBe('a-b 🎉');
  });
});
