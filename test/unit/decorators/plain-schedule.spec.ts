import { Cron, Interval, Timeout } from '@nestjs/schedule';
import { describe, expect, it } from '@jest/globals';

import { BUILT_IN_POLICY } from '../../../lib/core/job/job-policy-options.js';
import { createJob } from '../../../lib/core/job/create-job.js';
import { plainSchedule } from '../../../lib/decorators/plain-schedule.js';

/** The job that a method with these decorators becomes. */
function adopted(...decorators: readonly MethodDecorator[]) {
  const method = () => undefined;
  for (const decorate of decorators) decorate({}, 'run', { value: method });
  const schedule = plainSchedule(method, 'Jobs.run');
  if (schedule === undefined) throw new Error('no decorator of @nestjs/schedule was found');
  const job = createJob('Jobs.run', schedule.definition, method, { policy: BUILT_IN_POLICY, ttlMs: 1 });
  return {
    ...job,
    decorator: schedule.decorator,
    source: job.schedule.source,
    timeZone: job.schedule.timeZone,
  };
}

describe('what the installed @nestjs/schedule leaves on a method', () => {
  it.each([
    ['@Cron', Cron('0 3 * * *'), { decorator: 'Cron', name: 'Jobs.run', source: '0 3 * * *' }],
    ['its name', Cron('0 3 * * *', { name: 'report' }), { name: 'report' }],
    ['an empty name, which is none', Cron('0 3 * * *', { name: '' }), { name: 'Jobs.run' }],
    ['its zone', Cron('0 3 * * *', { timeZone: 'Europe/Berlin' }), { timeZone: 'Europe/Berlin' }],
    ['disabled', Cron('@daily', { disabled: true }), { disabled: true }],
    ['threshold', Cron('@daily', { threshold: 750 }), { thresholdMs: 750 }],
    [
      'no threshold, which is none',
      Cron('@daily'),
      { thresholdMs: Infinity, initialDelayMs: 0, disabled: false },
    ],
    ['unrefTimeout', Cron('@daily', { unrefTimeout: true }), { unrefTimeout: true }],
    ['initialDelay', Cron('@daily', { initialDelay: 5000 }), { initialDelayMs: 5000 }],
    ['waitForCompletion', Cron('@daily', { waitForCompletion: true }), { policy: { overlap: 'skip' } }],
    ['none of it', Cron('@daily', { waitForCompletion: false }), { policy: { overlap: 'allow' } }],
    ['no word about it', Cron('@daily'), { policy: { overlap: 'skip' } }],
    ['a date', Cron(new Date(Date.UTC(2040, 0))), { source: '2040-01-01T00:00:00.000Z' }],
    ['@Interval', Interval(90_000), { decorator: 'Interval', name: 'Jobs.run', source: '@every 1m30s' }],
    ['its name', Interval('poll', 1000), { name: 'poll', source: '@every 1s' }],
    ['@Timeout', Timeout(5000), { decorator: 'Timeout', name: 'Jobs.run', source: '@timeout 5s' }],
    ['its name', Timeout('warm', 0), { name: 'warm', source: '@timeout 0s' }],
  ])('%s', (_, decorator, expected) => expect(adopted(decorator)).toMatchObject(expected));

  it('an offset', () => {
    const { schedule } = adopted(Cron('0 3 * * *', { utcOffset: 120 }));
    expect(schedule.next(Date.UTC(2030, 0, 1))).toBe(Date.UTC(2030, 0, 1, 1));
  });

  it('the uppermost of several, as there', () =>
    expect(adopted(Cron('@daily', { name: 'a' }), Interval('b', 1000))).toMatchObject({
      decorator: 'Interval',
      name: 'b',
    }));

  it('nothing', () => expect(plainSchedule(() => undefined, 'Jobs.run')).toBeUndefined());

  it.each([
    ['a short interval', Interval(5), /@Interval on Jobs\.run: An interval is at least 10 ms/],
    ['an interval that is no whole number', Interval(1000.5), /@Interval on Jobs\.run: .*whole milliseconds/],
    ['an unknown option', Cron('@daily', { runOnInit: true } as object), /@Cron on Jobs\.run .*runOnInit/s],
    ['a long delay', Cron('@daily', { initialDelay: 90_000_000 }), /@Cron on Jobs\.run .*initialDelay/s],
    ['a name with |', Cron('@daily', { name: 'a|b' }), /@Cron on Jobs\.run .*name/s],
    ['zone and offset', Cron('@daily', { timeZone: 'UTC', utcOffset: 1 } as object), /both a time zone and/],
  ])('refuses %s with its decorator', (_, decorator, message) =>
    expect(() => adopted(decorator)).toThrow(message),
  );
});
