import { describe, expect, it } from '@jest/globals';
import { Controller, Injectable, Module, Scope } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { ScheduleModule as NestScheduleModule } from '@nestjs/schedule';

import { LeaderCron, LeaderService, ScheduleModule } from '../../../../lib/index.js';
import { bootApp } from '../../../support/nest-app.js';
import { RAM, useApps } from '../support/use-apps.js';

const EVERY_SECOND = '* * * * * *';
const boot = useApps();

describe('the options', () => {
  const appName = (name: string) =>
    ConfigModule.forRoot({
      ignoreEnvFile: true,
      load: [
        () => ({
          core: { appName: name },
          schedule: { mode: 'ram', leader: { ttl: '600ms', interval: '60ms' } },
        }),
      ],
    });

  it('come from ConfigService when forRoot() has none, whether or not it is global', async () => {
    const app = await boot({ imports: [appName('a'), ScheduleModule.forRoot()] });
    expect(app.get(LeaderService).isLeader()).toBe(true);
  });

  it.each<[string, Parameters<typeof ScheduleModule.forRootAsync>[0]]>([
    ['a factory', { useFactory: async () => RAM }],
    [
      'a class',
      {
        useClass: class {
          createScheduleOptions = () => RAM;
        },
      },
    ],
    ['a factory with dependencies', { imports: [appName('b')], inject: [], useFactory: () => RAM }],
  ])('come from %s', async (_, options) => {
    const app = await boot({ imports: [ScheduleModule.forRootAsync(options)] });
    expect(app.get(LeaderService).isLeader()).toBe(true);
  });

  it('come from an existing provider', async () => {
    @Injectable()
    class Options {
      createScheduleOptions = () => RAM;
    }
    @Module({ providers: [Options], exports: [Options] })
    class OptionsModule {}
    const app = await boot({
      imports: [ScheduleModule.forRootAsync({ imports: [OptionsModule], useExisting: Options })],
    });
    expect(app.get(LeaderService).isLeader()).toBe(true);
  });

  it('may be given twice, if they are the same', async () => {
    @Module({ imports: [ScheduleModule.forRoot({ mode: 'ram' })] })
    class Feature {}
    const app = await boot({ imports: [ScheduleModule.forRoot({ mode: 'ram' }), Feature] });
    expect(app.get(LeaderService).isLeader()).toBe(true);
  });
});

const withJob = (...args: Parameters<typeof LeaderCron>) => {
  @Injectable()
  class Jobs {
    @LeaderCron(...args)
    run() {}
  }
  return { imports: [ScheduleModule.forRoot(RAM)], providers: [Jobs] };
};

@Injectable()
class Twins {
  @LeaderCron(EVERY_SECOND, { name: 'twin' })
  one() {}
  @LeaderCron(EVERY_SECOND, { name: 'twin' })
  two() {}
}

@Controller({ scope: Scope.REQUEST })
class RequestScoped {
  @LeaderCron(EVERY_SECOND)
  run() {}
}

const REFUSED: readonly [string, () => Parameters<typeof bootApp>[0], string, RegExp][] = [
  ['an invalid expression', () => withJob('61 * * * * *'), 'INVALID_CRON', /Jobs\.run.*61/s],
  [
    'an unknown time zone',
    () => withJob('* * * * *', { timeZone: 'Mars/Base' }),
    'INVALID_CRON',
    /Mars\/Base/,
  ],
  [
    'an unknown job option',
    () => withJob('* * * * *', { timezone: 'UTC' } as object),
    'INVALID_OPTIONS',
    /Jobs\.run.*timezone/s,
  ],
  [
    'two jobs of one name',
    () => ({ imports: [ScheduleModule.forRoot(RAM)], providers: [Twins] }),
    'DUPLICATE_JOB',
    /Twins\.one.*Twins\.two.*'twin'/,
  ],
  [
    'a request-scoped controller',
    () => ({ imports: [ScheduleModule.forRoot(RAM)], controllers: [RequestScoped] }),
    'UNSUPPORTED_JOB',
    /RequestScoped\.run/,
  ],
  [
    'forRoot twice with different options',
    () => ({
      imports: [ScheduleModule.forRoot(RAM), ScheduleModule.forRoot({ mode: 'ram', appName: 'b' })],
    }),
    'DUPLICATE_MODULE',
    /2 times/,
  ],
  [
    "@nestjs/schedule's forRoot twice",
    () => ({
      imports: [ScheduleModule.forRoot(RAM), NestScheduleModule.forRoot(), NestScheduleModule.forRoot()],
    }),
    'DUPLICATE_REGISTRY',
    /2 times/,
  ],
  [
    'an unknown module option',
    () => ({ imports: [ScheduleModule.forRoot({ mod: 'ram' } as object)] }),
    'INVALID_OPTIONS',
    /did you mean 'mode'/,
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
});
