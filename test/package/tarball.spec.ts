import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { MINUTE } from '../support/durations.js';
import { RedisServer } from '../support/redis-server.js';

const run = promisify(execFile);

const npm = async (folder: string, ...args: string[]) =>
  run('npm', [...args, '--no-audit', '--no-fund'], { cwd: folder });

const DECLARE_AND_RUN = `
const job = (target, key, decorator) => decorator(target.prototype, key, Object.getOwnPropertyDescriptor(target.prototype, key));
async function main() {
  class Jobs { run({ job, tick }) { console.log('ran ' + job + ' ' + (tick instanceof Date)); void app.close(); } }
  job(Jobs, 'run', LeaderCron('* * * * * *'));
  class AppModule {}
  Module({ imports: [ScheduleModule.forRoot({ mode: process.argv[2] })], providers: [Jobs] })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
}
main().catch(error => { console.log(error.code + ' ' + error.message); });
`;

const PROGRAMS = {
  'app.mjs': `import 'reflect-metadata'; import { Module } from '@nestjs/common'; import { NestFactory } from '@nestjs/core'; import { LeaderCron, ScheduleModule } from 'nestjs-leader-schedule';${DECLARE_AND_RUN}`,
  'app.cjs': `require('reflect-metadata'); const { Module } = require('@nestjs/common'); const { NestFactory } = require('@nestjs/core'); const { LeaderCron, ScheduleModule } = require('nestjs-leader-schedule');${DECLARE_AND_RUN}`,
  'copies.mjs': `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
for (const path of ['.', './fencing', './health', './metrics', './testing']) {
  const name = 'nestjs-leader-schedule' + path.slice(1);
  // The peers of two subpaths are not installed here: both fail alike.
  const ways = [async () => import(name), async () => require(name)];
  const [imported, required] = await Promise.all(ways.map(load => load().catch(error => ({ missing: error.code }))));
  const names = Object.keys(imported).filter(key => key !== 'default' && key !== 'module.exports');
  console.log(path, names.length > 0 && names.every(key => imported[key] === required[key] || key === 'missing'));
}`,
  'valkey.mjs': `import 'reflect-metadata'; import { Module } from '@nestjs/common'; import { NestFactory } from '@nestjs/core';
import { Redis } from 'iovalkey'; import { ScheduleModule, ScheduleService } from 'nestjs-leader-schedule';
const port = Number(process.argv[2]);
const client = new Redis({ port, lazyConnect: true });
for (const redis of [client, ({ options }) => new Redis({ port, ...options })]) {
  class AppModule {}
  Module({ imports: [ScheduleModule.forRoot({ appName: typeof redis, redis })] })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  const schedule = app.get(ScheduleService);
  schedule.create('asked', '-', () => undefined);
  const { outcome } = await schedule.runAndWait('asked', { maxWait: '20s' });
  console.log(typeof redis, outcome);
  await app.close();
}
client.disconnect();`,
  'fencing.mjs': `import { FencedRedis } from 'nestjs-leader-schedule/fencing';
const redis = { evalsha: async () => { throw new Error('NOSCRIPT'); }, eval: async (lua, ...rest) => ['written', [lua.length > 0, ...rest]] };
console.log(JSON.stringify(await new FencedRedis(redis).write({ token: 7 }, 'SET', 'a', 'b')));`,
};

/** No optional peer stands beside it: what the resolver of jest throws of one is of another realm than its tests. */
const JEST_SPEC = `
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { expect, it } from '@jest/globals';
import { LeaderCron, ScheduleModule, ScheduleService } from 'nestjs-leader-schedule';
import { ScheduleTesting } from 'nestjs-leader-schedule/testing';

let calls = 0;
class Jobs { run() { calls += 1; } }
LeaderCron('0 3 * * *', { name: 'nightly' })(Jobs.prototype, 'run', Object.getOwnPropertyDescriptor(Jobs.prototype, 'run'));
Injectable()(Jobs);
class AppModule {}
Module({ imports: [ScheduleModule.forRoot({ mode: 'ram' })], providers: [Jobs] })(AppModule);

it('starts an application in RAM mode', async () => {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  expect(await app.get(ScheduleService).runAndWait('nightly', { maxWait: '5s' })).toMatchObject({ outcome: 'succeeded' });
  expect(calls).toBe(1);
  await app.close();
});

it('runs its jobs in virtual time', async () => {
  const testing = new ScheduleTesting();
  const module = await testing.attach(Test.createTestingModule({ imports: [AppModule] })).compile();
  await module.init();
  await testing.advance('48h');
  expect(calls).toBe(3);
  expect(testing.runsOf('nightly')).toHaveLength(2);
  await module.close();
});

it('reports that ioredis is missing, with the install command, in Redis mode', async () => {
  class RedisModule {}
  Module({ imports: [ScheduleModule.forRoot({ mode: 'redis' })] })(RedisModule);
  const booting = NestFactory.createApplicationContext(RedisModule, { logger: false, abortOnError: false });
  await expect(booting).rejects.toMatchObject({ code: 'MISSING_PEER', message: expect.stringContaining('npm install ioredis') });
});
`;

