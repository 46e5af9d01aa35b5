import { describe, expect, it } from '@jest/globals';

import type { Overlap } from '../../../../lib/core/job/job-policy.js';
import { MINUTE, SECOND } from '../../../support/durations.js';
import { EngineCluster, INTERVAL } from '../../../support/engine-harness.js';
import { manualJob, pending, request, results } from '../../../support/requested-runs.js';

describe('a requested run', () => {
  it('is made at once, and once, although signals and renewals both announce it', async () => {
    const cluster = new EngineCluster([manualJob(2 * INTERVAL)]);
    const a = await cluster.started('a');
    await cluster.started('b');
    await request(cluster, 'r');
    await cluster.advance(0);
    expect(cluster.runsBy()).toEqual(['a 0']);
    for (let times = 0; times < 5; times += 1) cluster.lease.notify({ kind: 'run-requested' });
    await cluster.advance(3 * INTERVAL);
    expect(cluster.calls).toHaveLength(1);
    expect(await results(cluster)).toEqual(['r succeeded']);
    expect(a.listenerErrors).toEqual([]);
  });

  it('is found with the next renewal by a leader that is not notified', async () => {
    const cluster = new EngineCluster([manualJob()]);
    const a = await cluster.started('a');
    a.lease.isDeaf = true;
    await request(cluster, 'r');
    await cluster.advance(0);
    expect(cluster.calls).toHaveLength(0);
    await cluster.advance(INTERVAL);
    expect(cluster.runsBy()).toHaveLength(1);
    await cluster.advance(2 * INTERVAL);
    expect(cluster.calls).toHaveLength(1);
  });

  it.each<[Overlap, string[]]>([
    ['skip', ['r1 succeeded', 'r2 skipped running', 'r3 skipped running']],
    ['queue', ['r1 succeeded', 'r2 succeeded', 'r3 skipped queue-full']],
    ['allow', ['r1 succeeded', 'r2 succeeded', 'r3 succeeded']],
  ])('obeys the overlap %s', async (overlap, past) => {
    const cluster = new EngineCluster([manualJob(500, { overlap })]);
    await cluster.started('a');
    for (const id of ['r1', 'r2', 'r3']) {
      await request(cluster, id);
      await cluster.advance(1);
    }
    await cluster.advance(3 * SECOND);
    expect(await results(cluster)).toEqual(past);
  });
});

describe('a requested run of a job', () => {
  it('that the leader does not have waits until it has it', async () => {
    const cluster = new EngineCluster([manualJob()]);
    const a = await cluster.started('a');
    await request(cluster, 'r', 'late');
    await cluster.advance(2 * INTERVAL);
    expect(await pending(cluster)).toEqual(['r']);
    a.create({ ...manualJob(), name: 'late' });
    await cluster.advance(0);
    expect(cluster.runsBy('late')).toHaveLength(1);
    expect(await pending(cluster)).toEqual([]);
  });

  it('with jitter, and of one that is switched off, starts at once', async () => {
    const cluster = new EngineCluster([
      { name: 'jittery', policy: { jitterMs: MINUTE } },
      { name: 'off', disabled: true },
    ]);
    await cluster.started('a');
    await request(cluster, 'r1', 'jittery');
    await request(cluster, 'r2', 'off');
    await cluster.advance(0);
    expect(cluster.calls.map(({ job }) => job)).toEqual(['jittery', 'off']);
  });
});

describe('a requested run, when the store answers late', () => {
  it('is made once although each reading of the requests is answered late', async () => {
    const cluster = new EngineCluster([manualJob()]);
    const a = await cluster.started('a');
    a.control.hold();
    await request(cluster, 'r');
    await cluster.advance(500);
    expect(cluster.calls).toHaveLength(0);
    a.control.letGo();
    await cluster.advance(0);
    expect(await pending(cluster)).toEqual([]);
    // One that was read before it was decided about is announced again.
    a.control.hold();
    await request(cluster, 's');
    await cluster.advance(0);
    cluster.lease.notify({ kind: 'run-requested' });
    a.control.letGo();
    await cluster.advance(2 * INTERVAL);
    expect(await results(cluster)).toEqual(['r succeeded', 's succeeded']);
    expect(cluster.calls).toHaveLength(2);
  });

  it.each(['fails', 'hangs'] as const)('is made when a store that %s answers again', async fault => {
    const cluster = new EngineCluster([manualJob()]);
    const a = await cluster.started('a');
    a.control.fault = fault;
    await request(cluster, 'r');
    await cluster.advance(5 * SECOND);
    expect(cluster.calls).toHaveLength(0);
    a.control.fault = 'none';
    await cluster.advance(2 * SECOND);
    expect(await results(cluster)).toEqual(['r succeeded']);
    expect(cluster.calls).toHaveLength(1);
  });
});
