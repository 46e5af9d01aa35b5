import { describe, expect, it } from '@jest/globals';

import { resolveOptions } from '../../../../lib/core/options/options.js';
import type { OptionSources } from '../../../../lib/core/options/written-options.js';
import { inCode, inConfig, jobOf } from '../../../support/defined-job.js';
import { refusal } from '../../../support/refusal.js';

const DAILY = '0 6 * * *';
const definition = (options: object = {}) => ({ cronTime: DAILY, options });
const inEnvironment = (environment: Record<string, string>): OptionSources => ({ environment });

describe('the default zone of jobs', () => {
  const ZONE = 'Asia/Tokyo';

  it.each<[string, OptionSources]>([
    ['code', inCode({ defaults: { timeZone: ZONE } })],
    ['YAML', inConfig({ defaults: { timeZone: ZONE } })],
    ['the environment', inEnvironment({ SCHEDULE_JOBS_DEFAULTS_TIME_ZONE: ZONE })],
  ])('is read from %s', (_, sources) => expect(jobOf(sources, definition()).schedule.timeZone).toBe(ZONE));

  it('gives way to a zone or an offset of the job, wherever that is written', () => {
    const sources = inCode({ defaults: { timeZone: ZONE }, invoices: { timeZone: 'Europe/Berlin' } });
    const zone = (options: object) => jobOf(sources, definition(options)).schedule.timeZone;
    expect(zone({ timeZone: 'UTC' })).toBe('UTC');
    expect(zone({ utcOffset: 60 })).toMatch(/1/);
    expect(zone({ name: 'invoices' })).toBe('Europe/Berlin');
  });

  it('does not concern jobs without an expression', () => {
    const sources = inCode({ defaults: { timeZone: ZONE } });
    const interval = { decorator: 'LeaderInterval', duration: '5s', options: {} } as const;
    expect(jobOf(sources, interval).schedule.timeZone).toBeUndefined();
    const date = { cronTime: new Date(Date.UTC(2030, 0, 1)), options: {} };
    expect(jobOf(sources, date).schedule.fingerprint).toBe(jobOf({}, date).schedule.fingerprint);
  });

  it.each(['Europe/Berlim', '', 1, 'x'.repeat(1e6)])(
    'is refused at the start when there is no such zone',
    written =>
      expect(refusal(() => resolveOptions(inCode({ defaults: { timeZone: written } })))).toMatch(
        /jobs\.defaults\.timeZone .*received .*Give an IANA time zone/,
      ),
  );
});

describe('the default of disabled', () => {
  it.each<[string, OptionSources]>([
    ['code', inCode({ defaults: { disabled: true } })],
    ['YAML', inConfig({ defaults: { disabled: true } })],
    ['the environment', inEnvironment({ SCHEDULE_JOBS_DEFAULTS_DISABLED: 'true' })],
  ])('is read from %s, and gives way to the option of a job', (_, sources) => {
    expect(jobOf(sources, definition()).disabled).toBe(true);
    expect(jobOf(sources, definition({ disabled: false })).disabled).toBe(false);
  });

  it('is false', () => expect(jobOf({}, definition()).disabled).toBe(false));
});
