/** Uses the root, as an application without optional packages does. */
export const ROOT_USER = `import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import {
  LeaderCron,
  LeaderInterval,
  LeaderService,
  OnLeaderElected,
  ScheduleError,
  ScheduleModule,
  ScheduleService,
  type JobContext,
  type JobRun,
  type ScheduleModuleOptions,
  type Term,
} from 'nestjs-leader-schedule';

@Injectable()
export class Jobs {
  constructor(
    private readonly schedule: ScheduleService,
    private readonly leader: LeaderService,
  ) {}

  @LeaderCron('0 3 * * *', { name: 'nightly' })
  async nightly({ tick, signal }: JobContext): Promise<void> {
    if (this.leader.isLeader() && !signal.aborted) await this.schedule.runNow('nightly');
    tick.getTime();
  }

  @LeaderInterval('5s')
  often(): void {}

  @OnLeaderElected()
  elected(term: Term): number {
    return term.token;
  }

  last(): Promise<readonly JobRun[]> {
    return this.schedule.history('nightly');
  }
}

const options: ScheduleModuleOptions = { appName: 'shop', redis: 'redis://localhost:6379', leader: { ttl: '10s' } };

@Module({ imports: [ScheduleModule.forRoot(options)], providers: [Jobs] })
export class AppModule {}

export const codeOf = (error: unknown): string => (error instanceof ScheduleError ? error.code : '');
`;

/** Uses every subpath. */
export const USER = `${ROOT_USER}
import { Test } from '@nestjs/testing';
import { Redis } from 'ioredis';
import { FencedRedis } from 'nestjs-leader-schedule/fencing';
import { ScheduleHealthIndicator, ScheduleHealthModule } from 'nestjs-leader-schedule/health';
import { ScheduleMetricsModule } from 'nestjs-leader-schedule/metrics';
import { ScheduleTesting } from 'nestjs-leader-schedule/testing';

const redis = new Redis();
export const fenced = new FencedRedis(redis);
export const shared = ScheduleModule.forRoot({ redis });
export const own = ScheduleModule.forRoot({ redis: ({ options }) => new Redis({ ...options }) });

@Module({ imports: [AppModule, ScheduleHealthModule, ScheduleMetricsModule.forRoot()] })
export class OpsModule {
  constructor(private readonly schedule: ScheduleHealthIndicator) {}

  check() {
    return this.schedule.isHealthy('schedule', { stuck: 'down' });
  }
}

export const attached = new ScheduleTesting().attach(Test.createTestingModule({ imports: [OpsModule] }));
`;

/** Gives a wrong option, and imports declarations whose optional package may be missing. */
export const WRONG_USER = `import { ScheduleModule } from 'nestjs-leader-schedule';
import { ScheduleHealthModule } from 'nestjs-leader-schedule/health';

export const modules = [ScheduleModule.forRoot({ appName: 1 }), ScheduleHealthModule];
`;
