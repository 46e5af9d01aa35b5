/*
 * One application for the benches, in a process of its own.
 *
 *   VARIANT    bare Nest, `schedule`: @nestjs/schedule alone, `client`: with an ioredis client beside it, `lock`: with
 *              one SET NX before each run, `redlock`: with a redlock before each, which is kept, `redlock-released`: and
 *              released at the end, or this module in `ram` or `redis` mode
 *   JOBS       how many jobs           CRON, PERIOD_MS   when they are due; never by default
 *   WORK_MS    how long a run takes
 *   REDIS_INPUT, IOREDIS   the option `redis` as JSON, and the major version of the library; by default REDIS_URL, 6
 *   REPORT     `each`: every run is reported at once, so that it is known although the process is killed;
 *              `cpu`: the meter takes as little time as it can
 *
 * It reports to its parent when it is ready and when it leads, and on request what its meter shows; times are of the
 * system's monotonic clock.
 */
import 'reflect-metadata';

import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';

import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

import { Meter, report } from './pod-meter.mjs';

const now = () => Number(process.hrtime.bigint()) / 1e6;
const variant = process.env.VARIANT ?? 'bare';
const jobs = Number(process.env.JOBS ?? 0);
const cron = process.env.CRON ?? '0 0 1 1 *';
const periodMs = Number(process.env.PERIOD_MS ?? 1000);
const workMs = Number(process.env.WORK_MS ?? 0);
const meter = new Meter(process.env.REPORT);

/** The question before each run of a plain @Cron: may it run here? */
const LOCKS = {
  schedule: () => undefined,
  client: () => connect().then(() => undefined),
  lock: setNx,
  redlock,
};

const { imports, decorator, LeaderService, mayRun } = await parts();
class Jobs {}
for (let index = 0; index < jobs; index += 1) {
  const descriptor = { value: context => run(index, context), writable: true, configurable: true };
  decorator(`job-${index}`)(Jobs.prototype, `job${index}`, descriptor);
  Object.defineProperty(Jobs.prototype, `job${index}`, descriptor);
}
class AppModule {}
Module({ imports, providers: [Jobs] })(AppModule);
const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
const bootMs = performance.now();
const { user, system } = process.cpuUsage();
globalThis.gc?.();
report({ type: 'ready', bootMs, cpuMs: (user + system) / 1000, memory: process.memoryUsage() });
if (variant === 'redis' && process.env.REPORT !== 'cpu') meter.watchClaims(app);

if (LeaderService) {
  const leader = app.get(LeaderService);
  leader.changes.subscribe(({ isLeader }) => reportLeadership(isLeader));
  if (leader.isLeader()) reportLeadership(true);
  const resign = async () => {
    const [at, led] = [now(), leader.isLeader()];
    await leader.resign();
    report({ type: 'resigned', at, led });
  };
  process.on('message', request => {
    if (request === 'resign') void resign();
  });
}
process.on('message', request => {
  if (request === 'reset') meter.reset();
  if (request === 'figures') report({ type: 'figures', ...meter.figures() });
});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

/** The handler of every job. A plain @Cron has no context: its tick is the last one due. */
async function run(job, context) {
  const tick = context?.tick?.getTime() ?? Math.floor((Date.now() + 50) / periodMs) * periodMs;
  if (mayRun && !(await mayRun(job, tick))) return;
  meter.note(job, tick);
  if (workMs > 0) await pause(workMs);
}

function reportLeadership(isLeader) {
  report({ type: 'leadership', isLeader, at: now(), sinceBootMs: performance.now() - bootMs });
}

/** The option `redis`, where it is given as such. */
async function givenRedis() {
  const { REDIS_INPUT, IOREDIS } = process.env;
  if (REDIS_INPUT === undefined) return {};
  const input = JSON.parse(REDIS_INPUT);
  if (IOREDIS !== '5') return { redis: input };
  const { Cluster, Redis } = await import('ioredis-5');
  const { nodes } = input;
  const redis = ({ options }) =>
    nodes === undefined
      ? new Redis(...(typeof input === 'string' ? [input, options] : [{ ...input, ...options }]))
      : new Cluster(nodes, { ...options, redisOptions: options });
  return { redis };
}

async function parts() {
  if (variant === 'bare') return { imports: [], decorator: () => () => {} };
  if (LOCKS[variant] !== undefined) {
    const { Cron, ScheduleModule } = await import('@nestjs/schedule');
    const decorate = name => Cron(cron, { name });
    return { imports: [ScheduleModule.forRoot()], decorator: decorate, mayRun: await LOCKS[variant]() };
  }
  const library = await import('nestjs-leader-schedule');
  return {
    imports: [
      library.ScheduleModule.forRoot({ mode: variant === 'ram' ? 'ram' : 'redis', ...(await givenRedis()) }),
    ],
    decorator: name => library.LeaderCron(cron, { name }),
    LeaderService: library.LeaderService,
  };
}

async function connect() {
  const { Redis } = await import('ioredis');
  return new Redis(process.env.REDIS_URL);
}

async function setNx() {
  const redis = await connect();
  return async (job, tick) =>
    (await redis.set(`lock:${process.pid}:${job}:${tick}`, '1', 'PX', 30_000, 'NX')) === 'OK';
}

/** A key for each tick, kept, as in bench/peers; or released when the run has ended, as in the README of redlock. */
async function redlock() {
  const Redlock = createRequire(new URL('peers/package.json', import.meta.url))('redlock');
  const locks = new Redlock([await connect()], { retryCount: 0 });
  locks.on('clientError', () => {});
  return async (job, tick) => {
    const lock = await locks.lock(`lock:${job}:${tick}`, 30_000).catch(() => undefined);
    // The runs of the bench take no time.
    if (variant === 'redlock-released') await lock?.unlock().catch(() => {});
    return lock !== undefined;
  };
}
