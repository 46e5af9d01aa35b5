import { describe, expect, it } from '@jest/globals';

import { SECOND } from '../../support/durations.js';
import { useLabs } from '../support/use-labs.js';
import { A, B, Lab, LONG, never, SHORT } from './lab.js';

const { adapters } = useLabs('runs', Lab.of);
const manual = { manual: true };

describe.each(adapters)('a claim ($name)', ({ openLab }) => {
  it('grants a tick once, and says so again to the run that has it', async () => {
    const lab = await openLab();
    expect(await lab.claimOne(1, 'x')).toEqual({ kind: 'go' });
    expect(await lab.claimOne(1, 'x')).toEqual({ kind: 'mine' });
    expect(await lab.claimOne(1, 'y')).toEqual({ kind: 'taken' });
  });

  it('counts the run lock anew when the claim is repeated', async () => {
    const lab = await openLab();
    await lab.claimOne(1, 'x', {}, SHORT);
    await lab.stores.pass(SHORT);
    expect(await lab.claimOne(1, 'x')).toEqual({ kind: 'mine' });
    expect((await lab.unfinished())[0]?.liveMs).toBeGreaterThan(LONG / 2);
  });

  it('refuses a tick that has ended, also to the run that had it', async () => {
    const lab = await openLab();
    await lab.claimOne(1, 'x');
    await lab.finish(lab.run(1, 'x'));
    expect(await lab.claimOne(1, 'x')).toEqual({ kind: 'taken' });
  });

  it('refuses a pod that does not lead, and a term that a job has outlived', async () => {
    const lab = await openLab();
    expect(await lab.claimOne(1, 'x', {}, LONG, B)).toEqual({ kind: 'fenced' });
    await lab.stores.lead(B.podId, B.token);
    expect(await lab.claimOne(1, 'x', { overlap: 'allow' }, LONG, B)).toEqual({ kind: 'go' });
    await lab.stores.lead(A.podId, A.token);
    expect(await lab.claimOne(2, 'y', { overlap: 'allow' })).toEqual({ kind: 'fenced' });
    expect(await lab.claimOne(2, 'y', { job: 'other' })).toEqual({ kind: 'go' });
  });

  it('knows its own run still when the term is over', async () => {
    const lab = await openLab();
    await lab.claimOne(1, 'x');
    await lab.stores.lead(B.podId, B.token);
    expect(await lab.claimOne(1, 'x')).toEqual({ kind: 'mine' });
  });

  it('refuses ticks at or before the watermark', async () => {
    const lab = await openLab();
    await lab.claimOne(5, 'x');
    expect(await lab.claimOne(4, 'y')).toEqual({ kind: 'past' });
    expect(await lab.claimOne(6, 'y', { overlap: 'allow' })).toEqual({ kind: 'go' });
  });

  it('takes names and facts as they are', async () => {
    const lab = await openLab();
    const job = 'a|b @ {c} é\n:%';
    const facts = { text: 'x|y "z"\n', number: -1.5, flag: true };
    expect(await lab.claimOne(1, 'x', { job, facts })).toEqual({ kind: 'go' });
    expect(await lab.unfinished()).toMatchObject([{ job, runId: 'x' }]);
    expect(await lab.stores.history.running(never)).toMatchObject([{ job, facts }]);
    expect(await lab.finish(lab.run(1, 'x', { job }))).toBe('finished');
    expect(await lab.history({ job: undefined })).toMatchObject([{ job }]);
  });
});

