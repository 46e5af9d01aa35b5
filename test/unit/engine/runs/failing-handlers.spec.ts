import { describe, expect, it } from '@jest/globals';

import { PermanentError, StaleTermError } from '../../../../lib/core/errors/errors.js';
import { MINUTE, SECOND } from '../../../support/durations.js';
import { EngineCluster, type JobSpec, type Pod } from '../../../support/engine-harness.js';
import { oneRun } from '../../../support/one-run.js';

const failing: JobSpec['handler'] = () => {
  throw new Error('out of paper');
};

const rejected = async (error: unknown): Promise<never> => {
  throw error;
};
const types = (pod: Pod) => pod.events.map(({ type }) => type).filter(type => type.startsWith('job.'));

const retry = { attempts: 4, backoffMs: SECOND, maxBackoffMs: 3 * SECOND, jitter: 0 };

describe('a handler that fails', () => {
  it('has failed after one attempt by default', async () => {
    const { cluster, a } = await oneRun({ handler: failing });
    expect(types(a)).toEqual(['job.started', 'job.failed']);
    const { facts } = await cluster.recordOf(1);
    expect(facts).toMatchObject({ errorName: 'Error', errorMessage: 'out of paper' });
    expect(facts['errorStack']).toContain('failing-handlers.spec');
  });

  it('succeeds when a later attempt does', async () => {
    const handler: JobSpec['handler'] = ({ attempt }) => {
      if (attempt < 3) throw new Error('not yet');
    };
    const { cluster, a } = await oneRun({ handler, policy: { retry } });
    await cluster.advance(10 * SECOND);
    expect(types(a)).toEqual(['job.started', 'job.retrying', 'job.retrying', 'job.succeeded']);
    expect(await cluster.recordOf(1)).toMatchObject({ state: 'succeeded', attempt: 3 });
    expect((await cluster.recordOf(1)).facts).not.toHaveProperty('errorName');
  });
});

describe('a handler that fails and has attempts left', () => {
  it('is called again, ever later up to the longest delay, in the same run', async () => {
    const { cluster, a } = await oneRun({ handler: failing, policy: { retry } });
    await cluster.advance(10 * SECOND);
    expect(cluster.calls.map(({ at }) => at)).toEqual([1, 2, 4, 7]);
    expect(cluster.calls.map(({ context }) => context.attempt)).toEqual([1, 2, 3, 4]);
    expect(new Set(cluster.calls.map(({ context }) => context.runId)).size).toBe(1);
    expect(a.eventsOf('job.retrying').map(({ attempt, delayMs }) => [attempt, delayMs])).toEqual([
      [1, 1000],
      [2, 2000],
      [3, 3000],
    ]);
    expect(await cluster.recordOf(1)).toMatchObject({
      state: 'failed',
      attempt: 4,
      facts: { durationMs: 6 * SECOND },
    });
  });

  it('is called again after a delay of which a share is random', async () => {
    const { cluster, a } = await oneRun({ handler: failing, policy: { retry: { ...retry, jitter: 0.5 } } });
    await cluster.advance(10 * SECOND);
    const [first = 0, second = 0, third = 0] = a.eventsOf('job.retrying').map(({ delayMs }) => delayMs);
    for (const [delayMs, full] of [
      [first, 1000],
      [second, 2000],
      [third, 3000],
    ] as const) {
      expect(delayMs).toBeGreaterThan(full / 2);
      expect(delayMs).toBeLessThan(full);
    }
  });
});

describe('a handler that fails for good', () => {
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
    await cluster.advance(10 * SECOND);
    expect(cluster.calls).toHaveLength(1);
    expect(types(a)).toEqual(['job.started', 'job.failed']);
  });

  it('is not called again once its run lock is lost', async () => {
    const { cluster, a } = await oneRun({
      handler: failing,
      policy: { retry: { ...retry, backoffMs: MINUTE, maxBackoffMs: MINUTE } },
    });
    a.cutOff();
    await cluster.advance(70 * SECOND);
    expect(cluster.calls).toHaveLength(1);
    expect(a.eventsOf('job.failed')).toMatchObject([
      { outcome: 'aborted', error: { code: 'LEADERSHIP_LOST' } },
    ]);
  });
});

/** Values that a handler may throw. */
const ODD_ERRORS: [string, () => unknown][] = [
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
];

describe('a handler', () => {
  it.each(ODD_ERRORS)(
    'may throw %s: the run is recorded as failed, in bounded words, and the next tick runs',
    async (_, make) => {
      const cluster = new EngineCluster([{ handler: () => rejected(make()) }]);
      const a = await cluster.started('a');
      await cluster.advance(2 * SECOND);
      expect(cluster.seconds()).toEqual([1, 2]);
      expect(a.eventsOf('job.failed')).toHaveLength(2);
      const { state, facts } = await cluster.recordOf(1);
      expect(state).toBe('failed');
      expect(JSON.stringify(facts).length).toBeLessThan(6000);
    },
  );
});
