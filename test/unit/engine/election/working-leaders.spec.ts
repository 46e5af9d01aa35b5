import { describe, expect, it } from '@jest/globals';

import { MINUTE, SECOND } from '../../../support/durations.js';
import { EngineCluster, secondOf, START, type JobSpec } from '../../../support/engine-harness.js';
import { afterAGap } from '../../../support/zombies.js';

describe('a leader whose runs take long', () => {
  it('is not taken for one when a job that was caught up runs for long', async () => {
    const handler: JobSpec['handler'] = ({ catchUp }, pod) =>
      catchUp ? pod.clock.wait(90 * SECOND) : undefined;
    const { cluster, b, c } = await afterAGap([{ handler }]);
    await cluster.advance(80 * SECOND);
    expect(cluster.runsBy()).toEqual(['a 1', 'b 6']);
    expect(c.eventsOf('job.overdue')).toEqual([]);
    expect(b.elector.isLeader()).toBe(true);
    const { at, reason } = await cluster.recordOf(50);
    expect([secondOf(at), reason]).toEqual([50, 'running']);
  });

  it.each(['skip', 'queue', 'allow'] as const)(
    'is not taken for one when a run goes on for long, with overlap %s',
    async overlap => {
      const cluster = new EngineCluster([
        { policy: { overlap }, handler: (_, pod) => pod.clock.wait(70 * SECOND) },
      ]);
      await cluster.started('a');
      const b = await cluster.started('b');
      await cluster.advance(MINUTE);
      expect(b.eventsOf('job.overdue')).toEqual([]);
    },
  );
});

describe('a leader that does its work', () => {
  it('goes on though a job is overdue that does not tick on it, as while versions are mixed', async () => {
    const cluster = new EngineCluster([{ name: 'same' }, { name: 'old' }]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(1.5 * SECOND);
    // Neither has all that the other has: leadership stays where it is.
    b.ticker.of('same').stop();
    a.ticker.of('old').stop();
    await cluster.advance(MINUTE);
    expect(
      b.eventsOf('job.overdue').map(({ job, isResignationRequested }) => [job, isResignationRequested]),
    ).toContainEqual(['old', false]);
    expect(b.eventsOf('job.overdue').some(({ isResignationRequested }) => isResignationRequested)).toBe(
      false,
    );
    expect(a.eventsOf('leader.lost')).toEqual([]);
  });

  it('is not taken for one when the job is paused, rare, or stopped everywhere', async () => {
    const cluster = new EngineCluster([
      { name: 'paused' },
      { name: 'rare', cron: '0 0 0 1 1 *' },
      { name: 'stopped' },
    ]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.control.pause({ job: 'paused', forMs: Infinity, reason: '' });
    for (const pod of [a, b]) pod.ticker.of('stopped').stop();
    await cluster.advance(MINUTE);
    expect(b.eventsOf('job.overdue')).toEqual([]);
  });

  it('is not taken for one when a job was started on the follower alone, just now', async () => {
    const cluster = new EngineCluster([{ disabled: true }]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(MINUTE);
    for (const pod of [a, b]) pod.ticker.of('job').start();
    await cluster.advance(MINUTE);
    expect(b.eventsOf('job.overdue')).toEqual([]);
    expect(cluster.seconds()).toHaveLength(60);
  });
});

describe('a leader on which a user has stopped a job over a tick, and started it', () => {
  it.each([true, false])('keeps its term (pods that publish their jobs: %s)', async publishes => {
    const cluster = new EngineCluster([{ cron: '8 * * * * *' }, { name: 'other' }]);
    const a = await cluster.started('a', { publishes });
    const b = await cluster.started('b', { publishes });
    await cluster.advance(5 * SECOND);
    a.ticker.of('job').stop();
    // The term is too young for the leadership to move.
    await cluster.advance(4.5 * SECOND);
    a.ticker.of('job').start();
    await cluster.advance(65 * SECOND);
    expect(a.eventsOf('leader.lost')).toEqual([]);
    expect(cluster.runsBy()).toEqual(['a 68']);
    // A pod that knows that it was stopped excuses that tick.
    expect(b.eventsOf('job.overdue').length === 0).toBe(publishes);
    const job = b.jobs.find('job');
    const found = { watermark: START, schedule: job?.schedule.fingerprint ?? '' };
    const overdue = job && b.engine.overdueTick(job, found, START + 30 * SECOND, 0);
    expect(overdue).toBe(publishes ? undefined : START + 8 * SECOND);
  });
});
