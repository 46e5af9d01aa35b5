import { describe, expect, it } from '@jest/globals';

import {
  AttemptTimeoutError,
  LeadershipLostError,
  PermanentError,
  StaleTermError,
} from '../../../../lib/core/errors/errors.js';
import type { JobPolicy } from '../../../../lib/core/job/job-policy.js';
import { electionTiming } from '../../../../lib/core/election/timing.js';
import {
  EngineCluster,
  INTERVAL,
  START,
  TTL,
  type JobSpec,
  type Pod,
} from '../../../support/engine-harness.js';

/** Due once, at second 1. */
const ONCE = '1 0 0 1 1 *';

async function oneRun(spec: JobSpec) {
  const cluster = new EngineCluster([{ cron: ONCE, ...spec }]);
  const a = await cluster.started('a');
  await cluster.advance(1000);
  return { cluster, a };
}

const failing: JobSpec['handler'] = () => {
  throw new Error('out of paper');
};
const heedful: JobSpec['handler'] = ({ signal }, pod) => pod.clock.wait(3_600_000, signal);
const endless: JobSpec['handler'] = () => new Promise(() => undefined);
const rejected = async (error: unknown): Promise<never> => {
  throw error;
};
const types = (pod: Pod) => pod.events.map(({ type }) => type).filter(type => type.startsWith('job.'));

describe('a run', () => {
  it('tells when it starts and ends, and is recorded with its facts', async () => {
    const { cluster, a } = await oneRun({ handler: (_, pod) => pod.clock.wait(1500) });
    await cluster.advance(1500);
    const [call] = cluster.calls;
    const facts = { job: 'job', tick: new Date(START + 1000), runId: call?.context.runId, attempt: 1 };
    expect(a.told('job.started')).toMatchObject([facts]);
    expect(a.told('job.succeeded')).toMatchObject([{ ...facts, durationMs: 1500 }]);
    expect(await cluster.recordOf(1)).toMatchObject({
      state: 'succeeded',
      attempt: 1,
      token: call?.context.token,
      facts: {
        app: 'app',
        version: '1',
        pod: 'a',
        schedule: ONCE,
        startedAt: START + 1000,
        finishedAt: START + 2500,
        durationMs: 1500,
        next: Date.UTC(2031, 0, 1, 0, 0, 1),
      },
    });
  });

  it('goes on when leadership is lost: the run-lock is its own, and kept', async () => {
    const handler: JobSpec['handler'] = (_, pod) => (pod.name === 'a' ? pod.clock.wait(60_000) : undefined);
    const { cluster, a } = await oneRun({ cron: '* * * * * *', handler });
    const b = await cluster.started('b');
    await a.elector.resign();
    await cluster.advance(59_900);
    expect(b.elector.isLeader()).toBe(true);
    expect(cluster.calls).toHaveLength(1);
    expect(cluster.calls[0]?.context.signal.aborted).toBe(false);
    await cluster.advance(200);
    expect(a.told('job.succeeded')).toHaveLength(1);
    expect([19, 20]).toContain(a.runs.count('heartbeat'));
    expect(await cluster.outcomes()).toContain('1 succeeded');
    // Looked after when the run-lock could have lapsed; the newest of what was held up is made up then.
    await cluster.advance(10_000);
    const { pod, second, at, context } = cluster.calls[1] ?? {};
    expect([pod, context?.catchUp, second]).toEqual(['b', true, Math.floor(at ?? 0)]);
  });

  it('is recorded before listeners are informed of its end', async () => {
    const cluster = new EngineCluster([{ cron: ONCE }]);
    const a = await cluster.started('a');
    const found: Promise<string[]>[] = [];
    a.bus.subscribe(event => event.type === 'job.succeeded' && found.push(cluster.outcomes()));
    await cluster.advance(1000);
    expect(await Promise.all(found)).toEqual([['1 succeeded']]);
  });

  it('sends no heartbeat when nothing goes on', async () => {
    const { cluster, a } = await oneRun({});
    await cluster.advance(60_000);
    expect(a.runs.count('heartbeat')).toBe(0);
  });

  it('is one of many in a single heartbeat', async () => {
    const cluster = new EngineCluster([
      { name: 'one', cron: ONCE, handler: endless },
      { name: 'two', cron: ONCE, handler: endless },
      { name: 'three', cron: '2 0 0 1 1 *', handler: endless },
    ]);
    const a = await cluster.started('a');
    await cluster.advance(10_500);
    expect(a.executor.running).toHaveLength(3);
    expect(a.runs.count('heartbeat')).toBe(3);
  });
});

