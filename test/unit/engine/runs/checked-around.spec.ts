import { AsyncLocalStorage } from 'node:async_hooks';

import { describe, expect, it } from '@jest/globals';

import type { AroundAttempt } from '../../../../lib/core/job/job.js';
import { SECOND } from '../../../support/durations.js';
import type { JobSpec, Pod } from '../../../support/engine-harness.js';
import { obedient, oneRun } from '../../../support/one-run.js';

const retry = { attempts: 3, backoffMs: SECOND, maxBackoffMs: SECOND, jitter: 0 };
const failing: JobSpec['handler'] = () => {
  throw new Error('out of paper');
};
const failures = (pod: Pod) => pod.eventsOf('job.failed');
const calledTwice: AroundAttempt = async (_, next) => {
  await Promise.allSettled([next()]);
  await next();
};
const messageOf = (pod: Pod): string =>
  failures(pod)
    .map(({ error }) => String(error))
    .join();

describe('a function around attempts', () => {
  it('gets the context of the handler, and calls it in its own asynchronous context', async () => {
    const storage = new AsyncLocalStorage<string>();
    const order: unknown[] = [];
    const around: AroundAttempt = async (context, next) => {
      order.push('before', context);
      await storage.run(`of ${context.job}`, next);
      order.push('after');
    };
    const handler: JobSpec['handler'] = async (context, pod) => {
      await pod.clock.wait(SECOND);
      order.push(context, storage.getStore());
    };
    const { cluster } = await oneRun({ handler }, { around });
    await cluster.advance(SECOND);
    const context = cluster.calls[0]?.context;
    expect(order).toEqual(['before', context, context, 'of job', 'after']);
    expect(await cluster.recordOf(1)).toMatchObject({ state: 'succeeded', facts: { durationMs: SECOND } });
  });

  it('surrounds each attempt', async () => {
    const attempts: number[] = [];
    const around: AroundAttempt = ({ attempt }, next) => {
      attempts.push(attempt);
      return next();
    };
    const { cluster } = await oneRun({ handler: failing, policy: { retry } }, { around });
    await cluster.advance(10 * SECOND);
    expect(attempts).toEqual([1, 2, 3]);
    expect(await cluster.outcomes()).toEqual(['1 failed']);
  });
});

describe('an error in a function around attempts', () => {
  it.each<[string, AroundAttempt]>([
    [
      'at once',
      () => {
        throw new Error('no tenant');
      },
    ],
    ['as a rejection', () => Promise.reject(new Error('no tenant'))],
  ])(
    'is that of the attempt, which is tried again, when it is thrown before the handler %s',
    async (_, fail) => {
      const around: AroundAttempt = (context, next) => (context.attempt < 3 ? fail(context, next) : next());
      const { cluster, a } = await oneRun({ policy: { retry } }, { around });
      await cluster.advance(10 * SECOND);
      expect(cluster.calls.map(({ context }) => context.attempt)).toEqual([3]);
      expect(a.eventsOf('job.retrying').map(({ error }) => String(error))).toEqual(
        Array<string>(2).fill('Error: no tenant'),
      );
      expect(await cluster.outcomes()).toEqual(['1 succeeded']);
    },
  );

  it('is that of the run when it is thrown after the handler has returned', async () => {
    const around: AroundAttempt = async (_, next) => {
      await next();
      throw new Error('commit failed');
    };
    const { cluster, a } = await oneRun({}, { around });
    expect(await cluster.outcomes()).toEqual(['1 failed']);
    expect(messageOf(a)).toBe('Error: commit failed');
  });

  it('stands in place of the error of the handler', async () => {
    const around: AroundAttempt = async (_, next) => {
      await next().catch((cause: unknown) => {
        throw new Error('translated', { cause });
      });
    };
    const { a } = await oneRun({ handler: failing }, { around });
    expect(messageOf(a)).toBe('Error: translated');
  });
});

describe('a handler that fails within a function around it', () => {
  it.each<[string, AroundAttempt]>([
    ['returns its promise', (_, next) => next()],
    ['catches its error', (_, next) => next().catch(() => undefined)],
    ['does not wait for it', (_, next) => void next()],
  ])('fails the run when the function %s', async (_, around) => {
    for (const handler of [failing, () => Promise.reject(new Error('out of paper'))]) {
      const { cluster, a } = await oneRun({ handler }, { around });
      expect(await cluster.outcomes()).toEqual(['1 failed']);
      expect(messageOf(a)).toBe('Error: out of paper');
    }
  });

  it('is waited for before another attempt begins, also when the function has thrown meanwhile', async () => {
    const around: AroundAttempt = (_, next) => {
      void next();
      throw new Error('too early');
    };
    const handler: JobSpec['handler'] = (_, pod) => pod.clock.wait(5 * SECOND);
    const { cluster } = await oneRun({ handler, policy: { retry } }, { around });
    await cluster.advance(30 * SECOND);
    expect(cluster.calls.map(({ at }) => at)).toEqual([1, 7, 13]);
  });
});

