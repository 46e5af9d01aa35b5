import { describe, expect, it } from '@jest/globals';

import { useLabs } from '../support/use-labs.js';
import { Lab, LONG, never, SHORT } from './lab.js';

const { adapters } = useLabs('runs', Lab.of);

describe.each(adapters)('heartbeat ($name)', ({ openLab }) => {
  it('keeps a run live, also when its lock had lapsed unnoticed', async () => {
    const lab = await openLab();
    await lab.claimOne(1, 'x', {}, SHORT);
    await lab.stores.pass(SHORT);
    expect(await lab.heartbeat([lab.run(1, 'x')])).toEqual(['kept']);
    expect(await lab.claimOne(2, 'y')).toEqual({ kind: 'overlap', reason: 'running' });
  });

  it('says what is lost: a run that ended, that is unknown, that is another one', async () => {
    const lab = await openLab();
    await lab.claimOne(1, 'x');
    await lab.finish(lab.run(1, 'x'));
    await lab.claimOne(2, 'y');
    const runs = [lab.run(1, 'x'), lab.run(2, 'other'), lab.run(3, 'z'), lab.run(2, 'y')];
    expect(await lab.heartbeat(runs)).toEqual(['lost', 'lost', 'lost', 'kept']);
  });
});

describe.each(adapters)('finish ($name)', ({ openLab }) => {
  it('records the end, and says the same when asked again', async () => {
    const lab = await openLab();
    await lab.claimOne(1, 'x');
    expect(await lab.finish(lab.run(1, 'x'))).toBe('finished');
    expect(await lab.finish(lab.run(1, 'x'))).toBe('finished');
    expect(await lab.finish(lab.run(1, 'x'), 'failed')).toBe('stale');
    expect(await lab.history()).toMatchObject([
      { job: 'job', runId: 'x', manual: false, state: 'succeeded', token: 7, attempt: 1, facts: { ms: 5 } },
    ]);
    expect(await lab.unfinished()).toEqual([]);
  });

  it('says so again even where nothing is kept', async () => {
    const lab = await openLab();
    await lab.claimOne(1, 'x');
    const nothing = { keep: 0, maxAgeMs: LONG };
    expect(await lab.finish(lab.run(1, 'x'), 'succeeded', nothing)).toBe('finished');
    expect(await lab.finish(lab.run(1, 'x'), 'succeeded', nothing)).toBe('finished');
    expect(await lab.history()).toEqual([]);
    expect(await lab.stores.history.last('job', 'run', never)).toMatchObject({ runId: 'x' });
    expect(await lab.claimOne(1, 'y')).toEqual({ kind: 'past' });
  });

  it('is refused to a run that was abandoned, taken over, or never claimed', async () => {
    const lab = await openLab();
    await lab.claim([lab.wish(1, 'x'), lab.wish(1, 'y', { job: 'other' })], SHORT);
    await lab.stores.pass(SHORT);
    await lab.adopt(lab.run(1, 'x'), { wish: 'abandon' });
    await lab.adopt(lab.run(1, 'y', { job: 'other' }));
    expect(await lab.finish(lab.run(1, 'x'))).toBe('stale');
    expect(await lab.finish(lab.run(1, 'y', { job: 'other' }))).toBe('stale');
    expect(await lab.finish(lab.run(2, 'z'))).toBe('stale');
  });
});

describe.each(adapters)('release ($name)', ({ openLab }) => {
  it('releases a tick, for the run that claims it next', async () => {
    const lab = await openLab();
    await lab.claimOne(1, 'x');
    expect(await lab.release(lab.run(1, 'x'))).toBe('released');
    expect(await lab.release(lab.run(1, 'x'))).toBe('released');
    expect(await lab.unfinished()).toEqual([{ ...lab.run(1, 'x'), liveMs: 0, attempt: 1 }]);
    expect(await lab.claimOne(2, 'z', { overlap: 'allow' })).toEqual({ kind: 'go' });
    expect(await lab.claimOne(1, 'y')).toEqual({ kind: 'go' });
    expect(await lab.release(lab.run(1, 'x'))).toBe('stale');
  });

  it('lets a tick that was released be recorded as missed', async () => {
    const lab = await openLab();
    await lab.claimOne(1, 'x');
    await lab.release(lab.run(1, 'x'));
    expect(await lab.claimOne(1, 'y', { intent: 'missed' })).toEqual({ kind: 'noted' });
    expect(await lab.unfinished()).toEqual([]);
  });

  it('is stale for a run that has ended, or never was', async () => {
    const lab = await openLab();
    await lab.claimOne(1, 'x');
    await lab.finish(lab.run(1, 'x'));
    expect(await lab.release(lab.run(1, 'x'))).toBe('stale');
    expect(await lab.release(lab.run(2, 'y'))).toBe('stale');
  });
});