describe('the signal of a run', () => {
  it('aborts with LeadershipLostError at the local deadline of its run-lock', async () => {
    const { cluster, a } = await oneRun({ handler: heedful });
    a.cutOff();
    const signal = cluster.calls[0]?.context.signal;
    await cluster.advance(8999);
    expect(signal?.aborted).toBe(false);
    await cluster.advance(1);
    expect(signal?.reason).toBeInstanceOf(LeadershipLostError);
    // The store does not confirm the record: listeners are informed when the command has timed out.
    await cluster.advance(electionTiming(INTERVAL, TTL).commandTimeoutMs);
    expect(a.told('job.failed')).toMatchObject([{ outcome: 'aborted', error: { code: 'LEADERSHIP_LOST' } }]);
  });

  it('aborts as soon as the store says that the run-lock is gone', async () => {
    const { cluster, a } = await oneRun({ handler: heedful });
    const [{ tick, runId } = { tick: 0, runId: '' }] = a.runs.claimed;
    // As when this pod was paused, and another one settled its run.
    const facts = { startedAt: 0 };
    const retention = { keep: 10, maxAgeMs: 1e9 };
    const ended = {
      job: 'job',
      tick,
      runId,
      manual: false,
      state: 'failed',
      attempt: 1,
      retention,
      facts,
    } as const;
    await a.runs.finish([ended], new AbortController().signal);
    await cluster.advance(3000);
    expect(cluster.calls[0]?.context.signal.reason).toBeInstanceOf(LeadershipLostError);
  });

  it('stays as it is when heartbeats fail for a while only', async () => {
    const { cluster, a } = await oneRun({ handler: (_, pod) => pod.clock.wait(30_000) });
    a.runs.faults.heartbeat = 'fails';
    await cluster.advance(8000);
    a.runs.faults.heartbeat = 'none';
    await cluster.advance(23_000);
    expect(cluster.calls[0]?.context.signal.aborted).toBe(false);
    expect(await cluster.outcomes()).toEqual(['1 succeeded']);
  });

  it('aborts after a suspension of the machine that outlasts the run-lock', async () => {
    const { cluster } = await oneRun({ handler: heedful });
    cluster.clock.suspendFor(9500);
    await cluster.advance(1000);
    expect(cluster.calls[0]?.context.signal.reason).toBeInstanceOf(LeadershipLostError);
  });

  it('keeps an attempt from being made when the machine was suspended while the last one waited for it', async () => {
    const retry = { attempts: 5, backoffMs: 100, maxBackoffMs: 100, jitter: 0 };
    const { cluster } = await oneRun({
      policy: { retry },
      handler: () => Promise.reject(new Error('again')),
    });
    await cluster.advance(50);
    cluster.clock.suspendFor(9500);
    // Its timer comes before anything has looked at the run-lock.
    await cluster.advance(60);
    expect(cluster.calls).toHaveLength(1);
    expect(cluster.calls[0]?.context.signal.reason).toBeUndefined();
    expect(await cluster.outcomes()).toEqual(['1 aborted']);
  });
});

describe('an attempt that takes longer than its timeout', () => {
  const timeout = (policy: Partial<JobPolicy> = {}) => ({ policy: { timeoutMs: 2000, ...policy } });

  it('is told so by its signal, and recorded as timed out', async () => {
    const { cluster, a } = await oneRun({ ...timeout(), handler: heedful });
    await cluster.advance(2000);
    expect(cluster.calls[0]?.context.signal.reason).toBeInstanceOf(AttemptTimeoutError);
    expect(a.told('job.failed')).toMatchObject([{ outcome: 'timed-out', durationMs: 2000 }]);
    const { state, facts } = await cluster.recordOf(1);
    expect([state, facts['errorName']]).toEqual(['timed-out', 'AttemptTimeoutError']);
    expect(facts['errorMessage']).toMatch(/timeout of 2s/);
  });

  it('is timed out even when its handler returns in spite of that', async () => {
    const handler: JobSpec['handler'] = (_, pod) => pod.clock.wait(3000);
    const { cluster } = await oneRun({ ...timeout(), handler });
    await cluster.advance(4000);
    expect(await cluster.outcomes()).toEqual(['1 timed-out']);
  });

  it('is given up when its handler ignores the signal, and not tried again beside it', async () => {
    const retry = { attempts: 3, backoffMs: 100, maxBackoffMs: 100, jitter: 0 };
    const { cluster, a } = await oneRun({ ...timeout({ retry }), handler: endless });
    await cluster.advance(6999);
    expect(a.executor.running).toHaveLength(1);
    await cluster.advance(1);
    expect(a.executor.running).toHaveLength(0);
    await cluster.advance(10_000);
    expect(cluster.calls).toHaveLength(1);
    expect(await cluster.outcomes()).toEqual(['1 timed-out']);
  });

  it('is tried again when its handler heeds the signal', async () => {
    const retry = { attempts: 2, backoffMs: 100, maxBackoffMs: 100, jitter: 0 };
    const { cluster, a } = await oneRun({ ...timeout({ retry }), handler: heedful });
    await cluster.advance(10_000);
    expect(cluster.calls.map(({ context }) => context.attempt)).toEqual([1, 2]);
    expect(a.told('job.failed')).toMatchObject([{ outcome: 'timed-out', attempt: 2 }]);
  });

  it('has a timeout of its own each time', async () => {
    const retry = { attempts: 3, backoffMs: 100, maxBackoffMs: 100, jitter: 0 };
    const handler: JobSpec['handler'] = async ({ attempt }, pod) => {
      await pod.clock.wait(1500);
      if (attempt < 3) throw new Error('not yet');
    };
    const { cluster } = await oneRun({ ...timeout({ retry }), handler });
    await cluster.advance(10_000);
    expect(await cluster.outcomes()).toEqual(['1 succeeded']);
  });

  it('leaves no timer behind', async () => {
    const cluster = new EngineCluster([{ cron: ONCE, ...timeout() }]);
    await cluster.started('a');
    await cluster.advance(900);
    const { pending } = cluster.clock;
    await cluster.advance(100);
    expect(cluster.calls).toHaveLength(1);
    expect(cluster.clock.pending).toBeLessThanOrEqual(pending);
  });
});

