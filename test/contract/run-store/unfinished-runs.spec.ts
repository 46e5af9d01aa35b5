import { describe, expect, it } from '@jest/globals';

import { useLabs } from '../support/use-labs.js';
import { A, B, Lab, LONG, never, SHORT } from './lab.js';

const { adapters } = useLabs('runs', Lab.of);

describe.each(adapters)('unfinished runs ($name)', ({ openLab }) => {
  it('are listed oldest first, with what is left of their locks', async () => {
    const lab = await openLab();
    await lab.claim([lab.wish(2, 'x'), lab.wish(1, 'y', { job: 'other' })]);
    await lab.claimOne(3, 'z', { overlap: 'queue' });
    const listed = await lab.unfinished();
    expect(listed.map(({ runId }) => runId)).toEqual(['y', 'x', 'z']);
    expect(listed.map(({ liveMs }) => liveMs > LONG / 2)).toEqual([true, true, false]);
  });

  it('come in pages: the lapsed first, then as locks lapse, none twice and none left out', async () => {
    const lab = await openLab();
    const lapsing = Array.from({ length: 450 }, (_, at) => lab.wish(1 + at, `x${at}`, { overlap: 'allow' }));
    await lab.claim(lapsing.slice(0, 250), SHORT);
    await lab.stores.pass(SHORT);
    await lab.claim(lapsing.slice(250), LONG);
    const first = await lab.stores.runs.unfinished('', never);
    const second = await lab.stores.runs.unfinished(first.next ?? '', never);
    const third = await lab.stores.runs.unfinished(second.next ?? '', never);
    expect([first, second, third].map(({ runs }) => runs.length)).toEqual([200, 200, 50]);
    expect(third.next).toBeUndefined();
    expect(first.runs.every(({ liveMs }) => liveMs === 0)).toBe(true);
    expect(second.runs.filter(({ liveMs }) => liveMs === 0)).toHaveLength(50);
    expect(new Set([first, second, third].flatMap(({ runs }) => runs.map(({ runId }) => runId))).size).toBe(
      450,
    );
  });

  it('goes on behind an entry that is gone', async () => {
    const lab = await openLab();
    const wishes = Array.from({ length: 450 }, (_, at) => lab.wish(1 + at, `x${at}`, { overlap: 'allow' }));
    await lab.claim(wishes, SHORT);
    await lab.stores.pass(SHORT);
    const first = await lab.stores.runs.unfinished('', never);
    const orphans = first.runs.map(orphan => lab.adoption(orphan));
    await lab.stores.runs.adopt({ ...A, lockMs: LONG, orphans }, never);
    const second = await lab.stores.runs.unfinished(first.next ?? '', never);
    expect(second.runs).toHaveLength(200);
    expect(second.runs.filter(({ runId }) => first.runs.some(one => one.runId === runId))).toEqual([]);
  });

  it('run, in the eyes of the history, when they are live and started', async () => {
    const lab = await openLab();
    await lab.claim([lab.wish(1, 'x'), lab.wish(2, 'y', { overlap: 'queue' })]);
    await lab.claimOne(1, 'z', { job: 'other' }, SHORT);
    await lab.stores.pass(SHORT);
    const running = await lab.stores.history.running(never);
    expect(running).toMatchObject([{ job: 'job', runId: 'x', state: 'claimed', facts: { pod: 'p' } }]);
  });
});

describe.each(adapters)('a repeated adoption ($name)', ({ openLab }) => {
  it('are abandoned once, and the same question is answered so again, past its term too', async () => {
    const lab = await openLab();
    await lab.claim([lab.wish(1, 'x'), lab.wish(1, 'y', { job: 'other' })], SHORT);
    await lab.stores.pass(SHORT);
    const orphans = [
      lab.adoption(lab.run(1, 'x')),
      lab.adoption(lab.run(1, 'y', { job: 'other' }), 'recover'),
    ];
    const ask = () => lab.stores.runs.adopt({ ...A, lockMs: LONG, orphans }, never);
    expect((await ask()).map(({ kind }) => kind)).toEqual(['abandoned', 'recovered']);
    expect((await ask()).map(({ kind }) => kind)).toEqual(['abandoned', 'recovered']);
    await lab.stores.lead(B.podId, B.token);
    expect((await ask()).map(({ kind }) => kind)).toEqual(['abandoned', 'fenced']);
    expect(await lab.adopt(lab.run(1, 'x'), { wish: 'abandon', runId: 'another' }, B)).toEqual({
      kind: 'left',
    });
  });

  it('are answered for again where no record is kept', async () => {
    const lab = await openLab();
    await lab.claimOne(1, 'x', {}, SHORT);
    await lab.stores.pass(SHORT);
    const orphans = [{ ...lab.adoption(lab.run(1, 'x')), retention: { keep: 0, maxAgeMs: LONG } }];
    const ask = () => lab.stores.runs.adopt({ ...A, lockMs: LONG, orphans }, never);
    expect([await ask(), await ask()]).toEqual([[{ kind: 'abandoned' }], [{ kind: 'abandoned' }]]);
  });
});
