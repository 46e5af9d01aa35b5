import { describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';

import { LeaderCron, LeaderInterval, LeaderTimeout, ScheduleModule } from '../../../../lib/index.js';
import { bootApp } from '../../../support/nest-app.js';
import { RAM, useApps } from '../support/use-apps.js';
import { configured } from './configured.js';

const boot = useApps();

const withJobs = (
  decorator: ReturnType<typeof LeaderCron>,
  options = RAM,
  config?: Record<string, unknown>,
) => {
  class Jobs {
    run() {}
  }
  const descriptor = Object.getOwnPropertyDescriptor(Jobs.prototype, 'run') ?? {};
  decorator(Jobs.prototype, 'run', descriptor);
  Injectable()(Jobs);
  const imports = [ScheduleModule.forRoot(options), ...(config === undefined ? [] : [configured(config)])];
  return { imports, providers: [Jobs] };
};

@Injectable()
class Twins {
  @LeaderCron('@daily', { name: 'twin' })
  one() {}
  @LeaderInterval('5s', { name: 'twin' })
  two() {}
}

@Module({ providers: [Twins] })
class TwinModule {}

const broken = LeaderCron(() => {
  throw new Error('no such key');
});

const REFUSED: readonly [string, () => Parameters<typeof bootApp>[0], string, RegExp][] = [
  [
    'an interval of 0',
    () => withJobs(LeaderInterval(0)),
    'INVALID_CRON',
    /@LeaderInterval on Jobs\.run.*10 ms/,
  ],
  ['a timeout that is none', () => withJobs(LeaderTimeout('soon')), 'INVALID_CRON', /@LeaderTimeout.*'soon'/],
  [
    'a cron that never fires',
    () => withJobs(LeaderCron('0 0 30 2 *')),
    'INVALID_CRON',
    /Jobs\.run.*no month/,
  ],
  [
    'an unknown descriptor',
    () => withJobs(LeaderCron('@fortnightly')),
    'INVALID_CRON',
    /@fortnightly.*@weekly/,
  ],
  ['a function that throws', () => withJobs(broken), 'INVALID_CRON', /Jobs\.run.*no such key/],
  [
    'a function that finds nothing in the configuration',
    () =>
      withJobs(
        LeaderCron(({ config }) => config.get('reports.cron')),
        RAM,
        {},
      ),
    'INVALID_CRON',
    /Jobs\.run.*returned nothing/,
  ],
  [
    'a function that needs a configuration where there is none',
    () => withJobs(LeaderCron(({ config }) => config.get('reports.cron'))),
    'INVALID_OPTIONS',
    /Jobs\.run.*no ConfigService.*ConfigModule\.forRoot/,
  ],
  [
    'an unknown option in schedule.jobs',
    () => withJobs(LeaderCron('@daily'), RAM, { schedule: { jobs: { 'Jobs.run': { timeOut: '5s' } } } }),
    'INVALID_OPTIONS',
    /schedule\.jobs\.Jobs\.run\.timeOut .*did you mean 'schedule\.jobs\.Jobs\.run\.timeout'/,
  ],
  [
    'a duration without its unit in schedule.jobs',
    () => withJobs(LeaderCron('@daily'), RAM, { schedule: { jobs: { invoices: { timeout: 5 } } } }),
    'INVALID_OPTIONS',
    /schedule\.jobs\.invoices\.timeout \(ConfigService\): received 5/,
  ],
  [
    'one name for jobs of different decorators',
    () => ({ imports: [ScheduleModule.forRoot(RAM), TwinModule] }),
    'DUPLICATE_JOB',
    /Twins\.one.*Twins\.two.*'twin'/,
  ],
];

describe('at boot', () => {
  it.each(REFUSED)('%s is refused', async (_, metadata, code, message) => {
    const error: unknown = await boot(metadata()).then(
      () => new Error('it booted'),
      (refusal: unknown) => refusal,
    );
    expect(error).toMatchObject({ code });
    expect(String(error)).toMatch(message);
  });

  it.each([LeaderInterval('5s'), LeaderTimeout('5s')])(
    'a static method is refused where it stands',
    decorator => {
      class Jobs {
        static run() {}
      }
      const descriptor = Object.getOwnPropertyDescriptor(Jobs, 'run') ?? {};
      expect(() => decorator(Jobs, 'run', descriptor)).toThrow(/@Leader(Interval|Timeout) stands on/);
    },
  );
});