describe('a handler that fails', () => {
  const retry = { attempts: 4, backoffMs: 1000, maxBackoffMs: 3000, jitter: 0 };

  it('has failed after one attempt by default', async () => {
    const { cluster, a } = await oneRun({ handler: failing });
    expect(types(a)).toEqual(['job.started', 'job.failed']);
    const { facts } = await cluster.recordOf(1);
    expect(facts).toMatchObject({ errorName: 'Error', errorMessage: 'out of paper' });
    expect(facts['errorStack']).toContain('run-executor.spec');
  });

  it('is called again, ever later up to the longest delay, in the same run', async () => {
    const { cluster, a } = await oneRun({ handler: failing, policy: { retry } });
    await cluster.advance(10_000);
    expect(cluster.calls.map(({ at }) => at)).toEqual([1, 2, 4, 7]);
    expect(cluster.calls.map(({ context }) => context.attempt)).toEqual([1, 2, 3, 4]);
    expect(new Set(cluster.calls.map(({ context }) => context.runId)).size).toBe(1);
    expect(a.told('job.retrying').map(({ attempt, delayMs }) => [attempt, delayMs])).toEqual([
      [1, 1000],
      [2, 2000],
      [3, 3000],
    ]);
    expect(await cluster.recordOf(1)).toMatchObject({
      state: 'failed',
      attempt: 4,
      facts: { durationMs: 6000 },
    });
  });

  it('is called again after a delay of which a share is random', async () => {
    const { cluster, a } = await oneRun({ handler: failing, policy: { retry: { ...retry, jitter: 0.5 } } });
    await cluster.advance(10_000);
    const [first = 0, second = 0, third = 0] = a.told('job.retrying').map(({ delayMs }) => delayMs);
    for (const [delayMs, full] of [
      [first, 1000],
      [second, 2000],
      [third, 3000],
    ] as const) {
      expect(delayMs).toBeGreaterThan(full / 2);
      expect(delayMs).toBeLessThan(full);
    }
  });

  it('succeeds when a later attempt does', async () => {
    const handler: JobSpec['handler'] = ({ attempt }) => {
      if (attempt < 3) throw new Error('not yet');
    };
    const { cluster, a } = await oneRun({ handler, policy: { retry } });
    await cluster.advance(10_000);
    expect(types(a)).toEqual(['job.started', 'job.retrying', 'job.retrying', 'job.succeeded']);
    expect(await cluster.recordOf(1)).toMatchObject({ state: 'succeeded', attempt: 3 });
    expect((await cluster.recordOf(1)).facts).not.toHaveProperty('errorName');
  });

  it.each<[string, () => unknown]>([
    ['PermanentError', () => new PermanentError('no such customer')],
    ['StaleTermError', () => new StaleTermError({ problem: 'a newer token', remedy: 'stop' })],
    [
      'PermanentError of another copy of this package',
      () => Object.assign(new Error('x'), { code: 'PERMANENT' }),
    ],
  ])('is not called again after a %s', async (_, make) => {
    const handler: JobSpec['handler'] = () => rejected(make());
    const { cluster, a } = await oneRun({ handler, policy: { retry } });
    await cluster.advance(10_000);
    expect(cluster.calls).toHaveLength(1);
    expect(types(a)).toEqual(['job.started', 'job.failed']);
  });

  it('is not called again once its run-lock is lost', async () => {
    const { cluster, a } = await oneRun({
      handler: failing,
      policy: { retry: { ...retry, backoffMs: 60_000, maxBackoffMs: 60_000 } },
    });
    a.cutOff();
    await cluster.advance(70_000);
    expect(cluster.calls).toHaveLength(1);
    expect(a.told('job.failed')).toMatchObject([{ outcome: 'aborted', error: { code: 'LEADERSHIP_LOST' } }]);
  });

  it.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['a text', () => 'text'],
    ['an object without a prototype', () => Object.create(null) as unknown],
    ['an object that refers to itself', () => Object.assign(new Error('round'), { self: [] as unknown[] })],
    ['a huge error', () => Object.assign(new Error('m'.repeat(1e6)), { stack: 's'.repeat(1e7) })],
    [
      'an error whose every property throws',
      () =>
        new Proxy(new Error('hidden'), {
          get: () => {
            throw new Error('get');
          },
          has: () => {
            throw new Error('has');
          },
          getPrototypeOf: () => {
            throw new Error('getPrototypeOf');
          },
        }),
    ],
    [
      'an error whose code cannot be read',
      () =>
        Object.defineProperty(new Error('secretive'), 'code', {
          get: () => {
            throw new Error('code');
          },
        }),
    ],
  ])(
    'may throw %s: the run is recorded as failed, in bounded words, and the next tick runs',
    async (_, make) => {
      const cluster = new EngineCluster([{ handler: () => rejected(make()) }]);
      const a = await cluster.started('a');
      await cluster.advance(2000);
      expect(cluster.seconds()).toEqual([1, 2]);
      expect(a.told('job.failed')).toHaveLength(2);
      const { state, facts } = await cluster.recordOf(1);
      expect(state).toBe('failed');
      expect(JSON.stringify(facts).length).toBeLessThan(6000);
    },
  );
});

