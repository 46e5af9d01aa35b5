/*
 * A pod for the random chaos: a Nest application with the jobs of `chaos-jobs.ts`. It reports all that happens to a
 * ledger, a stream in a Redis of its own that no fault touches. All times are of the system's monotonic clock (in
 * milliseconds), one and the same for all processes of a machine.
 *
 *   start    a handler was called        end      it returned
 *   belief   isLeader() was true at every probe between from and to
 *   stall    this process stood still between from and to
 */
import 'reflect-metadata';

// First of all: every module that is imported below reads this clock.
import { clockOffsetMs, setClockOffset } from './shifted-clock.js';

import { setTimeout as pause } from 'node:timers/promises';

import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Redis } from 'ioredis';
import {
  LeaderCron,
  LeaderService,
  ScheduleModule,
  ScheduleService,
  type JobContext,
  type LeaderCronOptions,
} from 'nestjs-leader-schedule';

import { CHAOS_JOBS, cronOf, workMsOf, type ChaosJob } from './chaos-jobs.js';
import { podRedis } from './pod-redis.js';

const pod = process.env['POD_NAME'] ?? 'pod';
const life = `${pod}#${process.pid}`;
const PROBE_MS = 50;
/** A probe that comes later than this was kept waiting. */
const STALL_MS = 200;

const ledger = new Redis(process.env['LEDGER_URL'] ?? '', { maxRetriesPerRequest: null });
const now = (): number => Number(process.hrtime.bigint() / 1000n) / 1000;
const note = (entry: object): Promise<unknown> =>
  ledger.xadd('ledger', '*', 'entry', JSON.stringify({ life, ...entry }));

/** Calls a job's handler at each tick: notes that it began, works, notes how it ended. */
@Injectable()
class Worker {
  constructor(private readonly leader: LeaderService) {}

  async work(job: ChaosJob, context: JobContext): Promise<void> {
    const { tick, runId, attempt, token, catchUp, recovering, signal } = context;
    const run = { job: job.name, tick: tick.getTime(), runId, attempt };
    const believes = this.leader.isLeader();
    const facts = { token, catchUp, recovering, believes, clockOffsetMs: clockOffsetMs() };
    const startedAt = now();
    await note({ kind: 'start', at: startedAt, ...run, ...facts });
    const workMs = workMsOf(job, tick.getTime());
    if (workMs > 0) await pause(workMs, undefined, { signal }).catch(() => undefined);
    const endedAt = now();
    const ending = signal.aborted ? describe(signal.reason) : 'done';
    await note({ kind: 'end', at: endedAt, ...run, ending });
    signal.throwIfAborted();
  }
}

function describe(reason: unknown): string {
  return reason instanceof Error ? reason.name : String(reason);
}

function optionsOf({ name, overlap, catchUp, recover }: ChaosJob): LeaderCronOptions {
  return { name, overlap, catchUp, recover, timeZone: 'UTC' };
}

@Injectable()
class Jobs {
  constructor(private readonly worker: Worker) {}

  @LeaderCron(cronOf(CHAOS_JOBS.instant), optionsOf(CHAOS_JOBS.instant))
  instant(context: JobContext): Promise<void> {
    return this.worker.work(CHAOS_JOBS.instant, context);
  }

  @LeaderCron(cronOf(CHAOS_JOBS.working), optionsOf(CHAOS_JOBS.working))
  working(context: JobContext): Promise<void> {
    return this.worker.work(CHAOS_JOBS.working, context);
  }

  @LeaderCron(cronOf(CHAOS_JOBS.long), optionsOf(CHAOS_JOBS.long))
  long(context: JobContext): Promise<void> {
    return this.worker.work(CHAOS_JOBS.long, context);
  }

  @LeaderCron(cronOf(CHAOS_JOBS.all), optionsOf(CHAOS_JOBS.all))
  all(context: JobContext): Promise<void> {
    return this.worker.work(CHAOS_JOBS.all, context);
  }

  @LeaderCron(cronOf(CHAOS_JOBS.queued), optionsOf(CHAOS_JOBS.queued))
  queued(context: JobContext): Promise<void> {
    return this.worker.work(CHAOS_JOBS.queued, context);
  }

  @LeaderCron(cronOf(CHAOS_JOBS.parallel), optionsOf(CHAOS_JOBS.parallel))
  parallel(context: JobContext): Promise<void> {
    return this.worker.work(CHAOS_JOBS.parallel, context);
  }

  @LeaderCron(cronOf(CHAOS_JOBS.recovering), optionsOf(CHAOS_JOBS.recovering))
  recovering(context: JobContext): Promise<void> {
    return this.worker.work(CHAOS_JOBS.recovering, context);
  }
}

@Module({
  imports: [
    ScheduleModule.forRoot({
      appName: 'chaos',
      redis: podRedis(process.env['CHAOS_REDIS'] ?? '""', process.env['CHAOS_IOREDIS']),
    }),
  ],
  providers: [Worker, Jobs],
})
class PodModule {}

const app = await NestFactory.createApplicationContext(PodModule, { logger: ['warn', 'error'] });
app.enableShutdownHooks();
const leader = app.get(LeaderService);
const schedule = app.get(ScheduleService);
leader.changes.subscribe(({ isLeader }) => process.send?.({ kind: 'leadership', isLeader }));

probeForEver();
process.on('message', message => void answer(message as Request));
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.send?.({ kind: 'ready' });

/** Probes whether this pod believes that it leads, and whether its process stood still. */
function probeForEver(): void {
  let lastProbeAt = now();
  let believedFrom: number | undefined;
  let believedTo = 0;
  const endBelief = (): void => {
    if (believedFrom !== undefined && believedTo > believedFrom) {
      void note({ kind: 'belief', from: believedFrom, to: believedTo });
    }
    believedFrom = undefined;
  };
  setInterval(() => {
    const before = now();
    if (before - lastProbeAt > STALL_MS) {
      void note({ kind: 'stall', from: lastProbeAt, to: before });
      endBelief();
    }
    lastProbeAt = before;
    if (!leader.isLeader()) return endBelief();
    // Somewhere between these two instants it believed: neither end is stretched.
    believedTo = before;
    believedFrom ??= now();
    if (believedTo - believedFrom > 1000) endBelief();
  }, PROBE_MS).unref();
}

type Request =
  | { readonly kind: 'clock'; readonly offsetMs: number }
  | { readonly kind: 'history'; readonly id: number; readonly limit: number };

async function answer(request: Request): Promise<void> {
  if (request.kind === 'clock') return setClockOffset(request.offsetMs);
  const records = await historyOf(request.limit).catch((error: unknown) => String(error));
  process.send?.({ kind: 'history', id: request.id, records });
}

/** The history of every job, as `HistoryEntry` of `evidence.ts`. */
async function historyOf(limit: number): Promise<object[]> {
  const histories = await Promise.all(
    Object.values(CHAOS_JOBS).map(({ name }) => schedule.history(name, { limit })),
  );
  return histories.flat().map(({ job, tick, runId, outcome, reason, podId: by, missed }) => ({
    job,
    tick: tick.getTime(),
    runId,
    outcome,
    reason,
    by,
    since: missed?.since.getTime(),
  }));
}
