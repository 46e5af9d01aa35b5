import { describe, expect, it } from '@jest/globals';

import { MINUTE, SECOND } from '../../../support/durations.js';
import { EngineCluster, INTERVAL, TTL, type Pod } from '../../../support/engine-harness.js';
import { abortableJob, manualJob, request, results } from '../../../support/requested-runs.js';

/** The running run of a pod, for the request `r`, as a client names it. */
const refOf = ({ executor: { running } }: Pod) => ({
  job: 'job',
  tick: running[0]?.ref.tick ?? 0,
  runId: running[0]?.ref.runId ?? '',
  manual: true,
  handle: 'r',
});
const lastOutcome = async (cluster: EngineCluster) => (await cluster.outcomes()).at(-1);

describe('a request to abort a run', () => {
  it('ends it at once, and by the next heartbeat on a pod that is not notified', async () => {
    for (const isDeaf of [false, true]) {
      const cluster = new EngineCluster([abortableJob(MINUTE)]);
      const a = await cluster.started('a');
      a.lease.isDeaf = isDeaf;
      await request(cluster, 'r');
      await cluster.advance(INTERVAL + 1);
      const ref = refOf(a);
      expect(await cluster.control.requestAbort(ref)).toBe(true);
      await cluster.advance(isDeaf ? INTERVAL : 0);
      expect(await lastOutcome(cluster)).toBe('0 aborted');
      expect(await cluster.control.requestAbort(ref)).toBe(false);
    }
  });

  it('reaches a pod that does not lead any more, while it drains', async () => {
    const cluster = new EngineCluster([abortableJob(MINUTE)]);
    const a = await cluster.started('a');
    await cluster.started('b');
    await request(cluster, 'r');
    await cluster.advance(0);
    const ref = refOf(a);
    const done = a.engine.shutdown(MINUTE);
    await cluster.advance(500);
    expect(a.executor.running).toHaveLength(1);
    expect(await cluster.control.requestAbort(ref)).toBe(true);
    await cluster.advance(0);
    expect(await done).toEqual([]);
    expect(await lastOutcome(cluster)).toBe('0 aborted');
  });

  it('does not reach one that is queued', async () => {
    const cluster = new EngineCluster([abortableJob(5 * SECOND, { overlap: 'queue' })]);
    await cluster.started('a');
    await request(cluster, 'r1');
    await cluster.advance(1);
    const { tick } = await request(cluster, 'r2');
    await cluster.advance(1);
    const open = [...cluster.jobs.get('job').open.values()].map(({ record }) => record);
    const runId = open.find(({ state }) => state === 'queued')?.runId ?? '';
    const ref = { job: 'job', tick, runId, manual: true, handle: 'r2' };
    expect(await cluster.control.requestAbort(ref)).toBe(false);
    await cluster.advance(12 * SECOND);
    expect(await results(cluster)).toEqual(['r1 succeeded', 'r2 succeeded']);
  });

  it('holds when its pod dies: the run is not made again', async () => {
    const cluster = new EngineCluster([manualJob(MINUTE, { recover: true })]);
    const a = await cluster.started('a');
    await cluster.started('b');
    await request(cluster, 'r');
    await cluster.advance(0);
    const ref = refOf(a);
    a.die();
    await cluster.control.requestAbort(ref);
    await cluster.advance(3 * TTL);
    expect(cluster.calls).toHaveLength(1);
    expect(await results(cluster)).toEqual(['r abandoned']);
  });
});