describe('the end of a run', () => {
  it('is recorded as soon as the store answers, and until then the run-lock is kept', async () => {
    const { cluster, a } = await oneRun({ cron: '* * * * * *' });
    a.runs.faults.finish = 'fails';
    // The run of second 1 is recorded, that of second 2 is not: later ticks stay due.
    await cluster.advance(30_000);
    expect(cluster.seconds()).toEqual([1, 2]);
    expect(await cluster.unfinished()).toEqual(['2 live']);
    a.runs.faults.finish = 'none';
    await cluster.advance(1500);
    expect(await cluster.outcomes()).toContain('2 succeeded');
    expect(a.told('job.succeeded').filter(({ tick }) => tick.getTime() === START + 2000)).toHaveLength(1);
    // What fell due meanwhile is long past, and made up as the job's policy says.
    expect(cluster.seconds().slice(0, 3)).toEqual([1, 2, 31]);
    expect(cluster.calls[2]?.context.catchUp).toBe(true);
  });

  it('is recorded once, though the reply to it was lost', async () => {
    const cluster = new EngineCluster([{ cron: ONCE }]);
    const a = await cluster.started('a');
    a.runs.faults.finish = 'loses-replies';
    await cluster.advance(3000);
    a.runs.faults.finish = 'none';
    await cluster.advance(2000);
    expect(await cluster.outcomes()).toEqual(['1 succeeded']);
    expect(a.told('job.stale')).toEqual([]);
    expect(a.executor.running).toEqual([]);
  });

  it('is recorded once where no history is kept either', async () => {
    const cluster = new EngineCluster([{ cron: ONCE, policy: { retention: { keep: 0, maxAgeMs: 1000 } } }]);
    const a = await cluster.started('a');
    a.runs.faults.finish = 'loses-replies';
    await cluster.advance(3000);
    a.runs.faults.finish = 'none';
    await cluster.advance(2000);
    expect(await cluster.outcomes()).toEqual([]);
    expect(a.told('job.stale')).toEqual([]);
  });
});

describe('a listener that throws', () => {
  it('hurts nobody', async () => {
    const cluster = new EngineCluster();
    const a = cluster.pod('a');
    const heard: string[] = [];
    a.bus.subscribe(({ type }) => {
      throw new Error(type);
    });
    a.bus.subscribe(({ type }) => heard.push(type));
    a.start();
    await cluster.advance(2000);
    expect(cluster.seconds()).toEqual([1, 2]);
    expect(heard).toEqual(a.events.map(({ type }) => type));
    expect(a.listenerErrors).toHaveLength(heard.length);
    expect(await cluster.outcomes()).toEqual(['1 succeeded', '2 succeeded']);
  });
});

describe('a process that was paused', () => {
  it('says by how much its timers were late', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.advance(1000);
    await cluster.clock.pauseFor(5000);
    await cluster.advance(0);
    expect(a.told('process.delayed')).toMatchObject([{ delayMs: 3000 }]);
  });

  it('says nothing of delays that nobody would notice', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.advance(2500);
    await cluster.clock.pauseFor(1400);
    expect(a.told('process.delayed')).toEqual([]);
  });
});
