import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  adoptedAmong,
  type AdoptableMethod,
  type PlainDecorator,
} from '../../../../lib/core/job/adoption.js';
import { matchesPattern } from '../../../../lib/core/job/name-pattern.js';
import { resolveOptions } from '../../../../lib/core/options/options.js';
import { createJob } from '../../../../lib/core/job/create-job.js';
import { BUILT_IN_POLICY } from '../../../../lib/core/job/job-policy-options.js';

const methodOf = (path: string, decorator: PlainDecorator = 'Cron', name = path): AdoptableMethod => {
  const [className = '', methodName = ''] = path.split('.');
  return { name, className, methodName, moduleName: `${className}Module`, decorator };
};

const METHODS = [
  methodOf('Reports.daily'),
  methodOf('Reports.weekly', 'Cron', 'weekly-report'),
  methodOf('Mailbox.poll', 'Interval', 'poll'),
  methodOf('Cache.warm', 'Timeout', 'warm'),
];

type Setting = Parameters<typeof adoptedAmong>[0];
const adopted = (setting: Setting) => adoptedAmong(setting, METHODS).map(({ method }) => method.name);

describe('jobs.adopt', () => {
  it.each<[string, Setting, readonly string[]]>([
    ['true takes every @Cron and @Interval, no @Timeout', true, ['Reports.daily', 'weekly-report', 'poll']],
    ['false takes none', false, []],
    ['an empty list takes none', [], []],
    ['a name takes the method of that name', ['poll'], ['poll']],
    ['Class.method takes a method with another name', ['Reports.weekly'], ['weekly-report']],
    ['the name of a @Timeout takes it', ['warm'], ['warm']],
    ['a pattern takes the methods of a class', ['Reports.*'], ['Reports.daily', 'weekly-report']],
    ['a pattern matches names', ['*-report'], ['weekly-report']],
    ['the pattern * takes no @Timeout', ['*'], ['Reports.daily', 'weekly-report', 'poll']],
    [
      'several entries take each method once',
      ['*', 'poll', 'p*'],
      ['Reports.daily', 'weekly-report', 'poll'],
    ],
    ['a function chooses', ({ className }) => className === 'Mailbox', ['poll']],
    ['a function is not called for a @Timeout', () => true, ['Reports.daily', 'weekly-report', 'poll']],
  ])('%s', (_, setting, names) => expect(adopted(setting)).toEqual(names));

  it('says which methods were named', () =>
    expect(adoptedAmong(['Reports.*', 'Reports.daily'], METHODS).map(({ isNamed }) => isNamed)).toEqual([
      true,
      false,
    ]));

  it('gives a function what it may decide by', () => {
    const seen: unknown[] = [];
    adoptedAmong(method => seen.push(method) > 0, METHODS.slice(2, 3));
    expect(seen).toEqual([
      {
        name: 'poll',
        className: 'Mailbox',
        methodName: 'poll',
        moduleName: 'MailboxModule',
        decorator: 'Interval',
      },
    ]);
  });
});

