import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { LeaderService, ScheduleModule, ScheduleService, type RedisInput } from '../../../lib/index.js';
import { cli } from '../../support/cli.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { eventually } from '../../support/eventually.js';
import { bootApp, type BootedApp } from '../../support/nest-app.js';
import { RedisServer } from '../../support/redis-server.js';
import { startSentinel } from '../../support/sentinel.js';
import { TcpProxy } from '../../support/tcp-proxy.js';

const PASSWORD = 'open sesame';
let folder: string;
let server: RedisServer;
let node: RedisServer;
const apps: BootedApp[] = [];
const cleanUps: (() => unknown)[] = [];

const boot = async (redis: RedisInput, key: string) => {
  const leader = { key, interval: '300ms', ttl: '2s' } as const;
  const app = await bootApp({ imports: [ScheduleModule.forRoot({ redis, leader })] });
  apps.push(app);
  app.get(ScheduleService).create('cleanup', '@hourly', () => undefined);
  await app.get(LeaderService).waitForLeadership();
};

const yaml = async (name: string, text: string) => {
  await writeFile(join(folder, name), text);
  return join(folder, name);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'leader-schedule-cli-'));
  [server, node] = await Promise.all([
    RedisServer.start({ password: PASSWORD }),
    RedisServer.start({ args: ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'] }),
  ]);
  await node.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
  await eventually(async () => /cluster_state:ok/.test(String(await node.command('CLUSTER', 'INFO'))));
  await Promise.all([
    boot(server.url, 'plain'),
    boot({ nodes: [{ host: '127.0.0.1', port: node.port }] }, 'a:{tag}:b'),
  ]);
});
afterAll(async () => {
  await Promise.all(apps.map(app => app.close()));
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
  await Promise.all([server.dispose(), node.dispose()]);
  await rm(folder, { recursive: true, force: true });
});

describeWithRedis('the Redis that the command line reads', () => {
  it('works on a Cluster, and lists the schedulers of its masters', async () => {
    const where = ['--cluster', `127.0.0.1:${node.port}`];
    const [run, none] = await Promise.all([
      cli(['run', 'cleanup', '--wait', '5s', '--key', 'a:{tag}:b', ...where]),
      cli(['jobs', '--app', 'other', ...where]),
    ]);
    expect(run).toMatchObject({ code: 0, stdout: expect.stringMatching(/^succeeded/m) });
    expect(none).toMatchObject({ code: 3, stderr: expect.stringMatching(/^ {2}- a:\{tag\}:b$/m) });
  });

  it('takes the only scheduler in a Redis when the call names none, and says so', async () => {
    const unnamed = await yaml('unnamed.yaml', `schedule: { redis: '${server.url}' }`);
    const [alone, byConfig, named] = await Promise.all([
      cli(['jobs'], { REDIS_URL: server.url }),
      cli(['jobs', '--config', unnamed]),
      cli(['jobs', '--app', 'other'], { REDIS_URL: server.url }),
    ]);
    expect(alone).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^cleanup/m),
      stderr: 'Using the only scheduler in this Redis: --key plain\n',
    });
    // That YAML is of an application under the default key, which is not there.
    expect(byConfig).toMatchObject({ code: 3, stdout: '' });
    expect(named).toMatchObject({ code: 3, stdout: '' });
  });

  it('works behind a Sentinel', async () => {
    const sentinel = await startSentinel(server.port, cleanUps, PASSWORD);
    const where = ['--sentinel', `127.0.0.1:${sentinel}`, '--sentinel-name', 'main', '--key', 'plain'];
    const { code, stdout, stderr } = await cli(['jobs', ...where], { REDIS_PASSWORD: PASSWORD });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^cleanup/m);
  });

  it('says within seconds that Redis is away, hangs, or refuses, and shows no password', async () => {
    const proxy = await TcpProxy.start(server.port);
    cleanUps.push(() => proxy.close());
    await proxy.swallow();
    const wrong = server.url.replace(/:[^:@]+@/, ':wr0ng-secret@');
    const started = performance.now();
    const [refused, hanging, denied] = await Promise.all([
      cli(['status', '--redis-url', 'redis://127.0.0.1:1']),
      cli(['status', '--redis-url', proxy.url]),
      cli(['status', '--key', 'plain', '-o', 'json'], { REDIS_URL: wrong }),
    ]);
    expect(performance.now() - started).toBeLessThan(15_000);
    expect(refused).toMatchObject({ code: 5, stderr: expect.stringMatching(/ECONNREFUSED 127\.0\.0\.1:1/) });
    expect(hanging).toMatchObject({ code: 5, stderr: expect.stringMatching(/^STORE_UNAVAILABLE: Redis/) });
    expect(denied).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/(WRONGPASS|NOAUTH).*password is right/),
    });
    expect(denied.stderr).not.toContain('wr0ng-secret');
  });
});

