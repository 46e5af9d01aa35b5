import {
  LeaderService,
  ScheduleModule,
  type ScheduleModuleOptions,
  SchedulerRegistry,
  ScheduleService,
} from '../../../../lib/index.js';
import { eachAdapter } from '../../../support/each-adapter.js';
import { eventually } from '../../../support/eventually.js';
import { bootApp, type BootedApp, RecordingLogger } from '../../../support/nest-app.js';
import { useRedisServer } from '../../../support/use-redis-server.js';
import { useApps } from '../support/use-apps.js';

export const EVERY_SECOND = '* * * * * *';
/** Not while these tests run: such a job is run manually. */
export const NEVER = '0 0 0 29 2 *';

type Metadata = Parameters<typeof bootApp>[0];

export interface Mode {
  readonly mode: 'ram' | 'redis';
  /** Boots an application that leads. */
  readonly boot: (
    providers: NonNullable<Metadata['providers']>,
    more?: ScheduleModuleOptions,
    imports?: NonNullable<Metadata['imports']>,
    logger?: RecordingLogger,
  ) => ReturnType<typeof leading>;
}

/** Both modes, for `describe.each`. Call it at module level: it registers hooks. */
export function useModes(): readonly Mode[] {
  const redisServer = useRedisServer();
  const bootAny = useApps();
  let applications = 0;
  const modeOf = (mode: Mode['mode'], source: () => ScheduleModuleOptions): Mode => ({
    mode,
    boot: async (providers, more = {}, imports = [], logger = new RecordingLogger()) => {
      // Each application has a lease, and a past, of its own.
      applications += 1;
      const names = { mode, appName: `runs-${applications}`, appVersion: '1.2.3' };
      const schedule = ScheduleModule.forRoot({ ...names, ...source(), ...more });
      return leading(await bootAny({ imports: [...imports, schedule], providers }, logger));
    },
  });
  return eachAdapter(
    modeOf('ram', () => ({})),
    modeOf('redis', () => ({ redis: redisServer().url })),
  );
}

async function leading(app: BootedApp) {
  await app.get(LeaderService).waitForLeadership();
  const service = app.get(ScheduleService);
  const fire = (job: string) => app.get(SchedulerRegistry).getCronJob(job).fireOnTick();
  /** Runs a job manually, and waits until this many of its runs have ended. */
  const run = async (job: string, ended: number) => {
    await fire(job);
    return eventually(async () => {
      const past = await service.history(job);
      return past.length >= ended && past;
    });
  };
  return { app, service, fire, run };
}