let folder: string;

/** An empty project that installs the packed tarball, beside this version of Nest. */
async function install(nest: string): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'leader-schedule-package-'));
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]);
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  await writeFile(join(folder, 'package.json'), '{ "private": true, "jest": { "transform": {} } }');
  await writeFile(join(folder, 'app.spec.mjs'), JEST_SPEC);
  for (const [name, text] of Object.entries(PROGRAMS)) await writeFile(join(folder, name), text);
  const nests = ['common', 'core', 'testing'].map(name => `@nestjs/${name}@${nest}`);
  const peers = [...nests, 'reflect-metadata@0.2', 'rxjs@7', 'jest@30', 'iovalkey@0.4'];
  await npm(folder, 'install', join(folder, filename), ...peers);
}

async function node(...args: string[]): Promise<string> {
  const env = { ...process.env, NODE_OPTIONS: '' };
  const { stdout } = await run(process.execPath, ['--no-warnings', ...args], { cwd: folder, env });
  return stdout;
}

describe.each(['12', '11'])(
  'the packed tarball in an empty project with Nest %s and without ioredis',
  nest => {
    beforeAll(() => install(nest), 3 * MINUTE);
    afterAll(() => rm(folder, { recursive: true, force: true }));

    it('has no optional peer but @nestjs/testing', async () => {
      const lock = await readFile(join(folder, 'package-lock.json'), 'utf8');
      for (const peer of ['ioredis', '@nestjs/config', '@nestjs/event-emitter', '@opentelemetry/api'])
        expect(lock).not.toContain(`"node_modules/${peer}"`);
      expect(lock).toContain(`"node_modules/@nestjs/core"`);
    });

    it('has a command line, which reports that ioredis is missing with the install command', async () => {
      const call = run('node_modules/.bin/nestjs-leader-schedule', ['status'], {
        cwd: folder,
        env: { PATH: process.env['PATH'] },
      });
      await expect(call).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^MISSING_PEER: .*npm install ioredis/),
      });
    });

    it('runs a job in RAM mode', async () =>
      expect(await node('app.mjs', 'ram')).toMatch(/^ran Jobs\.run true/));

    it('is tested with jest', async () => {
      const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];
      const { stderr } = await run(process.execPath, ['--no-warnings', ...jest], {
        cwd: folder,
        env: { ...process.env, NODE_OPTIONS: '' },
      });
      expect(stderr).toContain('3 passed, 3 total');
    });

    it('is loaded once by a process that imports and requires it', async () => {
      const expected = ['.', './fencing', './health', './metrics', './testing'].map(path => `${path} true\n`);
      expect(await node('copies.mjs')).toBe(expected.join(''));
    });

    it('can be required by a CommonJS application', async () =>
      expect(await node('app.cjs', 'ram')).toMatch(/^ran Jobs\.run true/));

    it('brings the script of a fenced write along', async () =>
      expect(await node('fencing.mjs')).toBe('[true,2,"a","{a}:fence-token",7,0,"SET","b"]\n'));

    it(
      'runs jobs with a client, or a factory, of iovalkey',
      async () => {
        const server = await RedisServer.start();
        try {
          expect(await node('valkey.mjs', String(server.port))).toBe(
            'object succeeded\nfunction succeeded\n',
          );
        } finally {
          await server.dispose();
        }
      },
      MINUTE,
    );

    it('reports that ioredis is missing, with the install command, in Redis mode', async () =>
      expect(await node('app.mjs', 'redis')).toMatch(/^MISSING_PEER .*npm install ioredis/));
  },
);
