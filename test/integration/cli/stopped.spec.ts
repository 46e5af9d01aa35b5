import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Redis } from 'ioredis';

import { LeaderService, ScheduleModule, ScheduleService } from '../../../lib/index.js';
import { cli, cliJson, CliProcess } from '../../support/cli.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';
import { RedisMonitor } from '../../support/redis-monitor.js';
import { RedisServer } from '../../support/redis-server.js';

const PREFIX = '{scheduler:shop:leader}';
/** Not while these tests run. */
const NEVER = '0 0 0 29 2 *';
const ESC = '\u001b[2J';

interface JobsAnswer {
  readonly jobs: readonly {
    readonly name: string;
    readonly isStopped: boolean;
    readonly stoppedOn: readonly string[];
    readonly nextTicks: readonly string[];
  }[];
}

interface StatusAnswer {
  readonly stoppedJobs: readonly { readonly job: string; readonly stoppedOn: readonly string[] }[];
}

const apps: BootedApp[] = [];
let server: RedisServer;
let redis: Redis;
let environment: NodeJS.ProcessEnv;
let leader: string;
let follower: string;

const boot = async () => {
  const timing = { interval: '200ms', ttl: '5s' } as const;
  const app = await bootApp({
    imports: [ScheduleModule.forRoot({ appName: 'shop', redis: server.url, leader: timing })],
  });
  apps.push(app);
  for (const job of ['invoices', 'letters']) app.get(ScheduleService).create(job, NEVER, () => undefined);
  return app;
};

const call = (...args: string[]) => cli(args, environment);
const jobs = async () => (await cliJson<JobsAnswer>(['jobs'], environment)).jobs;
const stoppedJobs = async () => (await cliJson<StatusAnswer>(['status'], environment)).stoppedJobs;
const digestOf = (page: string) => `1-${createHash('sha256').update(page).digest('hex').slice(0, 32)}`;

/** Puts a candidate there that no pod is, with one page of jobs. */
const forge = async (id: string, page: string, jobSet = digestOf(page)) => {
  const [seconds = 0] = await redis.time();
  const now = Number(seconds) * 1000;
  await redis.set(`${PREFIX}:jobset:${jobSet}:0`, page, 'PX', 60_000);
  await redis.hset(`${PREFIX}:candidates`, id, `${now}|${now}|${jobSet}|up|0|3000|10000`);
};

beforeAll(async () => {
  server = await RedisServer.start();
  redis = new Redis(server.url);
  environment = { REDIS_URL: server.url, SCHEDULE_APP_NAME: 'shop', TZ: 'UTC' };
  const first = await boot();
  await first.get(LeaderService).waitForLeadership();
  const second = await boot();
  leader = first.get(LeaderService).podId;
  follower = second.get(LeaderService).podId;
  await eventually(async () => (await redis.hlen(`${PREFIX}:specs`)) === 2);
});
afterAll(async () => {
  await Promise.all(apps.map(app => app.close()));
  redis.disconnect();
  await server.dispose();
});

describeWithRedis('a job that is stopped on a pod, on the command line', () => {
  it('is none while all tick everywhere', async () => {
    expect(await stoppedJobs()).toEqual([]);
    expect((await call('status')).stdout).not.toContain('stopped');
    expect((await call('jobs')).stdout).not.toContain('stopped');
    await apps[1]?.get(SchedulerRegistry).getCronJob('letters').stop();
    await eventually(async () => (await apps[0]?.get(ScheduleService).status())?.stoppedJobs.length === 1);
  });

  it('is shown by `jobs`, with its next ticks on the leader, where it goes on', async () => {
    const [invoices, letters] = await jobs();
    expect(invoices).toMatchObject({ name: 'invoices', isStopped: false, stoppedOn: [] });
    expect(letters).toMatchObject({ name: 'letters', isStopped: false, stoppedOn: [follower] });
    expect(letters?.nextTicks).toHaveLength(5);
    const { stdout } = await call('jobs');
    expect(stdout.replace(/\s+/g, ' ')).toContain(`stopped on ${follower}`);
  });

  it('is shown by `status`', async () => {
    expect(await stoppedJobs()).toEqual([{ job: 'letters', stoppedOn: [follower] }]);
    const { stdout } = await call('status');
    expect(stdout).toMatch(new RegExp(`^stopped +letters on ${follower}$`, 'm'));
  });

  it('is read again while `status` watches, and a job set that is known is not', async () => {
    const read: string[] = [];
    const monitor = await RedisMonitor.start(server.port, ({ source, name, key }) => {
      // Pods read their own pages in a script.
      if (source !== 'lua' && name === 'get' && key.startsWith(`${PREFIX}:jobset:`)) read.push(key);
    });
    const watching = new CliProcess(['status', '--watch', '100ms', '-o', 'json'], environment);
    await eventually(() => watching.stdout.split('\n').length > 5);
    watching.interrupt();
    await watching.end();
    monitor.close();
    expect(read.length).toBe(2);
    expect(new Set(read).size).toBe(2);
  });

  it('is shown without control characters, also of a job that the leader does not have', async () => {
    const page = JSON.stringify({ app: 'shop', version: '', jobs: [[`odd${ESC}`, '', {}, true]] });
    await forge(`ghost${ESC}`, page);
    const { stdout } = await call('status');
    expect(stdout).toMatch(/^stopped +letters on \S+; odd\S* on ghost\S*$/m);
    expect(stdout).not.toContain('\u001b');
    expect((await call('status', '-o', 'json')).stdout).not.toContain('\u001b');
    expect(await stoppedJobs()).toHaveLength(2);
    await redis.hdel(`${PREFIX}:candidates`, `ghost${ESC}`);
  });

  it('is ignored in a job set that does not match its digest', async () => {
    const page = JSON.stringify({ app: 'shop', version: '', jobs: [['invoices', '', {}, true]] });
    await forge('ghost', page, digestOf('other'));
    expect(await stoppedJobs()).toEqual([{ job: 'letters', stoppedOn: [follower] }]);
    await redis.hdel(`${PREFIX}:candidates`, 'ghost');
  });

  it('is shown of the leader, too', async () => {
    const one = apps[0]?.get(SchedulerRegistry).getCronJob('letters');
    await one?.stop();
    const both = [leader, follower].sort();
    await eventually(async () => (await jobs())[1]?.stoppedOn.length === 2);
    expect((await jobs())[1]).toMatchObject({ isStopped: true, stoppedOn: both, nextTicks: [] });
    expect(await stoppedJobs()).toEqual([{ job: 'letters', stoppedOn: both }]);
  });
});
