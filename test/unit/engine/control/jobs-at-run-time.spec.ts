import { describe, expect, it } from '@jest/globals';

import { DuplicateJobError } from '../../../../lib/core/errors/errors.js';
import { SECOND } from '../../../support/durations.js';
import { EngineCluster } from '../../../support/engine-harness.js';
import { holdOpening, NEVER, reschedule } from '../../../support/requested-runs.js';

const idle = { cron: NEVER };

describe('a job that is created, or removed, at run time', () => {
  it('ticks from then on, and stops ticking', async () => {
    const cluster = new EngineCluster([idle]);
    const a = await cluster.started('a');
    await cluster.advance(1.5 * SECOND);
    a.create({ name: 'late' });
    await cluster.advance(2 * SECOND);
    expect(cluster.seconds('late')).toEqual([2, 3]);
    a.remove('late');
    await cluster.advance(2 * SECOND);
    expect(cluster.seconds('late')).toEqual([2, 3]);
    expect([...(await cluster.cluster.announced()).keys()]).toEqual(['job']);
  });

  it('that was created before the start ticks with the others', async () => {
    const cluster = new EngineCluster([idle]);
    const a = cluster.pod('a');
    a.create({ name: 'early' });
    a.start();
    await cluster.advance(2.5 * SECOND);
    expect(cluster.seconds('early')).toEqual([1, 2]);
  });

  it('leaves nothing behind where a timer has its name', async () => {
    const cluster = new EngineCluster([idle]);
    const a = await cluster.started('a');
    const called: string[] = [];
    const timerOfUser = a.create({ name: 'late', cron: NEVER, handler: () => called.push('first') });
    a.remove('late');
    a.ticker.add(timerOfUser, { wake: () => undefined });
    expect(() => a.create({ name: 'late', handler: () => called.push('refused') })).toThrow(
      DuplicateJobError,
    );
    a.jobs.remove('late');
    a.ticker.remove(timerOfUser);
    a.create({ name: 'late', handler: () => called.push('second') });
    await cluster.advance(SECOND);
    expect(called).toEqual(['second']);
  });

  it('that was created on all pods runs each tick once, through a change of leader', async () => {
    const cluster = new EngineCluster([idle]);
    const pods = [await cluster.started('a'), await cluster.started('b')];
    for (const pod of pods) pod.create({ name: 'late' });
    await cluster.advance(1.5 * SECOND);
    await pods[0]?.elector.resign();
    await cluster.advance(2 * SECOND);
    expect(cluster.runsBy('late')).toEqual(['a 1', 'b 2', 'b 3']);
  });

  it('that is removed and created again ticks by the schedule that it was given meanwhile', async () => {
    const cluster = new EngineCluster();
    const a = await cluster.started('a');
    await reschedule(cluster, '*/3 * * * * *');
    await cluster.advance(3.5 * SECOND);
    a.remove();
    await cluster.advance(SECOND);
    a.create({});
    await cluster.advance(5 * SECOND);
    expect(cluster.seconds()).toEqual([3, 6, 9]);
  });
});
describe('a job that is removed and created again', () => {
  it('runs to its end, and blocks one of the same name until then', async () => {
    const cluster = new EngineCluster([{ handler: (_, pod) => pod.clock.wait(2.3 * SECOND) }]);
    const a = await cluster.started('a');
    await cluster.advance(1.2 * SECOND);
    a.remove();
    a.create({ handler: (_, pod) => pod.clock.wait(0), cron: '*/2 * * * * *' });
    await cluster.advance(3 * SECOND);
    expect(cluster.seconds()).toEqual([1, 4]);
    expect(await cluster.outcomes()).toEqual(['1 succeeded', '2 skipped running', '4 succeeded']);
  });

  it('while it is opened never runs, nor lends its handler to its successor', async () => {
    const cluster = new EngineCluster([idle]);
    const a = await cluster.started('a');
    await cluster.advance(500);
    const ran: string[] = [];
    const answer = holdOpening(a);
    a.create({ name: 'twice', handler: () => ran.push('old') });
    await cluster.advance(10);
    a.remove('twice');
    a.create({ name: 'twice', handler: () => ran.push('new'), cron: '*/2 * * * * *' });
    answer();
    await cluster.advance(8 * SECOND);
    expect(new Set(ran)).toEqual(new Set(['new']));
  });

  it('while it is opened misses no tick', async () => {
    const cluster = new EngineCluster([idle]);
    const a = await cluster.started('a');
    await cluster.advance(3.1 * SECOND);
    const answer = holdOpening(a);
    const spec = { name: 'twice', policy: { catchUp: 'skip' } } as const;
    a.create(spec);
    await cluster.advance(10);
    a.remove('twice');
    a.create(spec);
    answer();
    await cluster.advance(2 * SECOND);
    expect(cluster.seconds('twice')).toEqual([4, 5]);
  });
});
