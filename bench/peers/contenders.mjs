/*
 * The same job, due each second, by each contender's own documented means. `note(tick)` is the job; a contender
 * resolves to the function that stops it as its documentation says.
 */
import 'reflect-metadata';

export const CONTENDERS = {
  'this package': options => leaderSchedule(options, 'latest'),
  "this package, catchUp: 'all'": options => leaderSchedule(options, 'all'),
  'BullMQ Job Scheduler': bullmq,
  'node-cron, Redis coordinator': nodeCron,
  '@Cron, a redlock per tick': redlock,
  '@nestjs/schedule': plainCron,
};

const SECONDLY = '* * * * * *';

async function leaderSchedule({ redisUrl, note }, catchUp) {
  const { LeaderCron, ScheduleModule } = await import('../../dist/index.js');
  return nest(
    ScheduleModule.forRoot({ redis: redisUrl, jobs: { defaults: { catchUp } } }),
    LeaderCron(SECONDLY, { name: 'job' }),
    ({ tick }) => note(tick.getTime()),
  );
}

async function bullmq({ redisUrl, note }) {
  const { Queue, Worker } = await import('bullmq');
  const { hostname: host, port } = new URL(redisUrl);
  const connection = { host, port: Number(port), maxRetriesPerRequest: null };
  const worker = new Worker('jobs', job => note(job.opts.prevMillis), { connection });
  const queue = new Queue('jobs', { connection });
  for (const emitter of [worker, queue]) emitter.on('error', () => {});
  const kept = { removeOnComplete: 100, removeOnFail: 100 };
  await queue.upsertJobScheduler('job', { pattern: SECONDLY }, { name: 'job', opts: kept });
  return () => Promise.all([worker.close(), queue.close()]);
}

/** The coordinator as its documentation describes it: a lock for each name and fire time. */
async function nodeCron({ redisUrl, note }) {
  const { default: cron } = await import('node-cron');
  const redis = await client(redisUrl);
  cron.setLogger({ info() {}, warn() {}, error() {}, debug() {} });
  cron.setRunCoordinator({
    shouldRun: async (key, ttlMs) => (await redis.set(`node-cron:${key}`, '1', 'PX', ttlMs, 'NX')) === 'OK',
  });
  const run = ({ date }) => note(Math.floor(date.getTime() / 1000) * 1000);
  cron.schedule(SECONDLY, run, { name: 'job', distributed: true });
  return () => cron.shutdown();
}

/** On every pod. */
async function plainCron({ note }) {
  const { Cron, ScheduleModule } = await import('@nestjs/schedule');
  return nest(ScheduleModule.forRoot(), Cron(SECONDLY, { name: 'job' }), () =>
    note(Math.floor(Date.now() / 1000) * 1000),
  );
}

/** A key for each tick, kept: a lock that is released after a short job is free for a pod that comes late. */
async function redlock({ redisUrl, note }) {
  const [{ default: Redlock }, { Cron, ScheduleModule }] = await Promise.all([
    import('redlock'),
    import('@nestjs/schedule'),
  ]);
  const locks = new Redlock([await client(redisUrl)], { retryCount: 0 });
  locks.on('clientError', () => {});
  return nest(ScheduleModule.forRoot(), Cron(SECONDLY, { name: 'job' }), async () => {
    const tick = Math.floor(Date.now() / 1000) * 1000;
    const lock = await locks.lock(`lock:job:${tick}`, 30_000).catch(() => undefined);
    if (lock !== undefined) await note(tick);
  });
}

/** A client with its defaults, as an application has one already. */
async function client(redisUrl) {
  const { Redis } = await import('ioredis');
  const redis = new Redis(redisUrl);
  redis.on('error', () => {});
  return redis;
}

async function nest(scheduleModule, decorator, run) {
  const [{ Module }, { NestFactory }] = await Promise.all([import('@nestjs/common'), import('@nestjs/core')]);
  class Jobs {}
  const descriptor = { value: run, writable: true, configurable: true };
  decorator(Jobs.prototype, 'run', descriptor);
  Object.defineProperty(Jobs.prototype, 'run', descriptor);
  class AppModule {}
  Module({ imports: [scheduleModule], providers: [Jobs] })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  return () => app.close();
}
