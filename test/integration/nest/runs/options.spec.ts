import { describe, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { load } from 'js-yaml';

import { type JobContext, LeaderCron, ScheduleModule } from '../../../../lib/index.js';
import { bootApp } from '../../../support/nest-app.js';
import { EVERY_SECOND, NEVER, useModes } from './modes.js';

const modes = useModes();

describe.each(modes)('jobs in $mode mode', ({ boot }) => {
  it('have defaults from YAML, where the decorator says nothing else', async () => {
    const yaml = load(`
        schedule:
          jobs:
            defaults:
              retry: { attempts: 2, backoff: 1ms }
              timeout: 100ms
              history: { keep: 1 }
      `) as object;
    @Injectable()
    class Jobs {
      @LeaderCron(NEVER, { name: 'by-default' })
      one() {
        throw new Error('no');
      }
      @LeaderCron(NEVER, { name: 'of-its-own', retry: { attempts: 3 }, history: true })
      two() {
        throw new Error('no');
      }
      @LeaderCron(NEVER, { name: 'late', retry: { attempts: 1 } })
      late({ signal }: JobContext) {
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('late'))));
      }
    }
    const config = ConfigModule.forRoot({
      ignoreEnvFile: true,
      load: [() => yaml],
    });
    const { service, run } = await boot([Jobs], {}, [config]);
    await run('by-default', 1);
    await run('of-its-own', 1);
    await run('late', 1);
    expect((await service.lastRun('by-default'))?.attempts).toBe(2);
    expect((await service.lastRun('of-its-own'))?.attempts).toBe(3);
    expect((await service.lastRun('late'))?.outcome).toBe('timed-out');
  });

  it('have defaults from code, which are stronger', async () => {
    const yaml = { schedule: { jobs: { defaults: { retry: { attempts: 2, backoff: '1ms' } } } } };
    @Injectable()
    class Jobs {
      @LeaderCron(NEVER, { name: 'job' })
      run() {
        throw new Error('no');
      }
    }
    const config = ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => yaml] });
    const { run } = await boot([Jobs], { jobs: { defaults: { retry: { attempts: 4 } } } }, [config]);
    const [last] = await run('job', 1);
    expect(last?.attempts).toBe(4);
  });
});

describe('invalid options of a job', () => {
  it.each<[object, RegExp]>([
    [{ overlap: 'sometimes' }, /Jobs\.run.*overlap.*'sometimes'/s],
    [{ catchUp: 'yes' }, /Jobs\.run.*catchUp/s],
    [{ catchUpWindow: '5s' }, /Jobs\.run.*catchUpWindow/s],
    [{ timeout: 'soon' }, /Jobs\.run.*timeout.*'soon'/s],
    [{ retry: { attempts: 0 } }, /Jobs\.run.*retry\.attempts.*0/s],
    [{ retry: { jitter: 2 } }, /Jobs\.run.*retry\.jitter.*2/s],
    [{ retry: { backoff: '2m', maxBackoff: '1m' } }, /Jobs\.run.*maxBackoff/s],
    [{ recover: 'yes' }, /Jobs\.run.*recover/s],
    [{ history: { keep: -1 } }, /Jobs\.run.*history\.keep.*-1/s],
    [{ overlaps: 'skip' }, /Jobs\.run.*overlaps.*overlap/s],
    [{ waitForCompletion: true, overlap: 'allow' }, /Jobs\.run.*waitForCompletion/s],
  ])('%p are refused, and the method is named', async (more, message) => {
    @Injectable()
    class Jobs {
      @LeaderCron(EVERY_SECOND, more)
      run() {}
    }
    const booted = bootApp({ imports: [ScheduleModule.forRoot({ mode: 'ram' })], providers: [Jobs] });
    const error: unknown = await booted.then(
      () => new Error('it booted'),
      (refusal: unknown) => refusal,
    );
    expect(error).toMatchObject({ code: 'INVALID_OPTIONS' });
    expect(String(error)).toMatch(message);
  });
});
