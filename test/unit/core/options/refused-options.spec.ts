import { describe, expect, it } from '@jest/globals';

import { inspect } from '../../../../lib/core/errors/inspect.js';
import { resolveOptions } from '../../../../lib/core/options/options.js';
import type { OptionSources } from '../../../../lib/core/options/written-options.js';
import { refusal } from '../../../support/refusal.js';

const REFUSED: [string, OptionSources, RegExp][] = [
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
  [
    'a duration in days',
    { config: { schedule: { jobs: { defaults: { timeout: '7d' } } } } },
    /received '7d'\. There are no days or weeks: write '168h'/,
  ],
  [
    'a zone that is mistyped',
    { config: { schedule: { jobs: { invoices: { timeZone: 'Europe/Berln' } } } } },
    /schedule\.jobs\.invoices\.timeZone \(ConfigService\): received 'Europe\/Berln'\. .*'Europe\/Berlin'\?/,
  ],
  [
    'a zone far from any other',
    { config: { schedule: { jobs: { invoices: { timeZone: 'Mars' } } } } },
    /There is no such time zone\. Give one of IANA/,
  ],
  ['a zero', { code: { leader: { interval: 0 } } }, /between 50 ms and 24 h/],
  ['a ttl too short for the interval', { code: { leader: { interval: '3s', ttl: '4s' } } }, /at least \d+s/],
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
  ['replicas that were not requested', { code: { replicas: 2 } }, /replicas is for consistency: 'strict'/],
  ['too many replicas', { code: { replicas: 101 } }, /whole number from 1 to 100/],
  ['a text for a number in code', { code: { replicas: '2' } }, /received '2'\. Give a whole number/],
  ['a word for a switch', { config: { schedule: { leader: { fastTakeover: 'yes' } } } }, /true or false/],
  ['a version that is an object', { config: { appVersion: {} } }, /core\.appVersion.*text/],
  [
    'an unknown name far from any other',
    { code: { leader: { election: 1 } } },
    /there are leader\.interval, leader\.ttl, leader\.key, leader\.fastTakeover$/m,
  ],
  [
    'an around that is no function',
    { code: { around: 'cls' } },
    /around .*received 'cls'\. Give a function$/m,
  ],
  [
    'an around in a configuration',
    { config: { schedule: { around: () => undefined } } },
    /schedule\.around \(ConfigService\).*Give a function, in code: forRoot\(\{ around: … \}\)/,
  ],
  ['a configuration that is a text', { config: { schedule: 'x' } }, /object of options/],
];

describe('refused options', () => {
  it.each(REFUSED)('refuse %s with what was received and how to correct it', (_, sources, message) =>
    expect(refusal(() => resolveOptions(sources))).toMatch(message),
  );

  it('list everything that is wrong at once', () =>
    expect(
      refusal(() => resolveOptions({ code: { mode: 'x', foo: 1, leader: { ttl: 'y' } } })).split('\n'),
    ).toHaveLength(4));

  it('never print a password', () => {
    expect(refusal(() => resolveOptions({ environment: { REDIS_URL: 'http://u:secret@h' } }))).not.toContain(
      'secret',
    );
    expect(inspect({ password: 'secret', url: 'redis://:secret@h' })).not.toContain('secret');
    expect(inspect(Object.assign(Object.create(null), { password: 'secret' }))).toBe('{"password":"***"}');
    expect(inspect(Object.create({ constructor: undefined }))).toBe('an instance of a class');
  });
});

describe('all that is wrong with a configuration', () => {
  const message = (sources: OptionSources): string => refusal(() => resolveOptions(sources));

  it('is in one error: single options, time zones, and options that do not hold together', () => {
    const text = message({
      config: {
        schedule: {
          leader: { interval: '3s', ttl: '4s' },
          jobs: { defaults: { catchUpWindow: '1s' }, invoices: { timeZone: 'Europe/Berln' } },
        },
      },
      environment: { SCHEDULE_MODE: 'rediss' },
      code: { replicas: 2 },
    });
    const lines = text.split('\n  - ').slice(1);
    expect(lines).toEqual([
      expect.stringContaining('SCHEDULE_MODE (environment)'),
      expect.stringContaining('schedule.jobs.invoices.timeZone (ConfigService)'),
      expect.stringContaining('leader.ttl is too short for leader.interval'),
      expect.stringContaining("replicas is for consistency: 'strict'"),
      expect.stringContaining('catchUpWindow is too short for leader.ttl'),
    ]);
  });

  it('has no problem that follows from another one', () => {
    const text = message({ code: { leader: { interval: '20s', ttl: '1 day' } } });
    expect(text).toContain("leader.ttl (ScheduleModule options): received '1 day'");
    expect(text).not.toContain('too short');
  });

  it('is the problem itself when it is the only one', () => {
    expect(message({ code: { replicas: 2 } })).toMatch(/^replicas is for consistency/);
  });
});
