import { describe, expect, it } from '@jest/globals';

import type { Claim } from '../../../lib/ports/run-store.js';
import { useLabs } from '../support/use-labs.js';
import { A, B, Lab, never, SHORT } from './lab.js';

const { adapters } = useLabs('runs', Lab.of);

/** A lab with a run whose lock has expired. */
async function orphaned(openLab: () => Promise<Lab>, more: Partial<Claim> = {}): Promise<Lab> {
  const lab = await openLab();
  await lab.claimOne(1, 'x', more, SHORT);
  await lab.stores.pass(SHORT);
  return lab;
}

describe.each(adapters)('the adoption of a crashed run ($name)', ({ openLab }) => {
  it('recovers a crashed run as its next attempt, with its lock', async () => {
    const lab = await orphaned(openLab);
    expect(await lab.adopt(lab.run(1, 'x'))).toEqual({ kind: 'recovered', attempt: 2 });
    expect(await lab.adopt(lab.run(1, 'x'))).toEqual({ kind: 'recovered', attempt: 2 });
    expect(await lab.heartbeat([lab.run(1, 'x'), lab.run(1, 'new')])).toEqual(['lost', 'kept']);
    expect(await lab.claimOne(2, 'y')).toEqual({ kind: 'overlap', reason: 'running' });
    expect(await lab.finish(lab.run(1, 'new'))).toBe('finished');
  });

  it('abandons a crashed run, which keeps what was known of it, and when it was claimed', async () => {
    const lab = await orphaned(openLab);
    const since = await lab.stores.now();
    expect(await lab.adopt(lab.run(1, 'x'), { wish: 'abandon' })).toEqual({ kind: 'abandoned' });
    const [record] = await lab.history();
    expect(record).toMatchObject({ runId: 'x', state: 'abandoned', facts: { pod: 'p' } });
    expect(record?.facts['startedAt']).toBeLessThan(since);
    expect(record?.at).toBeGreaterThanOrEqual(since);
    expect(await lab.stores.history.last('job', 'run', never)).toMatchObject({ state: 'abandoned' });
    expect(await lab.unfinished()).toEqual([]);
    expect(await lab.claimOne(2, 'y')).toEqual({ kind: 'go' });
  });

  it('refuses a pod that does not lead, and a term that the job has outlived', async () => {
    const lab = await orphaned(openLab);
    expect(await lab.adopt(lab.run(1, 'x'), {}, B)).toEqual({ kind: 'fenced' });
    const older = { ...A, token: 6 };
    await lab.stores.lead(older.podId, older.token);
    expect(await lab.adopt(lab.run(1, 'x'), {}, older)).toEqual({ kind: 'fenced' });
  });

  it('leaves a run whose lock went to another, until that one has ended', async () => {
    const lab = await orphaned(openLab);
    await lab.claimOne(2, 'y');
    expect(await lab.adopt(lab.run(1, 'x'))).toEqual({ kind: 'left' });
    await lab.finish(lab.run(2, 'y'));
    expect(await lab.adopt(lab.run(1, 'x'))).toEqual({ kind: 'recovered', attempt: 2 });
    expect(await lab.claimOne(3, 'z')).toEqual({ kind: 'overlap', reason: 'running' });
  });
});

describe.each(adapters)('an adoption beside other runs ($name)', ({ openLab }) => {
  it('leaves live runs alone, and those that have ended', async () => {
    const lab = await openLab();
    await lab.claimOne(1, 'x');
    expect(await lab.adopt(lab.run(1, 'x'))).toEqual({ kind: 'left' });
    await lab.finish(lab.run(1, 'x'));
    expect(await lab.adopt(lab.run(1, 'x'))).toEqual({ kind: 'left' });
    expect(await lab.adopt(lab.run(9, 'y'))).toEqual({ kind: 'left' });
  });

  it('releases a run that was queued and never started', async () => {
    const lab = await openLab();
    const queue = { overlap: 'queue' } as const;
    await lab.claim([lab.wish(1, 'x', queue), lab.wish(2, 'y', queue)]);
    expect(await lab.adopt(lab.run(2, 'y'))).toEqual({ kind: 'released' });
    expect(await lab.adopt(lab.run(2, 'y'))).toEqual({ kind: 'released' });
    expect(await lab.claimOne(3, 'z', queue)).toMatchObject({ kind: 'queued' });
  });

  it('recovers a run that overlaps by permission beside the others', async () => {
    const lab = await orphaned(openLab, { overlap: 'allow' });
    await lab.claimOne(2, 'y');
    expect(await lab.adopt(lab.run(1, 'x'))).toEqual({ kind: 'recovered', attempt: 2 });
    expect(await lab.heartbeat([lab.run(1, 'new'), lab.run(2, 'y')])).toEqual(['kept', 'kept']);
  });

  it('leaves a tick that another run has got meanwhile', async () => {
    const lab = await orphaned(openLab);
    expect(await lab.adopt(lab.run(1, 'other'))).toEqual({ kind: 'left' });
    expect(await lab.unfinished()).toMatchObject([{ runId: 'x' }]);
  });
});
