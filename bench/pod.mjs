/*
 * One application for the benches, in a process of its own. VARIANT: bare Nest, @nestjs/schedule alone, or this
 * module in RAM or Redis mode; JOBS: how many jobs. It tells its parent when it is ready and when it leads; times
 * are of the system's monotonic clock.
 */
import 'reflect-metadata';

import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

const now = () => Number(process.hrtime.bigint()) / 1e6;
const variant = process.env.VARIANT ?? 'bare';
const jobs = Number(process.env.JOBS ?? 0);

const { imports, decorator, LeaderService } = await parts();
class Jobs {}
for (let index = 0; index < jobs; index += 1) {
  const descriptor = { value() {}, writable: true, configurable: true };
  decorator(`job-${index}`)(Jobs.prototype, `job${index}`, descriptor);
  Object.defineProperty(Jobs.prototype, `job${index}`, descriptor);
}
class AppModule {}
Module({ imports, providers: [Jobs] })(AppModule);
const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
const bootMs = performance.now();
globalThis.gc?.();
process.send?.({ type: 'ready', bootMs, memory: process.memoryUsage() });

if (LeaderService) {
  const leader = app.get(LeaderService);
  leader.changes.subscribe(({ isLeader }) =>
    process.send?.({ type: 'leadership', isLeader, at: now(), sinceBootMs: performance.now() - bootMs }),
  );
  const resign = async () => {
    const at = now();
    await leader.resign();
    process.send?.({ type: 'resigned', at });
  };
  process.on('message', request => {
    if (request === 'resign') void resign();
  });
}
process.on('message', () => {});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

async function parts() {
  if (variant === 'bare') return { imports: [], decorator: () => () => {} };
  if (variant === 'schedule') {
    const { Cron, ScheduleModule } = await import('@nestjs/schedule');
    return { imports: [ScheduleModule.forRoot()], decorator: name => Cron('0 0 1 1 *', { name }) };
  }
  const { LeaderCron, LeaderService, ScheduleModule } = await import('nestjs-leader-schedule');
  const imports = [ScheduleModule.forRoot({ mode: variant === 'ram' ? 'ram' : 'redis' })];
  return { imports, decorator: name => LeaderCron('0 0 1 1 *', { name }), LeaderService };
}