describe('a function around attempts that does not call next once', () => {
  it.each<[string, AroundAttempt]>([
    ['never', () => undefined],
    ['after it has ended', (_, next) => void setImmediate(() => void next())],
  ])('fails the run when it calls it %s, without a call of the handler or a retry', async (_, around) => {
    const { cluster, a } = await oneRun({ policy: { retry } }, { around });
    await new Promise(resolve => setImmediate(resolve));
    await cluster.advance(10 * SECOND);
    expect(cluster.calls).toEqual([]);
    expect(failures(a)).toMatchObject([{ outcome: 'failed', attempt: 1, error: { code: 'AROUND_NEXT' } }]);
    expect(messageOf(a)).toMatch(/ended without having called `next`/);
  });

  it('is informed of a call that comes after it has ended', async () => {
    let late: (() => Promise<void>) | undefined;
    const { cluster } = await oneRun({}, { around: (_, next) => void (late = next) });
    await expect(late?.()).rejects.toMatchObject({
      code: 'AROUND_NEXT',
      problem: expect.stringMatching(/after it had ended/),
    });
    expect(cluster.calls).toEqual([]);
  });

  it.each<[string, AroundAttempt]>([
    ['one after the other', calledTwice],
    ['at a time', (_, next) => Promise.all([next(), next()])],
    ['without waiting', (_, next) => void [next(), next()]],
    [
      'and catches the error',
      async (_, next) => {
        await Promise.allSettled([next()]);
        await next().catch(() => undefined);
      },
    ],
  ])('fails the run when it calls it twice, %s; the handler is called once', async (_, around) => {
    for (const handler of [failing, () => undefined]) {
      const { cluster, a } = await oneRun({ handler, policy: { retry } }, { around });
      await cluster.advance(10 * SECOND);
      expect(cluster.calls).toHaveLength(1);
      expect(failures(a)).toMatchObject([{ outcome: 'failed', attempt: 1, error: { code: 'AROUND_NEXT' } }]);
    }
  });

  it('keeps the error of the handler as the cause', async () => {
    const { a } = await oneRun({ handler: failing }, { around: calledTwice });
    expect(failures(a)).toMatchObject([{ error: { cause: { message: 'out of paper' } } }]);
  });
});

describe('a function around attempts that never settles', () => {
  const policy = { timeoutMs: 2 * SECOND, retry };

  it.each<[string, AroundAttempt]>([
    ['before the handler', () => new Promise(() => undefined)],
    ['after it', (_, next) => next().then(() => new Promise(() => undefined))],
  ])('%s, ends by the timeout of the job', async (_, around) => {
    const { cluster, a } = await oneRun({ policy }, { around });
    await cluster.advance(20 * SECOND);
    expect(a.executor.running).toEqual([]);
    expect(await cluster.outcomes()).toEqual(['1 timed-out']);
    expect(failures(a)).toMatchObject([{ attempt: 1 }]);
  });

  it('does not start the handler once its signal has aborted', async () => {
    const around: AroundAttempt = async ({ signal }, next) => {
      await new Promise(resolve => signal.addEventListener('abort', resolve));
      return next();
    };
    const { cluster } = await oneRun({ policy }, { around });
    await cluster.advance(20 * SECOND);
    expect(cluster.calls).toEqual([]);
    expect(await cluster.outcomes()).toEqual(['1 timed-out']);
    expect((await cluster.recordOf(1)).facts).toMatchObject({ errorName: 'AttemptTimeoutError' });
  });

  it('passes an abort of its run on to the handler, which can end it', async () => {
    const { cluster, a } = await oneRun({ handler: obedient }, { around: (_, next) => next() });
    a.executor.abort(cluster.calls[0]?.context.runId ?? '');
    await cluster.advance(0);
    expect(failures(a)).toMatchObject([{ outcome: 'aborted', error: { code: 'RUN_ABORTED' } }]);
  });
});
