import { describe, expect, it } from '@jest/globals';

import { useLabs } from '../support/use-labs.js';
import { B, Lab, LONG, never, SHORT } from './lab.js';

const { adapters } = useLabs('runs', Lab.of);

describe.each(adapters)('overlap ($name)', ({ openLab }) => {
  it('is left undecided while a run of an earlier term is live: its pod may be dead', async () => {
    const lab = await openLab();
    await lab.claimOne(1, 'x');
    await lab.stores.lead(B.podId, B.token);
    expect(await lab.claimOne(2, 'y', {}, LONG, B)).toMatchObject({
      kind: 'blocked',
      waitMs: expect.any(Number),
    });
    expect(await lab.finish(lab.run(1, 'x'))).toBe('finished');
    expect(await lab.claimOne(2, 'y', {}, LONG, B)).toEqual({ kind: 'go' });
  });

  it('skip: a tick does not run beside a live run, and is recorded', async () => {
    const lab = await openLab();
    await lab.claimOne(1, 'x');
    expect(await lab.claimOne(2, 'y')).toEqual({ kind: 'overlap', reason: 'running' });
    expect(await lab.history()).toMatchObject([{ runId: 'y', state: 'skipped', reason: 'running' }]);
    await lab.finish(lab.run(1, 'x'));
    expect(await lab.claimOne(2, 'y')).toEqual({ kind: 'taken' });
    expect(await lab.claimOne(3, 'z')).toEqual({ kind: 'go' });
  });

  it('uses the lock of the run, which may be longer than those of the leader', async () => {
    const lab = await openLab();
    await lab.claimOne(1, 'x', {}, 10 * LONG);
    await lab.stores.lead(B.podId, B.token);
    const answer = await lab.claimOne(2, 'y', {}, LONG, B);
    expect(answer).toMatchObject({ kind: 'blocked' });
    expect(answer?.kind === 'blocked' && answer.waitMs).toBeGreaterThan(9 * LONG);
    expect(await lab.adopt(lab.run(1, 'x'), {}, B)).toEqual({ kind: 'left' });
    expect((await lab.unfinished())[0]?.liveMs).toBeGreaterThan(9 * LONG);
    expect(await lab.finish(lab.run(1, 'x'))).toBe('finished');
    expect((await lab.history()).map(({ facts }) => facts)).toEqual([{ ms: 5 }]);
  });

  it('skip: a lock that has lapsed is taken over, and its run is notified', async () => {
    const lab = await openLab();
    await lab.claimOne(1, 'x', {}, SHORT);
    await lab.stores.pass(SHORT);
    expect(await lab.claimOne(2, 'y')).toEqual({ kind: 'go' });
    expect(await lab.heartbeat([lab.run(1, 'x'), lab.run(2, 'y')])).toEqual(['lost', 'kept']);
    expect(await lab.claimOne(1, 'x')).toEqual({ kind: 'taken' });
    expect(await lab.finish(lab.run(1, 'x'))).toBe('finished');
    expect(await lab.claimOne(3, 'z')).toEqual({ kind: 'overlap', reason: 'running' });
  });

  it('skip: a manual one is skipped while a crashed run is to be run again', async () => {
    const lab = await openLab();
    await lab.claimOne(1, 'x', { recover: true }, SHORT);
    await lab.stores.pass(SHORT);
    const byHand = { recover: true, manual: true };
    expect(await lab.claimOne(2, 'y', byHand)).toEqual({ kind: 'overlap', reason: 'running' });
  });
});

