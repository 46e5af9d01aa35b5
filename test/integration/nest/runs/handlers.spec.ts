import { describe, expect, it } from '@jest/globals';
import { Inject, Injectable, type LoggerService, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';

import { type JobContext, LeaderCron, LeaderService, SchedulerRegistry } from '../../../../lib/index.js';
import { SECOND } from '../../../support/durations.js';
import { eventually } from '../../../support/eventually.js';
import { RecordingLogger } from '../../../support/nest-app.js';
import { EVERY_SECOND, NEVER, useModes } from './modes.js';

/** Keeps the names under which lines are logged, too. */
class NamedLogger extends RecordingLogger implements LoggerService {
  readonly named: [string, string][] = [];
  override log = (message: unknown, name?: unknown): void => {
    this.named.push([String(name), String(message)]);
  };
}

const modes = useModes();

describe.each(modes)('jobs in $mode mode', ({ boot }) => {
  it('catch up a date at which no pod led', async () => {
    const contexts: JobContext[] = [];
    const date = new Date(Date.now() + 4 * SECOND);
    @Injectable()
    class Jobs {
      @LeaderCron(date, { name: 'once' })
      once(context: JobContext) {
        contexts.push(context);
      }

      @LeaderCron(NEVER, { name: 'other' })
      other() {}
    }
    const { app, service, run } = await boot([Jobs], { leader: { ttl: '4s', interval: '500ms' } });
    // By then the watermark of the job is stored.
    await run('other', 1);
    // It sits out a ttl, in which the date comes.
    await app.get(LeaderService).resign();
    expect(Date.now()).toBeLessThan(date.getTime());
    expect(await eventually(() => contexts[0], { within: 10 * SECOND })).toMatchObject({
      tick: date,
      catchUp: true,
    });
    await eventually(async () => (await service.lastRun('once'))?.outcome === 'succeeded');
    expect(contexts).toHaveLength(1);
  });

  it('pass the facts of the run to their handlers', async () => {
    const contexts: JobContext[] = [];
    @Injectable()
    class Jobs {
      @LeaderCron(EVERY_SECOND)
      collect(context: JobContext) {
        contexts.push(context);
      }
    }
    const { app } = await boot([Jobs]);
    const context = await eventually(() => contexts[0]);
    const { tick, startedAt, runId, signal } = context;
    expect(context).toMatchObject({
      job: 'Jobs.collect',
      attempt: 1,
      token: app.get(LeaderService).term?.token,
      catchUp: false,
      recovering: false,
      idempotencyKey: `Jobs.collect:${tick.toISOString()}`,
    });
    expect(tick.getMilliseconds()).toBe(0);
    expect(startedAt.getTime()).toBeGreaterThanOrEqual(tick.getTime() - 50);
    expect(runId).not.toBe('');
    expect(signal).toBeInstanceOf(AbortSignal);
    expect(signal.aborted).toBe(false);
  });
});

describe.each(modes)('the handlers of jobs in $mode mode', ({ boot }) => {
  it('log under their names', async () => {
    @Injectable()
    class Jobs {
      @LeaderCron(NEVER, { name: 'billing' })
      run({ logger }: JobContext) {
        logger.log('hello');
      }
    }
    const logger = new NamedLogger();
    const { run } = await boot([Jobs], {}, [], logger);
    await run('billing', 1);
    expect(logger.named).toContainEqual(['billing', 'hello']);
  });

  it('hand the context to what a request-scoped provider injects as its request', async () => {
    const seen: [unknown, JobContext][] = [];
    @Injectable({ scope: Scope.REQUEST })
    class Jobs {
      constructor(@Inject(REQUEST) private readonly request: unknown) {}
      @LeaderCron(NEVER, { name: 'scoped' })
      run(context: JobContext) {
        seen.push([this.request, context]);
      }
    }
    const { run } = await boot([Jobs]);
    await run('scoped', 1);
    await run('scoped', 2);
    expect(seen).toHaveLength(2);
    for (const [request, context] of seen) expect(request).toBe(context);
    expect(seen[0]?.[1].runId).not.toBe(seen[1]?.[1].runId);
  });
});

describe.each(modes)('jobs in $mode mode, on their own,', ({ boot }) => {
  it('may throw anything: it is logged and recorded, and the scheduler lives on', async () => {
    const hostile = new Proxy(new Error('hidden'), {
      get: () => {
        throw new Error('get');
      },
      getPrototypeOf: () => {
        throw new Error('getPrototypeOf');
      },
    });
    @Injectable()
    class Jobs {
      @LeaderCron(NEVER, { name: 'hostile' })
      hostile() {
        return Promise.reject(hostile);
      }
      @LeaderCron(NEVER, { name: 'bare' })
      bare() {
        return Promise.reject(Object.create(null) as Error);
      }
    }
    const { app, run } = await boot([Jobs]);
    expect(await run('hostile', 1)).toMatchObject([{ outcome: 'failed', error: { name: 'Unknown' } }]);
    expect(await run('bare', 1)).toMatchObject([{ outcome: 'failed' }]);
    for (const job of ['hostile', 'bare'])
      expect(app.lines.filter(line => line.startsWith(`error Job ${job} failed`))).toHaveLength(1);
    expect(app.lines.filter(line => line.includes('listener'))).toEqual([]);
  });

  it('miss no tick once they are started manually', async () => {
    const ticks: number[] = [];
    @Injectable()
    class Jobs {
      @LeaderCron(EVERY_SECOND, { name: 'later', disabled: true })
      run({ tick }: JobContext) {
        ticks.push(tick.getTime());
      }
    }
    const { app } = await boot([Jobs]);
    // Long enough before the next second for one question to the store.
    await eventually(() => Date.now() % SECOND < 200, { every: 5 });
    const startedAt = Date.now();
    app.get(SchedulerRegistry).getCronJob('later').start();
    await eventually(() => ticks.length > 0);
    expect((ticks[0] ?? 0) - startedAt).toBeLessThanOrEqual(SECOND);
  });
});