describe('jobs.adopt that fits no method', () => {
  it.each<[string, Setting, RegExp]>([
    ['a misspelt name', ['Report.daily'], /'Report\.daily': did you mean 'Reports\.daily'\?/],
    [
      'several names, all of them',
      ['Report.daily', 'pol'],
      /'Reports\.daily'\?\n.*'pol': did you mean 'poll'/,
    ],
    [
      'a name of nothing',
      ['x'],
      /'x': no method with @Cron, @Interval or @Timeout .* there are 'Reports\.daily', /,
    ],
    ['a pattern without a match', ['Billing.*'], /'Billing\.\*': no method/],
    ['a pattern of a @Timeout alone', ['Cache.*'], /only methods with @Timeout, .* by their names: 'warm'/],
    [
      'a function that throws',
      () => {
        throw new Error('no key');
      },
      /threw for Reports\.daily: no key/,
    ],
    ['a promise', (async () => true) as never, /did not return true or false for Reports\.daily \(received/],
  ])('refuses %s', (_, setting, message) => expect(() => adopted(setting)).toThrow(message));

  it('says so where no method could be adopted', () =>
    expect(() => adoptedAmong(['poll'], [])).toThrow(/'poll': .*; there are none/));
});

describe('jobs.adopt as it is written', () => {
  const chooser = () => true;
  it.each([
    ['code', { code: { jobs: { adopt: true } } }, true],
    ['a list in code', { code: { jobs: { adopt: [' Reports.* ', 'poll'] } } }, ['Reports.*', 'poll']],
    ['a function in code', { code: { jobs: { adopt: chooser } } }, chooser],
    ['YAML', { config: { schedule: { jobs: { adopt: true, defaults: { timeout: '5s' } } } } }, true],
    ['a list in YAML', { config: { schedule: { jobs: { adopt: ['poll'] } } } }, ['poll']],
    ['a text of YAML', { config: { schedule: { jobs: { adopt: 'false' } } } }, false],
    ['the environment', { environment: { SCHEDULE_JOBS_ADOPT: 'true' } }, true],
    [
      'a list in the environment',
      { environment: { SCHEDULE_JOBS_ADOPT: 'poll, Reports.*' } },
      ['poll', 'Reports.*'],
    ],
    ['nothing', {}, false],
    [
      'code, which is stronger than YAML',
      { code: { jobs: { adopt: [] } }, config: { schedule: { jobs: { adopt: true } } } },
      [],
    ],
  ])('is read from %s', (_, sources, expected) => expect(resolveOptions(sources).adoption).toEqual(expected));

  it('stands beside the settings of jobs', () => {
    const jobs = { adopt: true, defaults: { timeout: '5s' }, poll: { overlap: 'queue' } };
    const { adoption, jobDefaults, jobSettings } = resolveOptions({ config: { schedule: { jobs } } });
    expect([adoption, jobDefaults.timeoutMs, jobSettings.of('poll').length]).toEqual([true, 5000, 1]);
    expect(jobSettings.of('adopt')).toEqual([]);
  });
});

describe('jobs.adopt that is invalid', () => {
  it.each([
    [
      'a text',
      { config: { schedule: { jobs: { adopt: 'poll' } } } },
      /schedule\.jobs\.adopt \(ConfigService\): received 'poll'\. Give true, false, or a list/,
    ],
    [
      'an object',
      { code: { jobs: { adopt: { timeout: '5s' } } } },
      /jobs\.adopt .*Give true, false, or a list .*or a function/,
    ],
    ['a list with a number', { config: { schedule: { jobs: { adopt: [5] } } } }, /jobs\.adopt .*Give true/],
    ['an empty name', { code: { jobs: { adopt: [' '] } } }, /jobs\.adopt .*Give true/],
    [
      'an empty name in the environment',
      { environment: { SCHEDULE_JOBS_ADOPT: 'a,,b' } },
      /SCHEDULE_JOBS_ADOPT|jobs\.adopt/,
    ],
    [
      'a function in the configuration',
      { config: { schedule: { jobs: { adopt: () => true } } } },
      /jobs\.adopt/,
    ],
    ['a misspelt key', { code: { jobs: { adopts: true } } }, /jobs\.adopts .*Did you mean 'jobs\.adopt'\?/],
    [
      'a misspelt key in YAML',
      { config: { schedule: { jobs: { Adopt: ['x'] } } } },
      /Did you mean 'schedule\.jobs\.adopt'\?/,
    ],
  ])('is refused as %s', (_, sources, message) => expect(() => resolveOptions(sources)).toThrow(message));

  it('is no name of a job', () => {
    const definition = { cronTime: '@daily', options: { name: 'adopt' } };
    expect(() => createJob('Jobs.run', definition, () => 0, { policy: BUILT_IN_POLICY, ttlMs: 1 })).toThrow(
      /'adopt' below jobs says which methods become leader jobs/,
    );
  });
});

describe('a pattern', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 8 });

  it('matches as the regular expression of it does', () =>
    fc.assert(
      fc.property(text, pattern, (name, written) => {
        const parts = written.split('*').map(part => part.replaceAll('.', '\\.'));
        expect(matchesPattern(name, written)).toBe(new RegExp(`^${parts.join('.*')}$`).test(name));
      }),
    ));

  it('matches in linear time', () => {
    const started = performance.now();
    expect(matchesPattern('a'.repeat(50_000), `${'*a'.repeat(1000)}*b`)).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
