/*
 * A pod for the chaos tests: a Nest application with one job that is due each second. It writes a journal, line
 * by line and synchronously, so that SIGKILL loses nothing. All times are of the system's monotonic clock, which
 * is one and the same for all processes of a machine.
 *
 *   { pod, kind: 'sample', from, to, value }   isLeader() was `value` at some instant between from and to
 *   { pod, kind: 'run', at, tick, token, startedAt }      a handler was called
 *   { pod, kind: 'end', at, tick }             it returned, WORK_MS later
 */
import 'reflect-metadata';

import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LeaderCron, LeaderService, ScheduleModule, type JobContext } from 'nestjs-leader-schedule';

const pod = process.env['POD_NAME'] ?? 'pod';
const journal = process.env['JOURNAL'] ?? '/dev/null';
const SAMPLE_MS = 10;
const WORK_MS = Number(process.env['WORK_MS'] ?? 0);

const now = (): number => Number(process.hrtime.bigint() / 1000n) / 1000;
const write = (entry: object): void => appendFileSync(journal, `${JSON.stringify({ pod, ...entry })}\n`);

@Injectable()
class Jobs {
  @LeaderCron('* * * * * *', { name: 'ledger' })
  async run({ tick, token, startedAt }: JobContext): Promise<void> {
    write({ kind: 'run', at: now(), tick: tick.getTime(), token, startedAt: startedAt.getTime() });
    if (WORK_MS > 0) await pause(WORK_MS);
    write({ kind: 'end', at: now(), tick: tick.getTime() });
  }
}

@Module({ imports: [ScheduleModule.forRoot({ appName: 'chaos' })], providers: [Jobs] })
class PodModule {}

const app = await NestFactory.createApplicationContext(PodModule, { logger: ['warn', 'error'] });
app.enableShutdownHooks();
const leader = app.get(LeaderService);
leader.changes.subscribe(({ isLeader }) => process.send?.({ isLeader }));
setInterval(() => {
  const from = now();
  const value = leader.isLeader();
  write({ kind: 'sample', from, to: now(), value });
}, SAMPLE_MS).unref();
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
