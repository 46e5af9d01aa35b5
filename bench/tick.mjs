/* The cost of a tick on a follower, beside an empty plain @Cron job fired in the same way, and of isLeader(). */
import 'reflect-metadata';

import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import { Cron, LeaderCron, LeaderService, ScheduleModule, SchedulerRegistry } from 'nestjs-leader-schedule';

import { median, round } from './stats.mjs';

/** @param {{ redisUrl: string, smoke: boolean }} context */
export async function tick({ redisUrl, smoke }) {
  const operator = new Redis(redisUrl);
  // Another holder has the lease: this process follows.
  await operator.set('scheduler:tick:leader', 'another-pod', 'PX', 600_000);
  const follower = await boot({ appName: 'tick', redis: redisUrl });
  const sole = await boot({ mode: 'ram' });
  const [blocks, calls] = smoke ? [3, 2000] : [31, 20_000];
  const plain = [];
  const leaderJob = [];
  const check = [];
  for (let block = 0; block < blocks; block += 1) {
    plain.push(await fire(follower, 'plain', calls));
    leaderJob.push(await fire(follower, 'leader', calls));
    check.push(checks(sole.get(LeaderService), calls * 10));
  }
  await Promise.all([follower.close(), sole.close()]);
  operator.disconnect();
  const [base, ours] = [median(plain), median(leaderJob)];
  return [
    {
      what: 'tick on a follower',
      result: `${round(ours)} µs; plain @Cron ${round(base)} µs: ${round(ours / base)} times`,
      goal: 'a function call',
    },
    { what: 'isLeader()', result: `${round(median(check) * 1000)} ns`, goal: '' },
  ];
}

async function boot(options) {
  class Jobs {
    plain() {}
    leader() {}
  }
  const decorate = (decorator, key) =>
    decorator(Jobs.prototype, key, Object.getOwnPropertyDescriptor(Jobs.prototype, key));
  decorate(Cron('0 0 1 1 *', { name: 'plain' }), 'plain');
  decorate(LeaderCron('0 0 1 1 *', { name: 'leader' }), 'leader');
  class AppModule {}
  Module({ imports: [ScheduleModule.forRoot(options)], providers: [Jobs] })(AppModule);
  return NestFactory.createApplicationContext(AppModule, { logger: false });
}

/** Microseconds of one firing, as cron's timer does it: it notes the time, then calls. */
async function fire(app, name, calls) {
  const job = app.get(SchedulerRegistry).getCronJob(name);
  const from = performance.now();
  for (let call = 0; call < calls; call += 1) {
    job.lastExecution = new Date();
    await job.fireOnTick();
  }
  return ((performance.now() - from) / calls) * 1000;
}

/** Microseconds of one check. */
function checks(leader, calls) {
  let yes = 0;
  const from = performance.now();
  for (let call = 0; call < calls; call += 1) if (leader.isLeader()) yes += 1;
  const micros = ((performance.now() - from) / calls) * 1000;
  if (yes !== calls) throw new Error('This process should lead.');
  return micros;
}
