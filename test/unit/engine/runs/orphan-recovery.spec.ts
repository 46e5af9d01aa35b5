import { describe, expect, it } from '@jest/globals';

import { EngineCluster, START, type JobSpec } from '../../../support/engine-harness.js';

/** Pod `a` never comes to an end with it; others do at once. */
const endlessOnA: JobSpec['handler'] = (_, pod) =>
  pod.name === 'a' ? new Promise(() => undefined) : undefined;

describe('a run whose pod died', () => {
  it('is settled by the next leader before the ticks that nobody ran', async () => {
    const cluster = new EngineCluster([{ handler: endlessOnA }]);
    const a = await cluster.started('a');
    await cluster.advance(1500);
    a.die();
    await cluster.advance(20_000);
    const b = await cluster.started('b');
    const order = b.events.map(({ type }) => type).filter(type => type.startsWith('job.'));
    expect(order).toEqual(['job.abandoned', 'job.missed', 'job.started', 'job.succeeded']);
    expect(b.told('job.abandoned')).toMatchObject([{ job: 'job', tick: new Date(START + 1000) }]);
    expect(cluster.runsBy()).toEqual(['a 1', 'b 21']);
    expect(await cluster.outcomes()).toEqual(['1 abandoned', '20 missed', '21 succeeded']);
  });

  it('is run again when the job recovers: attempt 2, with the original tick', async () => {
    const cluster = new EngineCluster([
      { cron: '1 * * * * *', handler: endlessOnA, policy: { recover: true } },
    ]);
    const a = await cluster.started('a');
    await cluster.advance(1500);
    a.die();
    await cluster.advance(20_000);
    const b = await cluster.started('b');
    expect(cluster.runsBy()).toEqual(['a 1', 'b 1']);
    const [first, second] = cluster.calls.map(({ context }) => context);
    expect(second).toMatchObject({ attempt: 2, recovering: true, catchUp: false });
    expect(second?.idempotencyKey).toBe(first?.idempotencyKey);
    expect(second?.runId).not.toBe(first?.runId);
    expect(second?.token).toBeGreaterThan(first?.token ?? Infinity);
    expect(b.told('job.abandoned')).toEqual([]);
    const record = await cluster.recordOf(1);
    expect(record).toMatchObject({ state: 'succeeded', attempt: 2, facts: { pod: 'b', recovering: true } });
  });

  it('is run again before the ticks that are made up, which do not run beside it', async () => {
    const handler: JobSpec['handler'] = (_, pod) =>
      pod.name === 'a' ? new Promise(() => undefined) : pod.clock.wait(20);
    const cluster = new EngineCluster([{ handler, policy: { recover: true, catchUp: 'all' } }]);
    const a = await cluster.started('a');
    await cluster.advance(1500);
    a.die();
    await cluster.advance(12_000);
    await cluster.started('b');
    await cluster.advance(450);
    expect(cluster.seconds()).toEqual([1, ...Array.from({ length: 13 }, (_, index) => index + 1)]);
    expect(cluster.calls.slice(2).every(({ context }) => context.catchUp)).toBe(true);
  });

  it('is run again as often as its pods die', async () => {
    const handler: JobSpec['handler'] = (_, pod) =>
      pod.name === 'c' ? undefined : new Promise(() => undefined);
    const cluster = new EngineCluster([{ cron: '1 * * * * *', handler, policy: { recover: true } }]);
    for (const name of ['a', 'b', 'c']) {
      const pod = await cluster.started(name);
      await cluster.advance(1500);
      if (name !== 'c') pod.die();
      await cluster.advance(15_000);
    }
    expect(cluster.runsBy()).toEqual(['a 1', 'b 1', 'c 1']);
    expect(cluster.calls.map(({ context }) => context.attempt)).toEqual([1, 2, 3]);
    expect(await cluster.outcomes()).toEqual(['1 succeeded']);
  });

  it('is given up when five pods have died of it: it may be what kills them', async () => {
    const cluster = new EngineCluster([
      { cron: '1 * * * * *', handler: () => new Promise(() => undefined), policy: { recover: true } },
    ]);
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      const pod = await cluster.started(name);
      await cluster.advance(1500);
      pod.die();
      await cluster.advance(10_500);
    }
    const f = await cluster.started('f');
    await cluster.advance(3000);
    expect(f.told('job.abandoned')).toHaveLength(1);
    expect(cluster.runsBy().slice(0, 5)).toEqual(['a 1', 'b 1', 'c 1', 'd 1', 'e 1']);
    expect(await cluster.outcomes()).toContain('1 abandoned');
  });

  it('is left alone while its run-lock is live, and settled soon after that', async () => {
    const cluster = new EngineCluster([{ cron: '1 * * * * *', handler: endlessOnA }]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(1500);
    a.die();
    await cluster.advance(9400);
    expect(b.elector.isLeader()).toBe(true);
    expect(b.told('job.abandoned')).toEqual([]);
    await cluster.advance(3200);
    expect(b.told('job.abandoned')).toHaveLength(1);
  });

  it('of a job that this pod does not have is left to a pod that has it, which recovers it', async () => {
    const cluster = new EngineCluster([
      { cron: '1 * * * * *', handler: endlessOnA, policy: { recover: true } },
    ]);
    const a = await cluster.started('a');
    await cluster.advance(1500);
    a.die();
    await cluster.advance(20_000);
    const b = await cluster.started('b', {}, [{ name: 'another', cron: '0 0 * * * *' }]);
    await cluster.advance(30_000);
    expect(b.told('job.abandoned')).toEqual([]);
    await b.engine.shutdown(0);
    await cluster.started('c');
    expect(cluster.runsBy()).toEqual(['a 1', 'c 1']);
  });

  it('of a job that no pod has is abandoned after an hour, and its history is not trimmed', async () => {
    const cluster = new EngineCluster([
      {
        handler: (_, pod) => (pod.clock.now().wallMs < START + 200_000 ? undefined : new Promise(() => 0)),
        policy: { retention: { keep: 10_000, maxAgeMs: 24 * 3_600_000 } },
      },
    ]);
    const a = await cluster.started('a');
    await cluster.advance(200_500);
    a.die();
    await cluster.advance(20_000);
    const before = (await cluster.ended()).length;
    expect(before).toBeGreaterThan(150);
    const b = await cluster.started('b', {}, [{ name: 'another', cron: '0 0 * * * *' }]);
    await cluster.advance(3_590_000);
    expect(b.told('job.abandoned')).toEqual([]);
    await cluster.advance(30_000);
    expect(b.told('job.abandoned')).toHaveLength(1);
    expect(await cluster.ended()).toHaveLength(before + 1);
  });

  it('leaves a queued tick behind, which the next leader runs', async () => {
    const cluster = new EngineCluster([
      { cron: '1-2 * * * * *', handler: endlessOnA, policy: { overlap: 'queue' } },
    ]);
    const a = await cluster.started('a');
    await cluster.advance(2500);
    expect(await cluster.unfinished()).toEqual(['1 live', '2 not live']);
    a.die();
    await cluster.advance(20_000);
    await cluster.started('b');
    expect(cluster.runsBy()).toEqual(['a 1', 'b 2']);
    expect(cluster.calls.at(-1)?.context).toMatchObject({ catchUp: true, recovering: false, attempt: 1 });
    expect(await cluster.outcomes()).toEqual(['1 abandoned', '2 succeeded']);
    expect(await cluster.unfinished()).toEqual([]);
  });

  it('leaves a queued tick behind, which is missed when it is older than the window', async () => {
    const policy = { overlap: 'queue', catchUpWindowMs: 30_000 } as const;
    const cluster = new EngineCluster([{ cron: '1-2 0 * * * *', handler: endlessOnA, policy }]);
    const a = await cluster.started('a');
    await cluster.advance(2500);
    a.die();
    await cluster.advance(60_000);
    const b = await cluster.started('b');
    expect(cluster.runsBy()).toEqual(['a 1']);
    expect(b.told('job.missed')).toMatchObject([{ tick: new Date(START + 2000), count: 1 }]);
    expect(await cluster.unfinished()).toEqual([]);
    await b.engine.shutdown(0);
    const c = await cluster.started('c');
    expect(c.told('job.missed')).toEqual([]);
  });

  it('fired by hand is settled, too', async () => {
    const cluster = new EngineCluster([
      { cron: '0 0 1 1 *', handler: endlessOnA, policy: { recover: true } },
    ]);
    const a = await cluster.started('a');
    a.ticker.of('job').fireOnTick();
    await cluster.advance(500);
    a.die();
    await cluster.advance(20_000);
    await cluster.started('b');
    expect(cluster.calls.map(({ pod, context }) => [pod, context.attempt])).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    expect((await cluster.recordOf(0)).manual).toBe(true);
  });
});