describeWithRedis('the YAML that the command line reads', () => {
  it('reads the YAML of the application, and refuses what the application refuses', async () => {
    const redis = `redis: '${server.url}'`;
    const [good, wrong, torn] = await Promise.all([
      yaml('good.yaml', `core: { appName: shop }\nschedule: { ${redis}, leader: { key: plain } }`),
      yaml('wrong.yaml', `schedule: { ${redis}, leader: { tttl: 3s } }`),
      yaml('torn.yaml', 'schedule: [ {'),
    ]);
    const [read, byName, refused, unreadable, missing, ram] = await Promise.all([
      cli(['jobs', '--config', good]),
      cli(['jobs', '--config', good, '--app', 'shop']),
      cli(['jobs', '--config', wrong]),
      cli(['jobs', '--config', torn, '-o', 'json']),
      cli(['jobs', '--config', join(folder, 'none.yaml')]),
      cli(['jobs'], { SCHEDULE_MODE: 'ram' }),
    ]);
    expect(read).toMatchObject({ code: 0, stdout: expect.stringMatching(/^cleanup/m) });
    expect(byName).toMatchObject({ code: 3, stderr: expect.stringMatching(/'scheduler:shop:leader'/) });
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/'schedule\.leader\.ttl'/) });
    expect(JSON.parse(unreadable.stderr)).toMatchObject({ error: { code: 'INVALID_OPTIONS' } });
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringMatching(/no such file/) });
    expect(ram).toMatchObject({ code: 2, stderr: expect.stringMatching(/'ram'/) });
  });

  it('refuses misspelt sections of that YAML, and leaves those of the application alone', async () => {
    const redis = `redis: '${server.url}'`;
    const files = await Promise.all([
      yaml('name.yaml', `core: { app-name: shop }\nschedule: { ${redis} }`),
      yaml('section.yaml', `scheduler: { ${redis} }`),
      yaml('key.yaml', `schedule: { ${redis}, leadr: { key: plain } }`),
      yaml(
        'own.yaml',
        `core: { apiVersion: 2 }\nscheduler: { redis: no }\nschedule: { ${redis}, leader: { key: plain } }`,
      ),
    ]);
    const [name, section, key, own] = await Promise.all(files.map(file => cli(['jobs', '--config', file])));
    expect(name).toMatchObject({ code: 2, stderr: expect.stringMatching(/core\.app-name.*'core\.appName'/) });
    expect(section).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^.*scheduler .*'schedule\.redis'/m),
    });
    expect(section?.stderr).not.toContain(PASSWORD);
    expect(key).toMatchObject({ code: 2, stderr: expect.stringMatching(/'schedule\.leader/) });
    expect(own).toMatchObject({ code: 0, stdout: expect.stringMatching(/^cleanup/m) });
  });
});

describeWithRedis('what the command line refuses', () => {
  it('refuses what it cannot read, as words or as JSON', async () => {
    const [verb, option, json, both, none, address] = await Promise.all([
      cli(['dance']),
      cli(['status', '--wach']),
      cli(['run', '-o', 'json']),
      cli(['jobs', '--app', 'a', '--key', 'b']),
      cli([]),
      cli(['jobs', '--cluster', 'redis://here']),
    ]);
    expect(verb).toMatchObject({ code: 2, stderr: "USAGE: unknown command 'dance'\n" });
    expect(option).toMatchObject({ code: 2, stderr: expect.stringMatching(/Did you mean --watch\?/) });
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stderr)).toEqual({
      error: { code: 'USAGE', message: "missing required argument 'job'" },
    });
    expect(both).toMatchObject({ code: 2, stderr: expect.stringMatching(/not both/) });
    expect(none).toMatchObject({ code: 2, stderr: expect.stringMatching(/^Usage: /) });
    expect(address).toMatchObject({ code: 2, stderr: expect.stringMatching(/no address/) });
  });
});
