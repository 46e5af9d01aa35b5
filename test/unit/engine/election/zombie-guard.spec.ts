import { describe, expect, it } from '@jest/globals';

import { EngineCluster, secondOf, START, type JobSpec, type Pod } from '../../../support/engine-harness.js';

/** Pod `a` leads and keeps its lease, but can claim nothing any more. */
async function zombieLeads(specs?: readonly JobSpec[]) {
  const cluster = new EngineCluster(specs);
  const a = await cluster.started('a');
  const b = await cluster.started('b');
  await cluster.advance(1500);
  a.runs.fault = 'hangs';
  return { cluster, a, b };
}

/** Pod `a` has run the first tick, nobody the next five; now `b` leads, and `c` follows. */
async function afterAGap(specs: readonly JobSpec[]) {
  const cluster = new EngineCluster(specs);
  const a = await cluster.started('a');
  await cluster.advance(1500);
  await a.engine.shutdown(0);
  await cluster.advance(5000);
  return { cluster, b: await cluster.started('b'), c: await cluster.started('c') };
}

describe('a leader that keeps its lease and runs nothing', () => {
  it('is found, asked to resign once it has led for two ttls, and followed by a pod that makes it up', async () => {
    const { cluster, a, b } = await zombieLeads();
    await cluster.advance(18_000);
    expect(a.elector.isLeader()).toBe(true);
    await cluster.advance(25_000);
    const [overdue] = b.told('job.overdue');
    expect(overdue).toMatchObject({ job: 'job', holder: 'a', mark: new Date(START + 1000) });
    expect(a.told('leader.lost')).toMatchObject([{ reason: 'resigned' }]);
    expect(b.elector.isLeader()).toBe(true);
    expect(cluster.runsBy().slice(0, 1)).toEqual(['a 1']);
    const second = cluster.calls[1];
    expect(second).toMatchObject({ pod: 'b', context: { catchUp: true } });
    // Not before the tick is late by a ttl and 5 s.
    expect(second?.at).toBeGreaterThan(17);
  });

  it('is found by a pod whose clock was an hour ahead when it began', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    const b = await cluster.started('b', { aheadMs: 3_600_000 });
    await cluster.advance(1500);
    a.runs.fault = 'hangs';
    await cluster.advance(43_000);
    expect(b.told('job.overdue')).not.toEqual([]);
    expect(a.told('leader.lost')).toMatchObject([{ reason: 'resigned' }]);
  });

  it('resigns when it is asked, though its wall clock was set back meanwhile', async () => {
    const { cluster, a } = await zombieLeads();
    a.clock.aheadMs = -3_600_000;
    await cluster.advance(43_000);
    expect(a.told('leader.lost')).toMatchObject([{ reason: 'resigned' }]);
  });

  it('is asked again when it was too fresh to heed the first request', async () => {
    const { cluster, a, b } = await zombieLeads();
    await cluster.advance(60_000);
    expect(a.elector.isLeader()).toBe(false);
    expect(b.elector.isLeader()).toBe(true);
  });

  it('does not resign a second time for the same request', async () => {
    const { cluster, a } = await zombieLeads();
    await cluster.advance(60_000);
    expect(a.told('leader.lost')).toHaveLength(1);
  });

  it('resigns for the job that stands still, though it is at work on another one that is late as well', async () => {
    const busy: JobSpec = {
      name: 'busy',
      policy: { catchUp: 'all' },
      handler: ({ catchUp }, pod) => (catchUp ? pod.clock.wait(300_000) : undefined),
    };
    const { cluster, b, c } = await afterAGap([busy, { name: 'stuck' }]);
    await cluster.advance(2500);
    b.runs.faults.claim = 'hangs';
    await cluster.advance(60_000);
    expect(b.told('leader.lost')).toMatchObject([{ reason: 'resigned' }]);
    expect(cluster.runsBy('stuck').at(-1)).toMatch(/^c /);
    expect(c.elector.isLeader()).toBe(true);
  });

  it('is told of once in a while, not with every look', async () => {
    const { cluster, b } = await zombieLeads();
    await cluster.advance(40_000);
    expect(b.told('job.overdue').length).toBeLessThan(4);
  });

  it('is reported for each job, also for those that are looked at when others have just been reported', async () => {
    const specs = Array.from({ length: 40 }, (_, index): JobSpec => ({ name: `job-${index}` }));
    const { cluster, b } = await zombieLeads(specs);
    await cluster.advance(40_000);
    expect(new Set(b.told('job.overdue').map(({ job }) => job)).size).toBe(40);
  });

  it('is found though the store has lost by which schedule the job goes', async () => {
    const { cluster, a, b } = await zombieLeads();
    cluster.jobs.get('job').schedule = '';
    await cluster.advance(43_000);
    expect(b.told('job.overdue')[0]).toMatchObject({ job: 'job', holder: 'a' });
    expect(a.told('leader.lost')).toMatchObject([{ reason: 'resigned' }]);
    expect(cluster.calls.at(-1)?.pod).toBe('b');
  });

  it('is not accused by a pod with another schedule, nor if it tells of none, where the store has lost it', async () => {
    for (const publishes of [true, false]) {
      const cluster = new EngineCluster();
      const a = await cluster.started('a', { publishes });
      const b = await cluster.started('b', {}, [{ cron: publishes ? '*/2 * * * * *' : '* * * * * *' }]);
      await cluster.advance(1500);
      a.runs.fault = 'hangs';
      cluster.jobs.get('job').schedule = '';
      await cluster.advance(43_000);
      expect(b.told('job.overdue')).toEqual([]);
    }
  });

  it('resigns though none of its timers is called any more', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(1500);
    a.clock.stop();
    // Something else keeps its lease alive: that is what makes it a zombie.
    const token = a.elector.currentTerm()?.token ?? 0;
    for (let beats = 0; beats < 15; beats += 1) {
      await cluster.lease.renew({ candidateId: 'a', token, ttlMs: 10_000 });
      await cluster.advance(3000);
    }
    expect(b.told('job.overdue').length).toBeGreaterThan(0);
    expect(b.elector.isLeader()).toBe(true);
    await cluster.advance(2000);
    expect(cluster.calls.at(-1)?.pod).toBe('b');
  });
});

