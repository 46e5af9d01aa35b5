import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { expect, it } from '@jest/globals';

/*
 * In a process of its own, without jest: what a module keeps that is loaded by `import()` depends on who loads it.
 */
const SCRIPT = `
  import 'reflect-metadata';
  import { AsyncLocalStorage } from 'node:async_hooks';
  import { setTimeout } from 'node:timers/promises';
  import { Module } from '@nestjs/common';
  import { NestFactory } from '@nestjs/core';
  import { ScheduleModule, ScheduleService } from './dist/index.js';

  class AppModule {}
  Module({ imports: [ScheduleModule.forRoot({ mode: 'ram' })] })(AppModule);
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
  const schedule = app.get(ScheduleService);
  schedule.create('a', '* * * * * *', () => undefined);
  const requests = new AsyncLocalStorage();
  const refs = {};
  for (const name of ['jobs', 'status', 'history', 'running', 'pods', 'runNow']) {
    await (async () => {
      const request = { name };
      refs[name] = new WeakRef(request);
      await requests.run(request, () => schedule[name](name === 'runNow' ? 'a' : undefined));
    })();
  }
  const kept = () => {
    gc();
    return Object.keys(refs).filter(name => refs[name].deref() !== undefined);
  };
  for (let tries = 0; tries < 20 && kept().length > 0; tries += 1) await setTimeout(100);
  console.log(JSON.stringify(kept()));
  await app.close();
`;

it('keeps nothing of a request that was the first to call a method', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    '--input-type=module',
    '-e',
    SCRIPT,
  ]);
  expect(JSON.parse(stdout)).toEqual([]);
}, 30_000);
