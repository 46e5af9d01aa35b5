import { describe, expect, it } from '@jest/globals';

import { hasFactories } from '../../../../lib/core/job/given-options.js';
import type { JobDefinition, ScheduleContext } from '../../../../lib/core/job/job-definition.js';
import { JOB_POLICY_OPTIONS } from '../../../../lib/core/job/job-policy-options.js';
import { LEADER_CRON_FIELDS } from '../../../../lib/core/job/job-fields.js';
import { at } from '../../../../lib/core/options/option-path.js';
import { inConfig, jobOf } from '../../../support/defined-job.js';
import { MINUTE, SECOND } from '../../../support/durations.js';
import { EVERY_OPTION, EVERY_OPTION_READ } from '../../../support/every-option.js';
import { refusal } from '../../../support/refusal.js';

const options = (written: object): JobDefinition => ({ cronTime: '0 6 * * *', options: written });
const providers: Record<string, unknown> = { limits: { timeout: '3s' }, off: true };
/** Nest's own throws such an error. */
const get = <Provider>(token: unknown): Provider => {
  if (!(String(token) in providers)) throw new Error(`Nest could not find ${String(token)} element`);
  return providers[String(token)] as Provider;
};
const jobWith = (written: object) =>
  jobOf({ code: { appVersion: '1.4.2' } }, options(written), undefined, get);
/** The value at each path, given by a function. */
const byFunction = (path: string, value: unknown): object =>
  path.split('.').reduceRight<unknown>(
    (inner, name) => ({ [name]: inner }),
    () => value,
  ) as object;

describe('an option that a function gives', () => {
  const values: Record<string, unknown> = {
    name: 'reports',
    waitForCompletion: true,
    disabled: true,
    initialDelay: '5s',
    unrefTimeout: true,
    threshold: '2s',
    timeZone: 'Europe/Berlin',
    utcOffset: 60,
  };
  const policy = JOB_POLICY_OPTIONS.map(({ path }) => path);

  it.each(LEADER_CRON_FIELDS.map(({ path }) => path))('may be %s', path => {
    const value = policy.includes(path) ? at(EVERY_OPTION, path) : values[path];
    expect(value).toBeDefined();
    const given = jobWith(byFunction(path, value));
    const written = jobWith(
      path.split('.').reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as object,
    );
    for (const part of [
      'name',
      'policy',
      'disabled',
      'unrefTimeout',
      'initialDelayMs',
      'thresholdMs',
    ] as const)
      expect(given[part]).toEqual(written[part]);
    expect(given.schedule.fingerprint).toBe(written.schedule.fingerprint);
  });

  it('may be a group of options', () => {
    const { policy: read } = jobWith({ retry: () => EVERY_OPTION.retry, history: () => false });
    expect(read.retry).toEqual(EVERY_OPTION_READ.retry);
    expect(read.retention.keep).toBe(0);
  });

  it('is read from a provider', () => {
    const timeout = ({ get: find }: ScheduleContext) => find<{ timeout: string }>('limits').timeout;
    expect(jobWith({ timeout }).policy.timeoutMs).toBe(3 * SECOND);
  });

  it('is the default where the function returns nothing', () =>
    expect(jobWith({ timeout: () => undefined, disabled: () => null })).toMatchObject({
      disabled: false,
      policy: { timeoutMs: Infinity },
    }));

  it('gives way to settings by the name of the job, also when a function gives the name', () => {
    const definition = options({ name: () => 'reports', timeout: () => '3s' });
    expect(jobOf(inConfig({ reports: { timeout: '1m' } }), definition).policy.timeoutMs).toBe(MINUTE);
  });
});

describe('an option', () => {
  it.each<[string, object, RegExp]>([
    [
      'throws',
      { timeout: () => JSON.parse('{') },
      /^@LeaderCron on Jobs\.run: the function that gives timeout threw: .*JSON.*Let it return what timeout may be/,
    ],
    ['throws in a group', { retry: { attempts: () => JSON.parse('{') } }, /gives retry\.attempts threw/],
    [
      'is asynchronous',
      { disabled: async () => Promise.reject(new Error('never unhandled')) },
      /Jobs\.run: the function that gives disabled is asynchronous.*Wait for the value in the factory of a provider/,
    ],
    ['returns nonsense', { timeout: () => 'soon' }, /Jobs\.run.*timeout: received 'soon'/s],
    ['returns another function', { timeout: () => () => '3s' }, /Jobs\.run.*timeout: received \[?function/is],
    [
      'reads a provider that is not there',
      { timeout: ({ get: find }: ScheduleContext) => find(class Limits {}) },
      /Jobs\.run: a setting is read from Limits, and there is no such provider: Nest could not find .*Import the module/,
    ],
    [
      'reads a configuration that is not there',
      { timeout: ({ config }: ScheduleContext) => config.get('limits.timeout') },
      /Jobs\.run: .*no ConfigService.*'limits\.timeout'.*npm install @nestjs\/config/,
    ],
  ])('is refused when the function %s', (_, written, message) =>
    expect(refusal(() => jobWith(written))).toMatch(message),
  );

  it('keeps the error that its function threw as the cause', () => {
    const failing = () => {
      throw new RangeError('no such tenant');
    };
    expect(() => jobWith({ timeout: failing })).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ message: 'no such tenant' }) }),
    );
  });
});

describe('a duration that a function gives', () => {
  it.each([
    ['LeaderInterval', '@every 3s'],
    ['LeaderTimeout', '@timeout 3s'],
  ] as const)('may be that of @%s', (decorator, source) => {
    const duration = ({ get: find }: ScheduleContext) => find<{ timeout: string }>('limits').timeout;
    const definition: JobDefinition = { decorator, duration, options: {} };
    expect(jobOf({}, definition, undefined, get).schedule.source).toBe(source);
  });

  it.each<[string, () => unknown, RegExp]>([
    ['returns nothing', () => undefined, /@LeaderInterval on Jobs\.run: the function .* returned nothing/],
    ['is asynchronous', async () => '3s', /@LeaderInterval on Jobs\.run: the function .* is asynchronous/],
    ['returns nonsense', () => 'soon', /@LeaderInterval on Jobs\.run: .*no duration.*'soon'/],
  ])('is refused when the function %s', (_, duration, message) =>
    expect(
      refusal(() => jobOf({}, { decorator: 'LeaderInterval', duration, options: {} } as JobDefinition)),
    ).toMatch(message),
  );
});

describe('a definition', () => {
  it.each<[string, JobDefinition, boolean]>([
    ['without functions', options({ timeout: '3s', retry: { attempts: 2 } }), false],
    ['with a function', options({ timeout: () => '3s' }), true],
    ['with a function in a group', options({ retry: { attempts: () => 2 } }), true],
    ['with a function for its schedule', { cronTime: () => '@daily', options: {} }, true],
    [
      'with a function for its duration',
      { decorator: 'LeaderInterval', duration: () => 5, options: {} },
      true,
    ],
    ['with options that are no object', options(null as never), false],
  ])('%s: is read when the application starts: %p', (_, definition, expected) =>
    expect(hasFactories(definition)).toBe(expected),
  );
});