describe('a pod that was only slow', () => {
  it('does not settle the runs that it makes itself, in whatever term', async () => {
    const cluster = new EngineCluster([{ cron: '1 * * * * *', handler: (_, pod) => pod.clock.wait(40_000) }]);
    const a = await cluster.started('a');
    await cluster.advance(1500);
    await a.elector.resign();
    await cluster.advance(12_000);
    expect(a.told('leader.elected')).toHaveLength(2);
    await cluster.advance(30_000);
    expect(a.told('job.abandoned')).toEqual([]);
    expect(await cluster.outcomes()).toEqual(['1 succeeded']);
  });

  it('tells when its run was given up meanwhile, and changes nothing', async () => {
    const cluster = new EngineCluster([{ cron: '1 * * * * *', handler: (_, pod) => pod.clock.wait(30_000) }]);
    const a = await cluster.started('a');
    const b = await cluster.started('b');
    await cluster.advance(1500);
    a.cutOff();
    await cluster.advance(20_000);
    expect(b.told('job.abandoned')).toHaveLength(1);
    a.reconnect();
    await cluster.advance(15_000);
    expect(a.told('job.stale')).toMatchObject([{ tick: new Date(START + 1000), outcome: 'aborted' }]);
    expect(await cluster.outcomes()).toEqual(['1 abandoned']);
  });
});

