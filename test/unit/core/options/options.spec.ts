import { describe, expect, it } from '@jest/globals';

import { BUILT_IN_POLICY } from '../../../../lib/core/job/job-policy-options.js';
import { OPTIONS } from '../../../../lib/core/options/option-table.js';
import { resolveOptions } from '../../../../lib/core/options/options.js';
import type { OptionSources } from '../../../../lib/core/options/written-options.js';
import { SECOND } from '../../../support/durations.js';
import { refusal } from '../../../support/refusal.js';

describe('options', () => {
  it('are stronger in code than in the environment, and there than in the configuration', () => {
    const config = { schedule: { leader: { ttl: '20s', interval: '1s' }, mode: 'ram' }, appName: 'pay roll' };
    const environment = { SCHEDULE_LEADER_TTL: '15s', SCHEDULE_LEADER_INTERVAL: '2s', OTHER: 'x' };
    const code = { leader: { ttl: 12 * SECOND } };
    expect(resolveOptions({ config, environment, code })).toMatchObject({
      mode: 'ram',
      leaderKey: 'scheduler:pay-roll:leader',
      timing: { ttlMs: 12 * SECOND, intervalMs: 2 * SECOND },
      drainTimeoutMs: 25 * SECOND,
    });
  });

  it('have the documented defaults', () =>
    expect(resolveOptions({})).toMatchObject({
      mode: 'redis',
      redis: 'redis://localhost:6379',
      leaderKey: 'scheduler:leader',
      timing: { ttlMs: 10 * SECOND, intervalMs: 3 * SECOND },
      appName: '',
      appVersion: '',
      fastTakeover: true,
      consistency: 'normal',
      replicas: undefined,
      jobDefaults: BUILT_IN_POLICY,
    }));

  it('are in effect as their defaults are documented', () => {
    const written = OPTIONS.filter(option => option.default !== '');
    const environment = Object.fromEntries(written.map(option => [option.variable ?? '', option.default]));
    expect(resolveOptions({ environment })).toEqual(resolveOptions({}));
  });

  it('have one name in each source', () => {
    const variables = OPTIONS.flatMap(({ variable }) => variable ?? []);
    for (const names of [OPTIONS.map(({ path }) => path), variables])
      expect(new Set(names).size).toBe(names.length);
    // All but a function.
    expect(variables).toHaveLength(OPTIONS.length - 1);
    expect(OPTIONS.map(({ variable }) => variable)).toContain('SCHEDULE_JOBS_DEFAULTS_RETRY_MAX_BACKOFF');
  });

  it('say the name and version of the application', () => {
    const config = { appName: 'pay roll', appVersion: 1.5 };
    expect(resolveOptions({ config })).toMatchObject({ appName: 'pay-roll', appVersion: '1.5' });
    const environment = { SCHEDULE_APP_VERSION: '2.0.0' };
    expect(resolveOptions({ config, environment })).toMatchObject({ appVersion: '2.0.0' });
  });
});

describe('options of any kind', () => {
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

  it('leave a REDIS_URL of others alone where it is not needed', () => {
    const environment = { REDIS_URL: 'tcp://somewhere' };
    expect(resolveOptions({ environment, code: { mode: 'ram' } }).mode).toBe('ram');
    expect(resolveOptions({ environment, code: { redis: 'redis://h' } }).redis).toBe('redis://h');
    expect(resolveOptions({ environment: { ...environment, SCHEDULE_MODE: 'ram' } }).mode).toBe('ram');
    expect(refusal(() => resolveOptions({ environment }))).toMatch(/REDIS_URL/);
  });
});
