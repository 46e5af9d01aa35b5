import { describe, expect, it, jest } from '@jest/globals';

import { HOUR, MINUTE, SECOND } from '../../../support/durations.js';
import { EngineCluster, INTERVAL, TTL, type JobSpec } from '../../../support/engine-harness.js';
import { NEVER, pending, results } from '../../../support/requested-runs.js';
import { startHandle } from '../../../../lib/core/run/start-handle.js';

const FIRST = startHandle('1', 'job');
const SECOND_VERSION = { version: '2' };

/** A job that has runs at the start of versions only, which take `ms`. */
const startJob = (ms = 0, policy: JobSpec['policy'] = {}): JobSpec => ({
  cron: NEVER,
  policy: { runAtStart: true, ...policy },
  handler: (_, pod) => pod.clock.wait(ms),
});

/** Which pods have run the job, in order. */
const runners = (cluster: EngineCluster): string[] => cluster.calls.map(({ pod }) => pod);

describe('a run at the start of a version', () => {
  it('is made when the version first has a leader, beside the schedule', async () => {
    const cluster = new EngineCluster([{ cron: '*/5 * * * * *', policy: { runAtStart: true } }]);
    await cluster.started('a');
    await cluster.started('b');
    await cluster.advance(5 * SECOND);
    expect(cluster.calls.map(({ context }) => context.atStart)).toEqual([true, false]);
    expect(cluster.calls[0]?.context.idempotencyKey).toMatch(/^job:2030-01-01T00:00:00.000Z:manual:start:/);
    expect(await results(cluster)).toEqual([`${FIRST} succeeded`, 'undefined succeeded']);
  });

  it('is not repeated by the next leaders of the version, whatever ends a term', async () => {
    const cluster = new EngineCluster([startJob()]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    a.die();
    await cluster.advance(2 * TTL);
    await b.elector.resign();
    await cluster.started('c');
    await cluster.advance(MINUTE);
    expect(runners(cluster)).toEqual(['a']);
  });

  it('is made by the next version, and not again after the return to the one before', async () => {
    const cluster = new EngineCluster([startJob()]);
    const a = await cluster.started('a');
    await a.engine.shutdown(0);
    const b = await cluster.started('b', SECOND_VERSION);
    await b.engine.shutdown(0);
    await cluster.started('c');
    await cluster.advance(MINUTE);
    expect(runners(cluster)).toEqual(['a', 'b']);
  });

  it('is not made for jobs without it, and for jobs that are switched off', async () => {
    const cluster = new EngineCluster([
      { name: 'plain', cron: NEVER },
      { ...startJob(), name: 'off', disabled: true },
    ]);
    await cluster.started('a');
    await cluster.advance(MINUTE);
    expect(cluster.calls).toEqual([]);
  });
});

describe('a run at the start of a version, of a pod', () => {
  it('waits until the pod has been up for an interval', async () => {
    const cluster = new EngineCluster([startJob()]);
    const script = await cluster.started('script', { openAfterMs: INTERVAL });
    await cluster.advance(INTERVAL - 1);
    await script.engine.shutdown(0);
    expect(await pending(cluster)).toEqual([]);
    await cluster.started('a', { openAfterMs: INTERVAL });
    await cluster.advance(INTERVAL - 1);
    expect(cluster.calls).toEqual([]);
    await cluster.advance(1);
    expect(runners(cluster)).toEqual(['a']);
  });

  it('is made of a job that is created, or begins to tick, while its pod leads', async () => {
    const cluster = new EngineCluster([]);
    const a = await cluster.started('a');
    a.create({ ...startJob(), name: 'created' });
    a.create({ ...startJob(), name: 'delayed', initialDelayMs: 10 * SECOND });
    await cluster.advance(0);
    expect(cluster.calls.map(({ job }) => job)).toEqual(['created']);
    await cluster.advance(10 * SECOND + INTERVAL);
    expect(cluster.calls.map(({ job }) => job)).toEqual(['created', 'delayed']);
  });
});

describe('a run at the start of a version, beside other pods and runs', () => {
  it('waits for a leader of its version when that ends before it is claimed', async () => {
    const cluster = new EngineCluster([startJob()]);
    const b = await cluster.started('b', { ...SECOND_VERSION, openAfterMs: INTERVAL });
    b.runs.claim = () => new Promise(() => undefined);
    await cluster.advance(INTERVAL);
    expect(await pending(cluster)).toEqual([startHandle('2', 'job')]);
    b.die();
    const a = await cluster.started('a');
    await cluster.advance(2 * HOUR);
    expect(runners(cluster)).toEqual(['a']);
    await a.engine.shutdown(0);
    await cluster.started('c', SECOND_VERSION);
    expect(runners(cluster)).toEqual(['a', 'c']);
  });

  it('waits for the end of a run of another version, whatever the overlap', async () => {
    const cluster = new EngineCluster([startJob(20 * SECOND)]);
    const a = await cluster.started('a');
    await cluster.advance(SECOND);
    const drained = a.engine.shutdown(MINUTE);
    await cluster.started('b', SECOND_VERSION);
    await cluster.advance(10 * SECOND);
    expect(runners(cluster)).toEqual(['a']);
    await cluster.advance(10 * SECOND + INTERVAL);
    await drained;
    expect(runners(cluster)).toEqual(['a', 'b']);
    await cluster.advance(20 * SECOND);
    expect(await results(cluster)).toEqual([`${FIRST} succeeded`, `${startHandle('2', 'job')} succeeded`]);
  });

  it('is run again by the next leader after a crash, with recover only', async () => {
    for (const recover of [true, false]) {
      const cluster = new EngineCluster([startJob(MINUTE, { recover })]);
      const a = await cluster.started('a');
      await cluster.advance(SECOND);
      a.die();
      await cluster.started('b');
      await cluster.advance(2 * MINUTE);
      const again = { pod: 'b', context: { atStart: true, recovering: true } };
      expect(cluster.calls.slice(1)).toMatchObject(recover ? [again] : []);
    }
  });
});

describe('a run at the start of a version, in front of others', () => {
  it('is of its own version when two versions come during one long run', async () => {
    const longest = { ms: 10 * MINUTE };
    const cluster = new EngineCluster([
      {
        cron: NEVER,
        policy: { runAtStart: true },
        handler: (_, pod) => pod.clock.wait(pod.name === 'a' ? longest.ms : SECOND),
      },
    ]);
    const a = await cluster.started('a');
    await cluster.advance(2 * SECOND);
    const ended = [a.engine.shutdown(HOUR)];
    const b = await cluster.started('b', SECOND_VERSION);
    await cluster.advance(30 * SECOND);
    ended.push(b.engine.shutdown(HOUR));
    await cluster.started('c', { version: '3' });
    await cluster.advance(30 * MINUTE);
    await Promise.all(ended);
    expect(runners(cluster)).toEqual(['a', 'c']);
    expect((await results(cluster)).at(-1)).toBe(`${startHandle('3', 'job')} succeeded`);
  });

  it('is not lost behind a queued tick', async () => {
    const job = { cron: '0 * * * * *', policy: { runAtStart: true, overlap: 'queue' } } as const;
    const cluster = new EngineCluster([{ ...job, handler: (_, pod) => pod.clock.wait(90 * SECOND) }]);
    const a = await cluster.started('a');
    await cluster.advance(4 * MINUTE);
    const ended = a.engine.shutdown(HOUR);
    await cluster.started('b', SECOND_VERSION);
    await cluster.advance(HOUR);
    await ended;
    const starts = cluster.calls.filter(({ context }) => context.atStart);
    expect(starts.map(({ pod }) => pod)).toEqual(['a', 'b']);
  });

  it('hides no crashed run of another job while it waits', async () => {
    const pay = { name: 'pay', cron: '0 0 * * * *', policy: { recover: true } } as const;
    const cluster = new EngineCluster([
      { ...startJob(), name: 'start' },
      { ...pay, handler: (_, pod) => pod.clock.wait(10 * MINUTE) },
    ]);
    await cluster.control.pause({ job: 'start', reason: '', forMs: Infinity });
    const a = await cluster.started('a');
    await cluster.advance(HOUR + SECOND);
    await cluster.control.pause({ job: 'pay', reason: '', forMs: Infinity });
    a.die();
    await cluster.started('b');
    await cluster.advance(2 * MINUTE);
    await cluster.control.resume('pay');
    await cluster.advance(20 * MINUTE);
    expect(cluster.calls.map(({ pod, job }) => `${pod} ${job}`)).toEqual(['a pay', 'b pay']);
  });

  it('is sent again in a long term: the store sees that its version leads', async () => {
    const cluster = new EngineCluster([startJob()]);
    const send = jest.spyOn(cluster.control, 'requestStarts');
    await cluster.started('a', { intervalMs: 10 * MINUTE, ttlMs: HOUR });
    await cluster.advance(25 * HOUR);
    expect(send).toHaveBeenCalledTimes(3);
    expect(runners(cluster)).toEqual(['a']);
  });
});

describe('a run at the start of a version, while the job is paused', () => {
  it.each(['job', '*'])('waits for the end of the pause of %s', async paused => {
    const cluster = new EngineCluster([startJob()]);
    const pause = { job: paused, reason: '' };
    await cluster.control.pause({ ...pause, forMs: 10 * SECOND });
    await cluster.started('a');
    await cluster.advance(10 * SECOND - 1);
    expect(cluster.calls).toEqual([]);
    await cluster.advance(INTERVAL);
    expect(runners(cluster)).toEqual(['a']);
  });

  it('starts when the pause is ended', async () => {
    const cluster = new EngineCluster([startJob()]);
    await cluster.control.pause({ job: 'job', reason: '', forMs: Infinity });
    await cluster.started('a');
    await cluster.advance(MINUTE);
    expect(cluster.calls).toEqual([]);
    await cluster.control.resume('job');
    await cluster.advance(0);
    expect(runners(cluster)).toEqual(['a']);
  });
});