describe('many runs whose pods died', () => {
  const ENDLESS: JobSpec = {
    name: 'many',
    cron: '0 0 * * * *',
    handler: endlessOnA,
    policy: { overlap: 'allow', retention: { keep: 10_000, maxAgeMs: Infinity } },
  };
  const JOBS = [ENDLESS, { name: 'tick' }];

  /** Pod `a` died with so many runs of the job `many`. */
  async function crashedWith(runs: number): Promise<EngineCluster> {
    const cluster = new EngineCluster(JOBS);
    const a = await cluster.started('a');
    const many = a.jobs.find('many');
    const token = a.elector.currentTerm()?.token;
    if (many === undefined || token === undefined) throw new Error('Pod a does not lead');
    for (let run = 0; run < runs; run += 1) a.dispatcher.dispatchManual(many, token);
    await cluster.advance(100);
    expect(cluster.calls.filter(({ job }) => job === 'many')).toHaveLength(runs);
    a.die();
    await cluster.advance(20_000);
    return cluster;
  }

  it('do not keep jobs closed: these open after one page, and the rest is settled meanwhile', async () => {
    const cluster = await crashedWith(1000);
    const b = await cluster.started('b');
    const { sent } = b.runs;
    expect(sent.slice(0, sent.indexOf('open')).filter(operation => operation === 'adopt')).toHaveLength(1);
    await cluster.advance(1000);
    expect(b.told('job.abandoned')).toHaveLength(1000);
    expect((await cluster.ended('many')).filter(({ state }) => state === 'abandoned')).toHaveLength(1000);
    expect(await cluster.unfinished()).toEqual([]);
  });

  it('are reported one by one, and counted once a job and page', async () => {
    const cluster = await crashedWith(450);
    const b = await cluster.started('b');
    await cluster.advance(1000);
    const told = b.told('job.abandoned');
    expect(new Set(told.map(({ runId }) => runId)).size).toBe(450);
    expect(told.filter(({ ordinal }) => ordinal === 1).map(({ count }) => count)).toEqual([200, 200, 50]);
  });

  it('are reported once where the reply is lost', async () => {
    const cluster = await crashedWith(250);
    const b = cluster.pod('b');
    b.runs.faults.adopt = 'loses-replies';
    b.start();
    await cluster.advance(3000);
    expect(b.told('job.abandoned')).toEqual([]);
    delete b.runs.faults.adopt;
    await cluster.advance(3000);
    expect(b.told('job.abandoned')).toHaveLength(250);
  });

  it('are reported by the pod that recorded them, though its term has ended since', async () => {
    const cluster = await crashedWith(50);
    const b = cluster.pod('b');
    b.runs.faults.adopt = 'loses-replies';
    b.start();
    await cluster.advance(500);
    void b.elector.resign();
    await cluster.advance(1500);
    const c = await cluster.started('c');
    delete b.runs.faults.adopt;
    await cluster.advance(3000);
    expect([b.told('job.abandoned').length, c.told('job.abandoned').length]).toEqual([50, 0]);
  });

  it('are settled in the order in which pages come, while own runs are live', async () => {
    const cluster = await crashedWith(300);
    const b = await cluster.started('b');
    await cluster.advance(1000);
    expect(b.told('job.abandoned')).toHaveLength(300);
    // From now on nothing is to be looked for.
    const looks = b.runs.count('unfinished');
    await cluster.advance(60_000);
    expect(b.runs.count('unfinished')).toBe(looks);
  });
});
