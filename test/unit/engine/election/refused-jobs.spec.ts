import { describe, expect, it } from '@jest/globals';

import { MINUTE, SECOND } from '../../../support/durations.js';
import { EngineCluster, type JobSpec, type Pod } from '../../../support/engine-harness.js';

/** Two pods, and a job of which the store holds what no pod can read; every other job is sound. */
async function holdsInvalidData(spec: JobSpec = {}, atMs = 1500) {
  const cluster = new EngineCluster([{ ...spec, name: 'bad' }, {}]);
  const a = await cluster.started('a');
  const b = await cluster.started('b');
  await cluster.advance(atMs);
  for (const { runs } of [a, b]) runs.invalidJob = 'bad';
  return { cluster, a, b };
}

describe('a leader whose job is refused because of what the store holds of it', () => {
  it('keeps its term, for any other leader would be refused as well', async () => {
    const { cluster, a, b } = await holdsInvalidData();
    await cluster.advance(3 * MINUTE);
    expect(b.eventsOf('job.overdue')).not.toEqual([]);
    expect(a.eventsOf('leader.lost')).toEqual([]);
    expect(cluster.runsBy().filter(run => !run.startsWith('a '))).toEqual([]);
    expect(cluster.seconds()).toHaveLength(181);
  });

  it('keeps its term while the end of a run cannot be recorded for that reason', async () => {
    const spec: JobSpec = { cron: '*/10 * * * * *', handler: (_, pod) => pod.clock.wait(2 * SECOND) };
    const { cluster, a, b } = await holdsInvalidData(spec, 11_000);
    await cluster.advance(3 * MINUTE);
    expect(a.eventsOf('job.blocked')).toMatchObject([
      { message: expect.stringContaining('cannot be recorded') },
    ]);
    expect(b.eventsOf('job.overdue')).not.toEqual([]);
    expect(a.eventsOf('leader.lost')).toEqual([]);
  });

  it('is reported again and again, counted anew once the job was not overdue, and for each leader', async () => {
    const { cluster, a, b } = await holdsInvalidData();
    const times = () => b.eventsOf('job.overdue').map(({ ordinal }) => ordinal);
    await cluster.advance(45 * SECOND);
    expect(times()).toEqual([1, 2, 3]);
    for (const { runs } of [a, b]) runs.invalidJob = undefined;
    await cluster.advance(15 * SECOND);
    for (const { runs } of [a, b]) runs.invalidJob = 'bad';
    await cluster.advance(30 * SECOND);
    expect(times()).toEqual([1, 2, 3, 1, 2]);
    const c = await cluster.started('c');
    await cluster.advance(40 * SECOND);
    const before = c.eventsOf('job.overdue').length;
    await a.engine.shutdown(0);
    await cluster.advance(25 * SECOND);
    const [first] = c.eventsOf('job.overdue').slice(before);
    expect(first).toMatchObject({ podId: 'b', ordinal: 1 });
  });

  it('catches up what it missed when that is corrected', async () => {
    const { cluster, a, b } = await holdsInvalidData();
    await cluster.advance(MINUTE);
    for (const { runs } of [a, b]) runs.invalidJob = undefined;
    await cluster.advance(3 * SECOND);
    expect(a.eventsOf('leader.lost')).toEqual([]);
    expect(cluster.seconds('bad').at(-1)).toBe(64);
  });
});

describe('a leader whose claims or ends are refused', () => {
  it('resigns when the store refuses nothing any more, and does not answer either', async () => {
    const { cluster, a, b } = await holdsInvalidData();
    await cluster.advance(MINUTE);
    a.runs.fault = 'hangs';
    await cluster.advance(30 * SECOND);
    expect(a.eventsOf('leader.lost')).toMatchObject([{ reason: 'resigned' }]);
    expect(b.elector.isLeader()).toBe(true);
  });

  it.each([
    ['to decide', (pod: Pod) => (pod.runs.refusal = 'NOPERM')],
    ['to record ends', (pod: Pod) => (pod.runs.refusesEnds = true)],
  ])('resigns when the store refuses %s for another reason, which may be its own', async (_what, refuse) => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.started('b');
    await cluster.advance(1.5 * SECOND);
    refuse(a);
    await cluster.advance(45 * SECOND);
    expect(a.eventsOf('leader.lost')).toMatchObject([{ reason: 'resigned' }]);
  });
});
