import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { redisKeys } from '../../../lib/adapters/redis/redis-keys.js';
import { LeaderService, ScheduleModule, ScheduleService } from '../../../lib/index.js';
import { cli } from '../../support/cli.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { eventually } from '../../support/eventually.js';
import { GARBAGE } from '../../support/garbage.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';
import { RedisServer } from '../../support/redis-server.js';

const KEYS = redisKeys('scheduler:garbled:leader');
const HUGE = '99999999999999999999';
const YEAR_2100 = Date.UTC(2100, 0);
let server: RedisServer;
let app: BootedApp;
let schedule: ScheduleService;
let environment: NodeJS.ProcessEnv;
let now: number;
const bad: string[] = [];

const json = async (...args: string[]) => {
  const { code, stdout } = await cli([...args, '-o', 'json'], environment);
  expect(code).toBe(0);
  return JSON.parse(stdout);
};

const text = async (...args: string[]) => {
  const { code, stdout } = await cli(args, environment);
  expect(code).toBe(0);
  return stdout;
};

/** Writes an ended run: its slot, its score in the index, and a text in place of its record. */
const garble = async (slot: string, score: string, packed: string) => {
  bad.push(slot);
  await server.command('HSET', KEYS.runs('job'), slot, packed);
  await server.command('ZADD', KEYS.index('job'), score, slot);
};

beforeAll(async () => {
  server = await RedisServer.start();
  environment = { REDIS_URL: server.url, SCHEDULE_APP_NAME: 'garbled', TZ: 'Europe/Berlin' };
  const leader = { interval: '200ms', ttl: '2s' } as const;
  app = await bootApp({
    imports: [ScheduleModule.forRoot({ appName: 'garbled', redis: server.url, leader })],
  });
  schedule = app.get(ScheduleService);
  schedule.create('job', '-', () => undefined);
  schedule.create('goes-on', '-', ({ signal }) => {
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('ended'))));
  });
  await app.get(LeaderService).waitForLeadership();
  await schedule.runAndWait('job', { maxWait: '10s' });
  await schedule.runNow('goes-on');
  await eventually(async () => (await schedule.running()).length === 1);
  now = Date.now();
  let slot = now - 100_000;
  for (const value of Object.values(GARBAGE)) await garble(String((slot += 1)), String(slot), value);
  await garble(HUGE, '1e300', 'succeeded|r|1|1|1||{}');
  await garble(String((slot += 1)), String(slot), `succeeded|r|${HUGE}|1|1||{}`);
  await server.command('ZADD', KEYS.unfinished, String(now + 60_000), `${HUGE}|goes-on`);
  await server.command('ZADD', KEYS.unfinished, String(now + 60_000), `${now}|goes-on`);
  await server.command('HSET', KEYS.runs('goes-on'), String(now), 'cla\u001B[2Jimed');
}, 60_000);
afterAll(async () => {
  await app.close();
  await server.dispose();
});

describeWithRedis('an unreadable record', () => {
  it('hides no other entry of the history, and is shown with its beginning', async () => {
    for (const job of ['job', undefined]) {
      const runs = await schedule.history(job);
      expect(runs.map(({ outcome }) => outcome).sort()).toEqual([
        'succeeded',
        ...bad.map(() => 'unreadable'),
      ]);
      expect(runs[0]).toMatchObject({ tick: new Date(8.64e15), reason: `${HUGE}: succeeded|r|1|1|1||{}` });
    }
    expect(await schedule.history('job', { outcome: 'succeeded' })).toHaveLength(1);
    expect(await schedule.history('job', { outcome: 'unreadable' })).toHaveLength(bad.length);
    expect(await schedule.history(undefined, { limit: 1 })).toMatchObject([{ outcome: 'unreadable' }]);
    const paged = await schedule.history('job', { limit: 5 });
    const more = await schedule.history('job', { limit: 50, before: paged.at(-1) });
    expect(paged.length + more.length).toBe(bad.length + 1);
  });

  it('is shown by the command line, on one line, in text and in JSON', async () => {
    const { runs } = await json('history', 'job');
    expect(runs).toHaveLength(bad.length + 1);
    expect(runs.filter((run: { outcome: string }) => run.outcome === 'succeeded')).toHaveLength(1);
    const table = await text('history', 'job');
    expect(table).toContain('unreadable');
    expect(table).toContain('succeeded');
    expect(table).not.toContain('\u001B[2J');
    expect(table.length).toBeLessThan(20_000);
  });

  it('hides no run that goes on', async () => {
    const runs = await schedule.running();
    expect(runs.map(({ outcome }) => outcome).sort()).toEqual(['running', 'unreadable', 'unreadable']);
    expect(runs.map(({ reason }) => reason)).toContain(`${now}: claimed`);
    expect((await json('running')).runs).toHaveLength(3);
    expect((await json('status')).running).toHaveLength(3);
    for (const verb of ['running', 'status']) expect(await text(verb)).toMatch(/unreadable[^]*goes-on/);
    const jobs = await schedule.jobs();
    expect(jobs.find(({ name }) => name === 'goes-on')?.running).toHaveLength(1);
  });

  it.each(Object.entries(GARBAGE))('is shown as the last run of a job: %s', async (name, value) => {
    await server.command('HSET', KEYS.job('job'), 'lastRun', value, 'lastSuccess', value);
    const [job] = (await schedule.jobs()).filter(one => one.name === 'job');
    expect(job?.lastRun?.outcome).toBe(name === 'empty' ? undefined : 'unreadable');
    expect(await schedule.lastRun('job')).toMatchObject({ outcome: 'unreadable' });
    expect(await schedule.lastSuccess('job')).toBeUndefined();
  });

  it('leaves the other columns of a table of jobs and pods as they are', async () => {
    await server.command('HSET', KEYS.specs, 'odd', '{"schedule":1e300}', 'job2', '\u001B[2J');
    await server.command('HSET', KEYS.pods, 'odd', `${YEAR_2100}|nan||`);
    const { jobs } = await json('jobs');
    expect(jobs.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['job', 'goes-on', 'odd', 'job2']),
    );
    expect(await text('jobs')).toContain('unreadable');
    expect((await json('pods')).pods).toHaveLength(1);
  });
});