describe('a leader that does its work', () => {
  it('is not taken for one when a job that was made up runs for long', async () => {
    const handler: JobSpec['handler'] = ({ catchUp }, pod) => (catchUp ? pod.clock.wait(90_000) : undefined);
    const { cluster, b, c } = await afterAGap([{ handler }]);
    await cluster.advance(80_000);
    expect(cluster.runsBy()).toEqual(['a 1', 'b 6']);
    expect(c.told('job.overdue')).toEqual([]);
    expect(b.elector.isLeader()).toBe(true);
    const { at, reason } = await cluster.recordOf(50);
    expect([secondOf(at), reason]).toEqual([50, 'running']);
  });

  it.each(['skip', 'queue', 'allow'] as const)(
    'is not taken for one when a run goes on for long, with overlap %s',
    async overlap => {
      const cluster = new EngineCluster([
        { policy: { overlap }, handler: (_, pod) => pod.clock.wait(70_000) },
      ]);
      await cluster.started('a');
      const b = await cluster.started('b');
      await cluster.advance(60_000);
      expect(b.told('job.overdue')).toEqual([]);
    },
  );

  it('goes on though a job is overdue that does not tick on it, as while versions are mixed', async () => {
    const cluster = new EngineCluster([{ name: 'same' }, { name: 'old' }]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(1500);
    // Neither has all that the other has: leadership stays where it is.
    b.ticker.of('same').stop();
    a.ticker.of('old').stop();
    await cluster.advance(60_000);
    expect(b.told('job.overdue').map(({ job, isAskedToResign }) => [job, isAskedToResign])).toContainEqual([
      'old',
      false,
    ]);
    expect(b.told('job.overdue').some(({ isAskedToResign }) => isAskedToResign)).toBe(false);
    expect(a.told('leader.lost')).toEqual([]);
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
    await cluster.advance(60_000);
    expect(b.told('job.overdue')).toEqual([]);
  });

  it('is not taken for one when a job was started on the follower alone, just now', async () => {
    const cluster = new EngineCluster([{ disabled: true }]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(60_000);
    for (const pod of [a, b]) pod.ticker.of('job').start();
    await cluster.advance(60_000);
    expect(b.told('job.overdue')).toEqual([]);
    expect(cluster.seconds()).toHaveLength(60);
  });
});

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
    await cluster.advance(180_000);
    expect(b.told('job.overdue')).not.toEqual([]);
    expect(a.told('leader.lost')).toEqual([]);
    expect(cluster.runsBy().filter(run => !run.startsWith('a '))).toEqual([]);
    expect(cluster.seconds()).toHaveLength(181);
  });

  it('keeps its term while the end of a run cannot be recorded for that reason', async () => {
    const spec: JobSpec = { cron: '*/10 * * * * *', handler: (_, pod) => pod.clock.wait(2000) };
    const { cluster, a, b } = await holdsInvalidData(spec, 11_000);
    await cluster.advance(180_000);
    expect(a.told('job.blocked')).toMatchObject([{ message: expect.stringContaining('cannot be recorded') }]);
    expect(b.told('job.overdue')).not.toEqual([]);
    expect(a.told('leader.lost')).toEqual([]);
  });

  it('is told of again and again, counted anew once the job was not overdue, and for each leader', async () => {
    const { cluster, a, b } = await holdsInvalidData();
    const times = () => b.told('job.overdue').map(({ ordinal }) => ordinal);
    await cluster.advance(45_000);
    expect(times()).toEqual([1, 2, 3]);
    for (const { runs } of [a, b]) runs.invalidJob = undefined;
    await cluster.advance(15_000);
    for (const { runs } of [a, b]) runs.invalidJob = 'bad';
    await cluster.advance(30_000);
    expect(times()).toEqual([1, 2, 3, 1, 2]);
    const c = await cluster.started('c');
    await cluster.advance(40_000);
    const before = c.told('job.overdue').length;
    await a.engine.shutdown(0);
    await cluster.advance(25_000);
    const [first] = c.told('job.overdue').slice(before);
    expect(first).toMatchObject({ holder: 'b', ordinal: 1 });
  });

  it('makes up what it missed when that is corrected', async () => {
    const { cluster, a, b } = await holdsInvalidData();
    await cluster.advance(60_000);
    for (const { runs } of [a, b]) runs.invalidJob = undefined;
    await cluster.advance(3000);
    expect(a.told('leader.lost')).toEqual([]);
    expect(cluster.seconds('bad').at(-1)).toBe(64);
  });

  it('resigns when the store refuses nothing any more, and does not answer either', async () => {
    const { cluster, a, b } = await holdsInvalidData();
    await cluster.advance(60_000);
    a.runs.fault = 'hangs';
    await cluster.advance(30_000);
    expect(a.told('leader.lost')).toMatchObject([{ reason: 'resigned' }]);
    expect(b.elector.isLeader()).toBe(true);
  });

  it.each([
    ['to decide', (pod: Pod) => (pod.runs.refusal = 'NOPERM')],
    ['to record ends', (pod: Pod) => (pod.runs.refusesEnds = true)],
  ])('resigns when the store refuses %s for another reason, which may be its own', async (_what, refuse) => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.started('b');
    await cluster.advance(1500);
    refuse(a);
    await cluster.advance(45_000);
    expect(a.told('leader.lost')).toMatchObject([{ reason: 'resigned' }]);
  });
});

