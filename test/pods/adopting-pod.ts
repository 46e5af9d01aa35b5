/*
 * A pod that switched by a line: an application with jobs of @nestjs/schedule, which become leader jobs by `jobs.adopt`.
 * NEST_MODULE says where it imports the module of @nestjs/schedule too. It writes a journal, a line for each call:
 *
 *   { pod, job, tick }      `tick` is that of the leader's run; undefined for a call by @nestjs/schedule
 */
import 'reflect-metadata';

import { appendFileSync } from 'node:fs';

import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Cron, Interval, ScheduleModule as NestScheduleModule } from '@nestjs/schedule';
import { currentJob, ScheduleModule } from 'nestjs-leader-schedule';

const pod = process.env['POD_NAME'] ?? 'pod';
const journal = process.env['JOURNAL'] ?? '/dev/null';
const nestModule = process.env['NEST_MODULE'] ?? 'none';

function write(job: string, args: readonly unknown[]): void {
  const tick = currentJob()?.tick.getTime();
  appendFileSync(journal, `${JSON.stringify({ pod, job, tick, args: args.length })}\n`);
}

@Injectable()
class Jobs {
  @Cron('* * * * * *')
  count(...args: unknown[]): void {
    write('Jobs.count', args);
  }

  @Interval('poll', 1000)
  poll(...args: unknown[]): void {
    write('poll', args);
  }

  @Cron('* * * * * *', { name: 'cache' })
  refresh(...args: unknown[]): void {
    write('cache', args);
  }
}

@Module({ imports: [NestScheduleModule.forRoot()] })
class LibraryModule {}

@Module({ imports: nestModule === 'feature' ? [LibraryModule] : [], providers: [Jobs] })
class FeatureModule {}

const own = (when: string) => (nestModule === when ? [NestScheduleModule.forRoot()] : []);

@Module({
  imports: [
    ...own('before'),
    ScheduleModule.forRoot({ appName: 'adopting', jobs: { adopt: ['Jobs.count', 'p*'] } }),
    FeatureModule,
    ...own('after'),
  ],
})
class PodModule {}

const app = await NestFactory.createApplicationContext(PodModule, { logger: ['warn', 'error'] });
app.enableShutdownHooks();
process.send?.({ isReady: true });
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
