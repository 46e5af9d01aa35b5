import { describe, expect, it } from '@jest/globals';

import { SECOND } from '../../../support/durations.js';
import { EngineCluster, secondOf, START } from '../../../support/engine-harness.js';

describe('a claim that the store cannot decide', () => {
  it('is sent until it is decided, and reported once', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    a.runs.refusal = 'OOM command not allowed';
    await cluster.advance(1.9 * SECOND);
    a.runs.refusal = undefined;
    await cluster.advance(600);
    expect(cluster.seconds()).toEqual([1, 2]);
    expect(a.eventsOf('job.blocked')).toEqual([
      { type: 'job.blocked', job: 'job', tick: new Date(START + SECOND), message: 'OOM command not allowed' },
    ]);
  });
});

describe('a claim of which it is not certain that it is released', () => {
  it('is released until that is certain, and its tick runs', async () => {
    const cluster = new EngineCluster([{ cron: '1 * * * * *' }, { name: 'other', cron: '*/2 * * * * *' }]);
    const a = await cluster.started('a');
    a.runs.refusal = 'OOM command not allowed';
    await cluster.advance(1.1 * SECOND);
    // For longer than a ttl runs get no answer, while the lease is renewed.
    a.runs.fault = 'hangs';
    await cluster.advance(12 * SECOND);
    expect(a.elector.isLeader()).toBe(true);
    Object.assign(a.runs, { fault: 'none', refusal: undefined });
    await cluster.advance(1.5 * SECOND);
    expect(cluster.seconds('job')).toEqual([1]);
    expect(a.skips).toEqual([]);
  });

  it('is no orphan until then: where it was granted, its tick runs', async () => {
    const cluster = new EngineCluster([{ cron: '1 * * * * *' }]);
    const a = await cluster.started('a');
    a.runs.isUnconfirmed = true;
    a.runs.faults.release = 'hangs';
    await cluster.advance(15 * SECOND);
    Object.assign(a.runs, { isUnconfirmed: false });
    a.runs.faults.release = 'none';
    await cluster.advance(20 * SECOND);
    expect(cluster.seconds()).toEqual([1]);
    expect(await cluster.outcomes()).toEqual(['1 succeeded']);
  });
});

describe('a claim that was released, while the store decides nothing', () => {
  it('is not sent a second time when it is found among the unfinished runs', async () => {
    const cluster = new EngineCluster([{ cron: '1 * * * * *', policy: { overlap: 'allow' } }]);
    const a = await cluster.started('a');
    a.runs.isUnconfirmed = true;
    await cluster.advance(1.1 * SECOND);
    a.runs.refusal = 'OOM command not allowed';
    // The renewal reports an unfinished run, which is then searched for.
    await cluster.advance(2.5 * SECOND);
    expect(a.runs.count('adopt')).toBeGreaterThan(0);
    Object.assign(a.runs, { isUnconfirmed: false, refusal: undefined });
    await cluster.advance(SECOND);
    expect(cluster.seconds()).toEqual([1]);
    expect(a.skips).toEqual([]);
  });
});

describe('claims of one job that the store cannot decide', () => {
  it('are sent again in the order of their ticks, though the older one is released later', async () => {
    const cluster = new EngineCluster([{ policy: { overlap: 'allow', catchUp: 'skip' } }]);
    const a = await cluster.started('a');
    a.runs.refusal = 'OOM command not allowed';
    let lost = 0;
    a.runs.losesRelease = ({ tick }) => secondOf(tick) === 1 && (lost += 1) === 1;
    cluster.clock.suspendFor(2.1 * SECOND);
    await cluster.advance(1.1 * SECOND);
    a.runs.refusal = undefined;
    await cluster.advance(3 * SECOND);
    expect(lost).toBeGreaterThan(0);
    expect(cluster.seconds().slice(0, 3)).toEqual([1, 2, 3]);
  });
});
