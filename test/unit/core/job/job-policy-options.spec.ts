import { describe, expect, it } from '@jest/globals';

import { createJob } from '../../../../lib/core/job/create-job.js';
import { BUILT_IN_POLICY } from '../../../../lib/core/job/job-policy-options.js';
import type { JobPolicy } from '../../../../lib/core/job/job-policy.js';
import { resolveOptions } from '../../../../lib/core/options/options.js';
import type { OptionSources } from '../../../../lib/core/options/written-options.js';
import type { LeaderCronOptions } from '../../../../lib/interfaces/leader-cron-options.interface.js';
import type { ScheduleModuleOptions } from '../../../../lib/interfaces/schedule-module-options.interface.js';
import { HOUR, MINUTE, SECOND } from '../../../support/durations.js';
import { refusal } from '../../../support/refusal.js';

const TTL_MS = 10 * SECOND;

const handler = () => undefined;
const jobOf = (options: unknown, policy: JobPolicy = BUILT_IN_POLICY, method = 'Jobs.run') =>
  createJob(method, { cronTime: '* * * * *', options }, handler, { policy, ttlMs: TTL_MS });
const policyOf = (options: LeaderCronOptions, policy?: JobPolicy) => jobOf(options, policy).policy;
const defaultsOf = (sources: OptionSources) => resolveOptions(sources).jobDefaults;
const inCode = (code: ScheduleModuleOptions): OptionSources => ({ code });

const EVERYTHING = {
  overlap: 'queue',
  catchUp: 'all',
  catchUpWindow: '2h',
  jitter: '90s',
  timeout: '30s',
  retry: { attempts: 5, backoff: '2s', maxBackoff: '20s', jitter: 0.5 },
  recover: true,
  history: { keep: 7, maxAge: '24h' },
} as const;
const AS_POLICY: JobPolicy = {
  overlap: 'queue',
  catchUp: 'all',
  catchUpWindowMs: 2 * HOUR,
  jitterMs: 90 * SECOND,
  timeoutMs: 30 * SECOND,
  retry: { attempts: 5, backoffMs: 2 * SECOND, maxBackoffMs: 20 * SECOND, jitter: 0.5 },
  recover: true,
  retention: { keep: 7, maxAgeMs: 24 * HOUR },
};

describe('the defaults of jobs', () => {
  it('are read from code', () =>
    expect(defaultsOf(inCode({ jobs: { defaults: EVERYTHING } }))).toEqual(AS_POLICY));

  it('are read from YAML, numbers and switches as texts too', () => {
    const texts = {
      ...EVERYTHING,
      retry: { ...EVERYTHING.retry, attempts: '5', jitter: '0.5' },
      recover: 'true',
      history: { keep: '7', maxAge: '24h' },
    };
    for (const defaults of [EVERYTHING, texts])
      expect(defaultsOf({ config: { schedule: { jobs: { defaults } } } })).toEqual(AS_POLICY);
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
          SCHEDULE_JOBS_DEFAULTS_HISTORY_KEEP: '7',
          SCHEDULE_JOBS_DEFAULTS_HISTORY_MAX_AGE: '24h',
        },
      }),
    ).toEqual(AS_POLICY));

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
    expect(policyOf({}, AS_POLICY)).toEqual(AS_POLICY);
  });

  it('replace all of the defaults', () => expect(policyOf(EVERYTHING)).toEqual(AS_POLICY));

  it('replace one field of the defaults and leave its neighbours', () =>
    expect(policyOf({ retry: { attempts: 2 }, history: { maxAge: '1h' } }, AS_POLICY)).toEqual({
      ...AS_POLICY,
      retry: { ...AS_POLICY.retry, attempts: 2 },
      retention: { ...AS_POLICY.retention, maxAgeMs: HOUR },
    }));

  it('lift a timeout of the defaults', () =>
    expect(policyOf({ timeout: Infinity }, AS_POLICY).timeoutMs).toBe(Infinity));

  it('switch the history off, and on again', () => {
    const off = policyOf({ history: false }, AS_POLICY);
    expect(off.retention.keep).toBe(0);
    expect(policyOf({ history: true }, off).retention.keep).toBe(100);
    expect(policyOf({ history: true }, AS_POLICY).retention.keep).toBe(7);
  });

  it('raise the longest delay of the defaults to their own backoff', () =>
    expect(policyOf({ retry: { backoff: '5m' } }).retry).toMatchObject({ maxBackoffMs: 5 * MINUTE }));

  it.each([
    [true, 'skip'],
    [false, 'allow'],
  ] as const)('read waitForCompletion: %j as overlap: %j', (waitForCompletion, overlap) => {
    expect(policyOf({ waitForCompletion }, AS_POLICY).overlap).toBe(overlap);
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

  it('refuse a method whose own name cannot be a job’s', () => {
    expect(refusal(() => jobOf({}, BUILT_IN_POLICY, 'Jobs.a|b'))).toMatch(/received 'Jobs.a\|b'/);
    expect(jobOf({ name: 'a-b 🎉' }, BUILT_IN_POLICY, 'Jobs.a|b').name).toBe('a-b 🎉');
  });
});