describe.each(adapters)('claims and their ticks ($name)', ({ openLab }) => {
  it('refuses a tick that is not due, until 50 ms before it', async () => {
    const lab = await openLab();
    const now = await lab.stores.now();
    const answer = await lab.claimOne(0, 'x', { tick: now + 30 * SECOND });
    expect(answer?.kind).toBe('early');
    expect(answer?.kind === 'early' && answer.waitMs).toBeGreaterThan(20 * SECOND);
    expect(await lab.claimOne(0, 'x', { tick: (await lab.stores.now()) + 40 })).toEqual({ kind: 'go' });
  });

  it('decides many in order, each aware of those before it', async () => {
    const lab = await openLab();
    const wishes = [
      lab.wish(2, 'x'),
      lab.wish(1, 'y'),
      lab.wish(2, 'z'),
      lab.wish(3, 'v'),
      lab.wish(3, 'w', { job: 'other' }),
    ];
    const answers = await lab.claim(wishes);
    expect(answers).toEqual([
      { kind: 'go' },
      { kind: 'past' },
      { kind: 'taken' },
      { kind: 'overlap', reason: 'running' },
      { kind: 'go' },
    ]);
  });

  it('claims more at once than one call carries', async () => {
    const lab = await openLab();
    const wishes = Array.from({ length: 600 }, (_, n) => lab.wish(1, `r${n}`, { job: `job ${n}` }));
    const answers = await lab.claim(wishes);
    expect(answers).toHaveLength(600);
    expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['go']));
    const beats = await lab.heartbeat(wishes);
    expect(beats.filter(beat => beat === 'kept')).toHaveLength(600);
    expect(await lab.unfinished()).toHaveLength(600);
    expect(await lab.stores.history.running(never)).toHaveLength(600);
  });

  it('answers nothing to nothing', async () => {
    const lab = await openLab();
    expect(await lab.claim([])).toEqual([]);
    expect(await lab.heartbeat([])).toEqual([]);
  });

  it('records skipped and missed ticks, and moves the watermark past them', async () => {
    const lab = await openLab();
    expect(await lab.claimOne(1, 'x', { intent: 'missed', reason: 'late' })).toEqual({ kind: 'noted' });
    expect(await lab.claimOne(2, 'y', { intent: 'skipped', reason: 'off' })).toEqual({ kind: 'noted' });
    expect(await lab.claimOne(1, 'x', { intent: 'missed' })).toEqual({ kind: 'taken' });
    expect(await lab.past()).toEqual(['2 skipped', '1 missed']);
    expect((await lab.history())[1]).toMatchObject({ reason: 'late', token: 7, facts: { pod: 'p' } });
  });
});

describe.each(adapters)('a manual run ($name)', ({ openLab }) => {
  it('collides with no tick and moves no watermark', async () => {
    const lab = await openLab();
    await lab.claimOne(5, 'x', { overlap: 'allow' });
    expect(await lab.claimOne(5, 'y', { ...manual, overlap: 'allow' })).toEqual({ kind: 'go' });
    expect(await lab.claimOne(9, 'z', { ...manual, overlap: 'allow' })).toEqual({ kind: 'go' });
    expect(await lab.claimOne(6, 'v', { overlap: 'allow' })).toEqual({ kind: 'go' });
  });

  it('runs while the job is paused, and before its time', async () => {
    const lab = await openLab();
    await lab.stores.control.pause({ job: 'job', forMs: Infinity, reason: '' }, never);
    expect(await lab.claimOne(2000, 'x', manual)).toEqual({ kind: 'go' });
  });

  it('honours overlap and the term', async () => {
    const lab = await openLab();
    await lab.claimOne(1, 'x');
    expect(await lab.claimOne(2, 'y', manual)).toEqual({ kind: 'overlap', reason: 'running' });
    expect(await lab.claimOne(2, 'y', { ...manual, job: 'other' }, LONG, B)).toEqual({ kind: 'fenced' });
  });

  it('is finished, released and recovered as any', async () => {
    const lab = await openLab();
    const [first, second] = [
      { ...manual, handle: 'first' },
      { ...manual, handle: 'second' },
    ];
    const [x, y] = [lab.run(1, 'x', first), lab.run(2, 'y', second)];
    await lab.claim([lab.wish(1, 'x', first)]);
    expect(await lab.finish(x)).toBe('finished');
    await lab.claimOne(2, 'y', second, SHORT);
    await lab.stores.pass(SHORT);
    expect(await lab.adopt(y)).toEqual({ kind: 'recovered', attempt: 2 });
    expect(await lab.adopt(y)).toEqual({ kind: 'recovered', attempt: 2 });
    expect(await lab.finish(y)).toBe('stale');
    expect(await lab.release({ ...y, runId: 'new' })).toBe('released');
    expect(await lab.claimOne(2, 'new', second)).toEqual({ kind: 'go', attempt: 2 });
  });
});
