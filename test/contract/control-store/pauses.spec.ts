import { describe, expect, it } from '@jest/globals';

import { ALL_JOBS } from '../../../lib/ports/control-store.js';
import { useLabs } from '../support/use-labs.js';
import { A, B, Lab, LONG, never, SHORT } from './lab.js';

const { adapters } = useLabs('control', Lab.of);

describe.each(adapters)('a pause ($name)', ({ openLab }) => {
  it('of one job skips its ticks and no other job', async () => {
    const lab = await openLab();
    const now = await lab.now();
    const pause = await lab.pause('job', LONG, 'why');
    expect(pause).toMatchObject({ reason: 'why' });
    expect(pause.from).toBeGreaterThanOrEqual(now);
    expect(pause.until - pause.from).toBe(LONG);
    expect(await lab.claim(now, 'x')).toEqual({ kind: 'paused' });
    expect(await lab.claim(now, 'y', { job: 'other' })).toEqual({ kind: 'go' });
    expect(await lab.past()).toEqual(['x skipped paused']);
    expect(await lab.claim(now, 'z')).toEqual({ kind: 'taken' });
  });

  it('of all jobs skips the ticks of jobs that are not known yet', async () => {
    const lab = await openLab();
    expect(await lab.pause(ALL_JOBS)).toMatchObject({ until: Infinity });
    expect(await lab.claim(await lab.now(), 'x', { job: 'new' })).toEqual({ kind: 'paused' });
    expect(await lab.resume(ALL_JOBS)).toBe(true);
    await lab.stores.pass(1);
    expect(await lab.claim(await lab.now(), 'y', { job: 'new' })).toEqual({ kind: 'go' });
  });

  it('that is requested again keeps its beginning, and gets a new end and a new reason', async () => {
    const lab = await openLab();
    const first = await lab.pause('job', LONG, 'one');
    await lab.stores.pass(SHORT);
    const second = await lab.pause('job', 2 * LONG, 'two');
    expect(second).toMatchObject({ from: first.from, reason: 'two' });
    expect(second.until).toBeGreaterThanOrEqual(first.from + 2 * LONG + SHORT);
    expect((await lab.pause('job', SHORT)).until).toBeLessThan(first.until);
    await lab.stores.pass(SHORT + 1);
    expect(await lab.claim(await lab.now(), 'x')).toEqual({ kind: 'go' });
  });

  it('ends by itself; a tick that fell into it is skipped when it is decided later, one outside is not', async () => {
    const lab = await openLab();
    const before = (await lab.now()) - 1;
    const { from, until } = await lab.pause('job', SHORT);
    await lab.stores.pass(SHORT + 1);
    expect(await lab.claim(before, 'before', { overlap: 'allow' })).toEqual({ kind: 'go' });
    expect(await lab.claim(from, 'first', { overlap: 'allow' })).toEqual({ kind: 'paused' });
    expect(await lab.claim(until - 1, 'last', { overlap: 'allow' })).toEqual({ kind: 'paused' });
    expect(await lab.claim(until, 'after', { overlap: 'allow' })).toEqual({ kind: 'go' });
    expect(await lab.resume('job')).toBe(false);
  });

  it('that there is not cannot be ended', async () => {
    const lab = await openLab();
    expect(await lab.resume('job')).toBe(false);
    expect(await lab.resume(ALL_JOBS)).toBe(false);
  });
});

describe.each(adapters)('the effect of a pause ($name)', ({ openLab }) => {
  it('of a job outlives that of all, and that of all outlives the job’s', async () => {
    const lab = await openLab();
    await lab.pause('job');
    await lab.pause(ALL_JOBS);
    await lab.resume(ALL_JOBS);
    expect(await lab.claim(await lab.now(), 'x')).toEqual({ kind: 'paused' });
    await lab.pause(ALL_JOBS);
    await lab.resume('job');
    await lab.stores.pass(1);
    expect(await lab.claim(await lab.now(), 'y')).toEqual({ kind: 'paused' });
  });

  it('moves the watermark on, so that nothing is caught up after it', async () => {
    const lab = await openLab();
    await lab.open('s');
    const { from } = await lab.pause('job');
    const tick = await lab.now();
    await lab.claim(tick, 'x');
    await lab.resume('job');
    expect(await lab.claim(from - 1, 'y')).toEqual({ kind: 'past' });
    expect(await lab.open('s')).toBe(tick);
  });

  it('that was ended manually covers the ticks that fell into it', async () => {
    const lab = await openLab();
    const { from } = await lab.pause('job');
    await lab.stores.pass(5);
    expect(await lab.resume('job')).toBe(true);
    await lab.stores.pass(1);
    expect(await lab.claim(from + 1, 'x')).toEqual({ kind: 'paused' });
    expect(await lab.claim(await lab.now(), 'y')).toEqual({ kind: 'go' });
  });

  it('skips a tick that waits in the queue, or was released', async () => {
    const lab = await openLab();
    const now = await lab.now();
    await lab.claim(now - 2, 'x', { overlap: 'queue' });
    expect(await lab.claim(now - 1, 'y', { overlap: 'queue' })).toMatchObject({ kind: 'queued' });
    await lab.pause('job');
    expect(await lab.claim(now - 1, 'y', { overlap: 'queue' })).toEqual({ kind: 'paused' });
    await lab.stores.runs.release({ job: 'job', tick: now - 2, runId: 'x', manual: false }, never);
    expect(await lab.claim(now - 2, 'z', { overlap: 'queue' })).toEqual({ kind: 'paused' });
  });

  it('leaves a run that goes on alone, and answers its claim as before', async () => {
    const lab = await openLab();
    const now = await lab.now();
    await lab.claim(now, 'x');
    await lab.pause('job');
    expect(await lab.claim(now, 'x')).toEqual({ kind: 'mine' });
    expect(await lab.beat({ job: 'job', tick: now, runId: 'x', manual: false })).toBe('kept');
  });

  it('does not block a requested run', async () => {
    const lab = await openLab();
    await lab.pause('job');
    await lab.pause(ALL_JOBS);
    const request = await lab.request('r');
    expect(await lab.claimRequested(request, 'x')).toEqual({ kind: 'go' });
  });
});

describe.each(adapters)('a crashed run that is to be run again ($name)', ({ openLab }) => {
  it.each(['job', ALL_JOBS])('waits for the end of a pause of %s', async paused => {
    const lab = await openLab();
    const run = { job: 'job', tick: await lab.now(), runId: 'x', manual: false };
    await lab.claim(run.tick, 'x', { recover: true }, A, SHORT);
    await lab.stores.pass(SHORT);
    await lab.stores.control.pause({ job: paused, forMs: Infinity, reason: '' }, never);
    await lab.stores.lead(B.podId, B.token);
    expect(await lab.adopt(run, 'recover')).toEqual({ kind: 'left' });
    await lab.stores.control.resume(paused, never);
    expect(await lab.adopt(run, 'recover')).toEqual({ kind: 'recovered', attempt: 2 });
  });
});