describe.each(adapters)('overlap with a queue, or allowed ($name)', ({ openLab }) => {
  it.each(['skip', 'queue'] as const)(
    '%s: a crashed run that is to be run again goes first',
    async overlap => {
      const lab = await openLab();
      const policy = { overlap, recover: true };
      await lab.claimOne(1, 'x', policy, SHORT);
      await lab.stores.pass(SHORT);
      const waits = { kind: overlap === 'skip' ? 'blocked' : 'queued', waitMs: 100 };
      expect(await lab.claimOne(2, 'y', policy)).toEqual(waits);
      expect(await lab.adopt(lab.run(1, 'x'))).toEqual({ kind: 'recovered', attempt: 2 });
      await lab.finish(lab.run(1, 'new'));
      expect(await lab.claimOne(2, 'y', policy)).toEqual({ kind: 'go' });
    },
  );

  it('allow: runs go on beside each other, and keep each other from nothing', async () => {
    const lab = await openLab();
    const allow = { overlap: 'allow' } as const;
    expect(await lab.claim([lab.wish(1, 'x', allow), lab.wish(2, 'y', allow)])).toEqual([
      { kind: 'go' },
      { kind: 'go' },
    ]);
    expect(await lab.heartbeat([lab.run(1, 'x'), lab.run(2, 'y')])).toEqual(['kept', 'kept']);
  });

  it('queue: one tick waits for the live run, with its lock as the limit', async () => {
    const lab = await openLab();
    const queue = { overlap: 'queue' } as const;
    await lab.claimOne(1, 'x', queue);
    const answer = await lab.claimOne(2, 'y', queue);
    expect(answer?.kind).toBe('queued');
    expect(answer?.kind === 'queued' && answer.waitMs).toBeGreaterThan(LONG / 2);
    expect(await lab.claimOne(2, 'y', queue)).toMatchObject({ kind: 'queued' });
    expect(await lab.claimOne(3, 'z', queue)).toEqual({ kind: 'overlap', reason: 'queue-full' });
    await lab.finish(lab.run(1, 'x'));
    expect(await lab.claimOne(2, 'y', queue)).toEqual({ kind: 'go' });
    expect(await lab.claimOne(4, 'v', queue)).toMatchObject({ kind: 'queued' });
  });

  it('queue: a tick that was released makes room for another', async () => {
    const lab = await openLab();
    const queue = { overlap: 'queue' } as const;
    await lab.claim([lab.wish(1, 'x', queue), lab.wish(2, 'y', queue)]);
    expect(await lab.release(lab.run(2, 'y'))).toBe('released');
    expect(await lab.claimOne(3, 'z', queue)).toMatchObject({ kind: 'queued' });
  });
});

describe.each(adapters)('a pause ($name)', ({ openLab }) => {
  it('makes ticks skipped, and the watermark moves on', async () => {
    const lab = await openLab();
    await lab.stores.control.pause({ job: 'job', forMs: Infinity, reason: '' }, never);
    expect(await lab.claimOne(2, 'x')).toEqual({ kind: 'paused' });
    expect(await lab.history()).toMatchObject([{ state: 'skipped', reason: 'paused' }]);
    await lab.stores.control.resume('job', never);
    expect(await lab.claimOne(1, 'y')).toEqual({ kind: 'past' });
    expect(await lab.claimOne(3, 'y')).toEqual({ kind: 'go' });
  });

  it('ends by itself', async () => {
    const lab = await openLab();
    await lab.stores.control.pause({ job: 'job', forMs: SHORT, reason: '' }, never);
    await lab.stores.pass(SHORT);
    expect(await lab.claimOne(1, 'x')).toEqual({ kind: 'go' });
  });

  it('lets ticks be noted as missed all the same', async () => {
    const lab = await openLab();
    await lab.stores.control.pause({ job: 'job', forMs: Infinity, reason: '' }, never);
    expect(await lab.claimOne(2, 'x', { intent: 'missed' })).toEqual({ kind: 'noted' });
  });

  it('ends the waiting of a queued tick', async () => {
    const lab = await openLab();
    const queue = { overlap: 'queue' } as const;
    await lab.claim([lab.wish(1, 'x', queue), lab.wish(2, 'y', queue)]);
    await lab.stores.control.pause({ job: 'job', forMs: Infinity, reason: '' }, never);
    expect(await lab.claimOne(2, 'y', queue)).toEqual({ kind: 'paused' });
    expect((await lab.unfinished()).map(({ runId }) => runId)).toEqual(['x']);
  });
});
