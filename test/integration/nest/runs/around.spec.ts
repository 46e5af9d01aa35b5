import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';

import { describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';

import {
  type AroundAttempt,
  currentJob,
  LeaderCron,
  LeaderService,
  ScheduleModule,
  SchedulerRegistry,
} from '../../../../lib/index.js';
import { eventually } from '../../../support/eventually.js';
import { bootApp } from '../../../support/nest-app.js';
import { RAM, useApps } from '../support/use-apps.js';
import { NOW, useWorlds } from '../testing/use-worlds.js';
import { EVERY_SECOND, NEVER, useModes } from './modes.js';

const modes = useModes();
const boot = useApps();
const { world } = useWorlds();

const tenants = new AsyncLocalStorage<string>();
const seen = new Set<string>();
const note = (who: string) => seen.add(`${who} for ${tenants.getStore()} in ${currentJob()?.job}`);
@Injectable()
class Service {
  async work(who: string) {
    await pause(1);
    note(who);
  }
}
@Injectable()
class SurroundedJobs {
  constructor(private readonly service: Service) {}

  @LeaderCron(EVERY_SECOND, { name: 'ticks' })
  ticks() {
    return this.service.work('tick');
  }

  @LeaderCron(NEVER, { name: 'manual', retry: { attempts: 2, backoff: '1ms' } })
  async manual({ attempt }: { readonly attempt: number }) {
    await this.service.work(`attempt ${attempt}`);
    if (attempt === 1) throw new Error('again');
  }
}

@Injectable()
class FailingJobs {
  @LeaderCron(NEVER, { name: 'refused' })
  refused() {}

  @LeaderCron(NEVER, { name: 'left out' })
  leftOut() {}

  @LeaderCron(NEVER, { name: 'stuck', timeout: '20ms' })
  stuck() {}
}

describe.each(modes)('a function around attempts in $mode mode', ({ boot: bootIn }) => {
  it('surrounds ticks, manual runs and retries, deep into what they call', async () => {
    seen.clear();
    const around: AroundAttempt = (context, next) =>
      tenants.run(`tenant ${context.attempt}`, () => {
        note('around');
        return next();
      });
    const { run, service } = await bootIn([Service, SurroundedJobs], { around });
    await run('manual', 1);
    expect((await service.lastRun('manual'))?.outcome).toBe('succeeded');
    await eventually(() => seen.has('tick for tenant 1 in ticks'));
    expect([...seen].filter(one => one.endsWith('in manual'))).toEqual([
      'around for tenant 1 in manual',
      'attempt 1 for tenant 1 in manual',
      'around for tenant 2 in manual',
      'attempt 2 for tenant 2 in manual',
    ]);
  });

  it('has its errors recorded as those of runs', async () => {
    const around: AroundAttempt = async ({ job, signal }) => {
      if (job === 'refused') throw new TypeError('no tenant');
      if (job === 'stuck') await new Promise(resolve => signal.addEventListener('abort', resolve));
    };
    const { run } = await bootIn([FailingJobs], { around });
    expect(await run('refused', 1)).toMatchObject([
      { outcome: 'failed', error: { name: 'TypeError', message: 'no tenant' } },
    ]);
    expect(await run('left out', 1)).toMatchObject([{ outcome: 'failed', error: { name: 'AroundError' } }]);
    expect(await run('stuck', 1)).toMatchObject([{ outcome: 'timed-out' }]);
  });
});

describe('a function around attempts', () => {
  it('may come from a factory, which injects what it uses', async () => {
    const entered: string[] = [];
    @Injectable()
    class RequestContext {
      enter<Result>(job: string, call: () => Result): Result {
        entered.push(job);
        return call();
      }
    }
    @Module({ providers: [RequestContext], exports: [RequestContext] })
    class RequestContextModule {}
    @Injectable()
    class Jobs {
      @LeaderCron(NEVER, { name: 'job' })
      run() {}
    }
    const app = await boot({
      imports: [
        ScheduleModule.forRootAsync({
          imports: [RequestContextModule],
          inject: [RequestContext],
          useFactory: (requests: RequestContext) => ({
            ...RAM,
            around: (context, next) => requests.enter(context.job, next),
          }),
        }),
      ],
      providers: [Jobs],
    });
    await app.get(LeaderService).waitForLeadership();
    await app.get(SchedulerRegistry).getCronJob('job').fireOnTick();
    await eventually(() => entered.length > 0);
    expect(entered).toEqual(['job']);
  });

  it('surrounds the handlers of an application under test', async () => {
    const order: string[] = [];
    const around: AroundAttempt = async (_, next) => {
      order.push('around');
      await next();
    };
    const { schedule } = await world(() => order.push('handler'), { module: { ...RAM, around } });
    await schedule.advanceTo(new Date(Date.parse(NOW) + 3_600_000));
    expect(order).toEqual(['around', 'handler']);
  });

  it.each([{ around: 'cls' }, { around: {} }])('is refused when it is no function: %j', options =>
    expect(
      bootApp({ imports: [ScheduleModule.forRoot({ ...RAM, ...options } as never)] }),
    ).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message: expect.stringMatching(/around \(ScheduleModule options\): received .* Give a function/),
    }),
  );
});