describe('a leader on which a user has stopped a job over a tick, and started it', () => {
  it.each([true, false])('keeps its term (pods that publish their jobs: %s)', async publishes => {
    const cluster = new EngineCluster([{ cron: '8 * * * * *' }, { name: 'other' }]);
    const a = await cluster.started('a', { publishes });
    const b = await cluster.started('b', { publishes });
    await cluster.advance(5000);
    a.ticker.of('job').stop();
    // The term is too young for the leadership to move.
    await cluster.advance(4500);
    a.ticker.of('job').start();
    await cluster.advance(65_000);
    expect(a.told('leader.lost')).toEqual([]);
    expect(cluster.runsBy()).toEqual(['a 68']);
    // Whoever knows that it was stopped excuses that tick.
    expect(b.told('job.overdue').length === 0).toBe(publishes);
    const job = b.jobs.find('job');
    const mark = { mark: START, schedule: job?.schedule.fingerprint ?? '' };
    const overdue = job && b.engine.overdueTick(job, mark, START + 30_000, 0);
    expect(overdue).toBe(publishes ? undefined : START + 8000);
  });
});

describe('a key that was set by hand', () => {
  it('is respected: nobody is asked to resign', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await cluster.advance(1500);
    await a.engine.shutdown(0);
    cluster.lease.heldByHand = 'maintenance';
    const b = await cluster.started('b');
    await cluster.advance(60_000);
    expect(b.told('leader.followed')).toMatchObject([{ holder: 'maintenance', token: 0 }]);
    expect(b.told('job.overdue')).toEqual([]);
    cluster.lease.heldByHand = undefined;
    await cluster.advance(4000);
    expect(b.elector.isLeader()).toBe(true);
  });
});
