import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { TerminusModule } from '@nestjs/terminus';

import { redisKeys } from '../../../lib/adapters/redis/redis-keys.js';
import { ScheduleHealthIndicator, ScheduleHealthModule } from '../../../lib/health/index.js';
import { LeaderService, ScheduleModule, ScheduleService } from '../../../lib/index.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';
import { RedisServer } from '../../support/redis-server.js';

const KEY = 'forged:leader';
const FORGED = `pod\u001b[2J\n\u009b31m\u202Eteert\u0000\u2028`;
// oxlint-disable-next-line no-control-regex
const OBEYED = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2028\u2029]/;

/** Every text in a value that a terminal or a page would obey. */
function obeyed(value: unknown): string[] {
  const found: string[] = [];
  JSON.stringify(value, (name, one: unknown) => {
    for (const text of [name, one]) if (typeof text === 'string' && OBEYED.test(text)) found.push(text);
    return one;
  });
  return found;
}

describeWithRedis('the name of a pod with controls in it', () => {
  const podName = process.env['POD_NAME'];
  const apps: BootedApp[] = [];
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterEach(async () => {
    if (podName === undefined) delete process.env['POD_NAME'];
    else process.env['POD_NAME'] = podName;
    await Promise.all(apps.splice(0).map(app => app.close()));
    await server.command('FLUSHALL');
  });
  afterAll(() => server.dispose());

  const boot = async () => {
    const leader = { key: KEY, interval: '200ms', ttl: '2s' };
    const app = await bootApp({
      imports: [ScheduleModule.forRoot({ redis: server.url, leader }), TerminusModule, ScheduleHealthModule],
    });
    apps.push(app);
    app.get(ScheduleService).create('often', '* * * * * *', () => undefined);
    return app;
  };

  const shown = async (app: BootedApp) => ({
    status: await app.get(ScheduleService).status(),
    pods: await app.get(ScheduleService).pods(),
    leader: await app.get(LeaderService).current(),
    health: await app.get(ScheduleHealthIndicator).isHealthy('schedule'),
    runs: await app.get(ScheduleService).history(),
  });

  it('is sanitized where it comes from POD_NAME', async () => {
    process.env['POD_NAME'] = FORGED;
    const app = await boot();
    await eventually(async () => (await app.get(ScheduleService).history()).length > 0);
    const answers = await shown(app);
    expect(answers.leader).toMatchObject({ isThisPod: true });
    expect(answers.leader?.podId).toMatch(/^pod-.*-\d+-\w+$/);
    expect(obeyed(answers)).toEqual([]);
    expect(obeyed(await server.command('GET', KEY))).toEqual([]);
  });

  it('is sanitized where it comes from Redis', async () => {
    const keys = redisKeys(KEY);
    await server.command('SET', keys.lease, `${FORGED}|${Date.now()}`, 'PX', '60000');
    await server.command('HSET', keys.pods, FORGED, `${Date.now()}|${Date.now()}|1|${FORGED}`);
    const app = await boot();
    const followed: unknown[] = [];
    app.get(ScheduleService).events.subscribe(event => followed.push(event));
    await eventually(async () => (await app.get(LeaderService).current()) !== undefined);
    await eventually(() => app.lines.some(line => line.includes('follows')));
    const answers = await shown(app);
    expect(answers.health).toMatchObject({ schedule: { leader: answers.leader?.podId } });
    expect(answers.pods.some(pod => pod.isLeader)).toBe(true);
    expect(obeyed([answers, followed])).toEqual([]);
  });
});
