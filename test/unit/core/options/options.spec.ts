import { describe, expect, it } from '@jest/globals';

import { InvalidOptionsError } from '../../../../lib/core/errors/errors.js';
import { inspect } from '../../../../lib/core/errors/inspect.js';
import { BUILT_IN_POLICY } from '../../../../lib/core/job/job-policy-options.js';
import { OPTIONS } from '../../../../lib/core/options/option-table.js';
import { resolveOptions, type OptionSources } from '../../../../lib/core/options/options.js';

describe('options', () => {
  const refused = (sources: OptionSources): string => {
    try {
      resolveOptions(sources);
    } catch (error) {
      if (error instanceof InvalidOptionsError) return error.message;
      throw error;
    }
    throw new Error('nothing was refused');
  };

  it('are stronger in code than in the environment, and there than in the configuration', () => {
    const config = { schedule: { leader: { ttl: '20s', interval: '1s' }, mode: 'ram' }, appName: 'pay roll' };
    const environment = { SCHEDULE_LEADER_TTL: '15s', SCHEDULE_LEADER_INTERVAL: '2s', OTHER: 'x' };
    const code = { leader: { ttl: 12_000 } };
    expect(resolveOptions({ config, environment, code })).toMatchObject({
      mode: 'ram',
      leaderKey: 'scheduler:pay-roll:leader',
      timing: { ttlMs: 12_000, intervalMs: 2000 },
      drainTimeoutMs: 25_000,
    });
  });

  it('have the documented defaults', () =>
    expect(resolveOptions({})).toMatchObject({
      mode: 'redis',
      redis: 'redis://localhost:6379',
      leaderKey: 'scheduler:leader',
      timing: { ttlMs: 10_000, intervalMs: 3000 },
      appName: '',
      appVersion: '',
      fastTakeover: true,
      consistency: 'normal',
      replicas: undefined,
      jobDefaults: BUILT_IN_POLICY,
    }));

  it('are in effect as their defaults are documented', () => {
    const written = OPTIONS.filter(option => option.default !== '');
    const environment = Object.fromEntries(written.map(option => [option.variable, option.default]));
    expect(resolveOptions({ environment })).toEqual(resolveOptions({}));
  });

  it('have one name in each place', () => {
    for (const name of ['path', 'variable'] as const) {
      expect(new Set(OPTIONS.map(option => option[name])).size).toBe(OPTIONS.length);
    }
    expect(OPTIONS.map(({ variable }) => variable)).toContain('SCHEDULE_JOBS_DEFAULTS_RETRY_MAX_BACKOFF');
  });

  it('say the name and version of the application', () => {
    const config = { appName: 'pay roll', appVersion: 1.5 };
    expect(resolveOptions({ config })).toMatchObject({ appName: 'pay-roll', appVersion: '1.5' });
    const environment = { SCHEDULE_APP_VERSION: '2.0.0' };
    expect(resolveOptions({ config, environment })).toMatchObject({ appVersion: '2.0.0' });
  });

  it.each<[string, OptionSources]>([
    ['in code', { code: { leader: { fastTakeover: false }, consistency: 'strict', replicas: 2 } }],
    [
      'as texts in YAML',
      { config: { schedule: { leader: { fastTakeover: 'false' }, consistency: 'strict', replicas: '2' } } },
    ],
    [
      'in the environment',
      {
        environment: {
          SCHEDULE_LEADER_FAST_TAKEOVER: 'false',
          SCHEDULE_CONSISTENCY: 'strict',
          SCHEDULE_REPLICAS: '2',
        },
      },
    ],
  ])('may be switches and numbers %s', (_, sources) =>
    expect(resolveOptions(sources)).toMatchObject({
      fastTakeover: false,
      consistency: 'strict',
      replicas: 2,
    }),
  );

  it.each<[string, OptionSources, RegExp]>([
    [
      'an unknown name',
      { code: { leader: { intervall: '3s' } } },
      /leader\.intervall.*did you mean 'leader\.interval'/,
    ],
    [
      'a duration without a unit in YAML',
      { config: { schedule: { leader: { ttl: '10' } } } },
      /schedule\.leader\.ttl \(ConfigService\): received '10'.*'10s'/,
    ],
    ['a number in YAML', { config: { schedule: { leader: { ttl: 10 } } } }, /needs its unit/],
    [
      'a duration followed by words',
      { environment: { SCHEDULE_LEADER_TTL: '3s foo' } },
      /SCHEDULE_LEADER_TTL \(environment\): received '3s foo'/,
    ],
    ['a negative duration', { code: { leader: { ttl: -1 } } }, /leader\.ttl.*received -1/],
    ['a zero', { code: { leader: { interval: 0 } } }, /between 50 ms and 24 h/],
    [
      'a ttl too short for the interval',
      { code: { leader: { interval: '3s', ttl: '4s' } } },
      /at least \d+s/,
    ],
    [
      'an interval for which no ttl is long enough',
      { code: { leader: { interval: '22h', ttl: '24h' } } },
      /Shorten the interval: no ttl is longer than 24h$/,
    ],
    ['braces in the name', { code: { appName: 'a{b}' } }, /braces/],
    ['braces in the key that are no hash tag', { code: { leader: { key: 'a{b' } } }, /hash tag/],
    ['an unknown mode', { code: { mode: 'rediss' } }, /'redis' or 'ram'/],
    ['a URL of another kind', { environment: { REDIS_URL: 'http://u:secret@h' } }, /redis:\/\//],
    ['an unknown consistency', { code: { consistency: 'eventual' } }, /'normal' or 'strict'/],
    ['replicas that nobody asks', { code: { replicas: 2 } }, /replicas is for consistency: 'strict'/],
    ['too many replicas', { code: { replicas: 101 } }, /whole number from 1 to 100/],
    ['a text for a number in code', { code: { replicas: '2' } }, /received '2'\. Give a whole number/],
    ['a word for a switch', { config: { schedule: { leader: { fastTakeover: 'yes' } } } }, /true or false/],
    ['a version that is an object', { config: { appVersion: {} } }, /core\.appVersion.*text/],
    [
      'an unknown name far from any other',
      { code: { leader: { election: 1 } } },
      /there are leader\.interval, leader\.ttl, leader\.key, leader\.fastTakeover$/m,
    ],
    ['a configuration that is a text', { config: { schedule: 'x' } }, /object of options/],
  ])('refuse %s with what was received and how to mend it', (_, sources, message) =>
    expect(refused(sources)).toMatch(message),
  );

  it('leave a REDIS_URL of others alone where it is not needed', () => {
    const environment = { REDIS_URL: 'tcp://somewhere' };
    expect(resolveOptions({ environment, code: { mode: 'ram' } }).mode).toBe('ram');
    expect(resolveOptions({ environment, code: { redis: 'redis://h' } }).redis).toBe('redis://h');
    expect(resolveOptions({ environment: { ...environment, SCHEDULE_MODE: 'ram' } }).mode).toBe('ram');
    expect(refused({ environment })).toMatch(/REDIS_URL/);
  });

  it('list everything that is wrong at once', () =>
    expect(refused({ code: { mode: 'x', foo: 1, leader: { ttl: 'y' } } }).split('\n')).toHaveLength(4));

  it('never print a password', () => {
    expect(refused({ environment: { REDIS_URL: 'http://u:secret@h' } })).not.toContain('secret');
    expect(inspect({ password: 'secret', url: 'redis://:secret@h' })).not.toContain('secret');
    expect(inspect(Object.assign(Object.create(null), { password: 'secret' }))).toBe('{"password":"***"}');
    expect(inspect(Object.create({ constructor: undefined }))).toBe('an instance of a class');
  });
});
