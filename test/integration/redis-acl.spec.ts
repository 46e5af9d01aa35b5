import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';

import { LeaderService, ScheduleModule, ScheduleService } from '../../lib/index.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { eventually } from '../support/eventually.js';
import { bootApp, type BootedApp } from '../support/nest-app.js';
import { RedisServer } from '../support/redis-server.js';

const page = readFileSync('docs/kubernetes.md', 'utf8');
const rules = /<!-- acl -->\s+```\n(.*?)```/s.exec(page)?.[1]?.trim().split(/\s+/) ?? [];
let server: RedisServer;
const apps: BootedApp[] = [];

beforeAll(async () => {
  server = await RedisServer.start();
  await server.command(...(rules as [string, ...string[]]));
  await addRuleOfNewerServers();
});
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});
afterAll(() => server.dispose());

/** Redis 7.0 knows neither the command nor the rule. */
async function addRuleOfNewerServers(): Promise<void> {
  const rule = /Servers from 7\.2 on .*?`(\+[\w|]+)`/.exec(page)?.[1] ?? '';
  const [command] = (await server.command('COMMAND', 'INFO', rule.slice(1))) as unknown[];
  if (command !== null) await server.command('ACL', 'SETUSER', 'billing', rule);
}

describeWithRedis('A scheduler with no more rights than the page on Kubernetes lists', () => {
  it('does everything that it can do', async () => {
    const redis = `redis://billing:secret@127.0.0.1:${server.port}`;
    const options = { appName: 'billing', redis, leader: { interval: '100ms', ttl: '1s' } };
    const app = await bootApp({ imports: [ScheduleModule.forRoot(options)] });
    apps.push(app);
    const [schedule, leader] = [app.get(ScheduleService), app.get(LeaderService)];
    let release = (): void => undefined;
    schedule.create('often', '@every 50ms', () => undefined, { catchUp: 'all' });
    schedule.create(
      'long',
      '-',
      ({ signal }) =>
        new Promise<void>((resolve, reject) => {
          release = resolve;
          signal.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    );
    await leader.waitForLeadership();
    await eventually(() => schedule.lastSuccess('often'));
    // Not the job that ticks: a run of it may be under way.
    schedule.create('asked', '-', () => undefined);
    expect(await schedule.runAndWait('asked', { maxWait: '5s' })).toMatchObject({ outcome: 'succeeded' });
    await schedule.reschedule('often', '@every 20ms');
    await schedule.pause('often', { duration: '1h', reason: 'a test' });
    expect(await schedule.resume('often')).toBe(true);
    await schedule.runNow('long');
    const run = await eventually(async () => (await schedule.running()).find(({ job }) => job === 'long'));
    expect(await schedule.abortRun(run.runId)).toBe('aborted');
    await eventually(async () => (await schedule.lastRun('long'))?.outcome === 'aborted');
    expect((await schedule.jobs()).map(({ isRescheduled }) => isRescheduled)).toEqual([false, false, true]);
    expect(await schedule.pods()).toHaveLength(1);
    expect(await schedule.status()).toMatchObject({ isStoreAvailable: true });
    expect(await schedule.history()).not.toEqual([]);
    expect(await leader.resign()).toBe(true);
    release();
    expect(await server.command('ACL', 'LOG')).toEqual([]);
    expect(app.lines.filter(line => /NOPERM|no permissions/.test(line))).toEqual([]);
  });
});

describeWithRedis('The commands that the page on Kubernetes lists', () => {
  it('are all known to Redis 6.2', async () => {
    const names = rules.filter(rule => rule.startsWith('+')).map(rule => rule.slice(1));
    const words = (await server.command('COMMAND', 'DOCS', ...names)) as unknown[];
    const newer = names.flatMap(name => {
      const facts = words[words.indexOf(name) + 1];
      const since = Array.isArray(facts) ? String(facts[facts.indexOf('since') + 1]) : 'unknown';
      return /^([1-5]|6\.[0-2])\./.test(since) ? [] : [`${name} ${since}`];
    });
    expect(names).toContain('evalsha');
    expect(newer).toEqual([]);
  });
});

describeWithRedis('A scheduler without the right to name its connections', () => {
  it('leads and runs jobs without the right to name its connections', async () => {
    await server.command(
      'ACL',
      'SETUSER',
      'nameless',
      'on',
      '>secret',
      '~*',
      '&*',
      '+@all',
      '-client|setname',
    );
    const redis = `redis://nameless:secret@127.0.0.1:${server.port}`;
    const options = { appName: 'nameless', redis, leader: { interval: '100ms', ttl: '1s' } };
    const app = await bootApp({ imports: [ScheduleModule.forRoot(options)] });
    apps.push(app);
    const schedule = app.get(ScheduleService);
    schedule.create('often', '@every 50ms', () => undefined);
    schedule.create('asked', '-', () => undefined);
    await app.get(LeaderService).waitForLeadership();
    await eventually(() => schedule.lastSuccess('often'));
    expect(await schedule.runAndWait('asked', { maxWait: '5s' })).toMatchObject({ outcome: 'succeeded' });
    expect(await schedule.status()).toMatchObject({ isStoreAvailable: true });
    expect(app.lines.filter(line => /^(warn|error).*NOPERM/.test(line))).toEqual([]);
  });
});
