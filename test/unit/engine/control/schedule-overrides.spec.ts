import { describe, expect, it } from '@jest/globals';

import { SECOND } from '../../../support/durations.js';
import { EngineCluster, START, TTL } from '../../../support/engine-harness.js';
import { request, reschedule } from '../../../support/requested-runs.js';

describe('another schedule', () => {
  it('is followed at once by the leader, and nothing runs in retrospect', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.advance(2.5 * SECOND);
    await reschedule(cluster, '*/5 * * * * *');
    await cluster.advance(8 * SECOND);
    // The same again changes nothing.
    await reschedule(cluster, '*/5 * * * * *');
    await reschedule(cluster);
    await cluster.advance(2 * SECOND);
    expect(cluster.seconds()).toEqual([1, 2, 5, 10, 11, 12]);
    expect(a.eventsOf('job.rescheduled')).toMatchObject([
      { schedule: '*/5 * * * * *', ownSchedule: '* * * * * *', since: new Date(START + 2.5 * SECOND) },
      { schedule: '* * * * * *', since: undefined },
    ]);
  });

  it('is found with the next renewal by a leader that is not notified', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a', { intervalMs: 2.8 * SECOND });
    a.lease.isDeaf = true;
    await cluster.advance(2.5 * SECOND);
    await reschedule(cluster, '*/10 * * * * *');
    await cluster.advance(18 * SECOND);
    expect(cluster.seconds()).toEqual([1, 2, 10, 20]);
  });

  it('switches a job off, and on again', async () => {
    const cluster = new EngineCluster();
    await cluster.started('a');
    await cluster.advance(1.5 * SECOND);
    await reschedule(cluster, '-');
    await cluster.advance(3 * SECOND);
    await request(cluster, 'r');
    await cluster.advance(100);
    await reschedule(cluster);
    await cluster.advance(2 * SECOND);
    expect(cluster.seconds()).toEqual([1, 4.5, 5, 6]);
  });

  it('given while no pod leads is followed from the beginning of the term', async () => {
    const cluster = new EngineCluster();
    await reschedule(cluster, '*/4 * * * * *');
    await cluster.started('a');
    await cluster.advance(9 * SECOND);
    expect(cluster.seconds()).toEqual([4, 8]);
  });
});

describe('another schedule that the store does not give', () => {
  it('that the store lost as soon as the leader was notified of it is followed until the next renewal', async () => {
    const cluster = new EngineCluster();
    await cluster.started('a');
    await cluster.advance(3.5 * SECOND);
    await reschedule(cluster, '*/10 * * * * *');
    await cluster.advance(100);
    cluster.jobs.get('job').override = '';
    await cluster.advance(5 * SECOND);
    expect(cluster.seconds()).toEqual([1, 2, 3, 7, 8]);
  });

  it('that cannot be read leaves the job its own, and says so', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.control.reschedule('job', 'garbage');
    await cluster.advance(2.5 * SECOND);
    expect(cluster.seconds()).toEqual([1, 2]);
    expect(a.eventsOf('job.override-invalid')).toHaveLength(1);
    await a.elector.resign();
    await cluster.advance(TTL + SECOND);
    expect(a.elector.isLeader()).toBe(true);
    expect(cluster.seconds().length).toBeGreaterThan(2);
  });

  it('does not keep the other jobs, nor requested runs, when the store cannot say it', async () => {
    const cluster = new EngineCluster([{ name: 'bad' }, { name: 'good' }]);
    const a = cluster.pod('a');
    const open = a.runs.open.bind(a.runs);
    // An override with bytes that are no text: what is followed is never what is stored.
    a.runs.open = async (opening, signal) => {
      const answer = await open(opening, signal);
      if (answer.kind !== 'opened') return answer;
      const watermarks = answer.watermarks.map((mark, at) =>
        opening.jobs[at]?.job === 'bad' ? { override: '\uFFFD' } : mark,
      );
      return { ...answer, watermarks };
    };
    a.start();
    await cluster.advance(2.5 * SECOND);
    await request(cluster, 'r', 'good');
    await cluster.advance(0);
    expect(cluster.seconds('good')).toEqual([1, 2, 2.5]);
    expect(a.runs.count('open')).toBeLessThan(10);
  });

  it.each(['fails', 'hangs'] as const)('is followed when a store that %s answers again', async fault => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a', { intervalMs: 2.8 * SECOND });
    a.cluster.fault = fault;
    await reschedule(cluster, '*/5 * * * * *');
    await cluster.advance(2.5 * SECOND);
    a.cluster.fault = 'none';
    await cluster.advance(8 * SECOND);
    expect(cluster.seconds()).toEqual([1, 2, 5, 10]);
  });
});
