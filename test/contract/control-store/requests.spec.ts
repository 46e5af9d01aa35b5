import { describe, expect, it } from '@jest/globals';

import type { RunRequest } from '../../../lib/ports/control-store.js';
import { allUnfinished } from '../../support/all-unfinished.js';
import { useLabs } from '../support/use-labs.js';
import { A, B, Lab, never, SHORT } from './lab.js';

const { adapters } = useLabs('control', Lab.of);

describe.each(adapters)('a requested run ($name)', ({ openLab }) => {
  it('is one request however often it is made while it stands', async () => {
    const lab = await openLab();
    const request = await lab.request('r');
    await lab.stores.pass(2);
    expect(await lab.request('r')).toEqual(request);
    expect((await lab.stores.control.requests('', never)).requests).toEqual([request]);
  });

  it('stands in the order in which it was made', async () => {
    const lab = await openLab();
    for (const id of ['c', 'a', 'b']) {
      await lab.request(id);
      await lab.stores.pass(1);
    }
    expect(await lab.standing()).toEqual(['c', 'a', 'b']);
  });

  it('is granted once, and no more when the request is decided', async () => {
    const lab = await openLab();
    const request = await lab.request('r');
    expect(await lab.outcome(request)).toEqual({ kind: 'waiting' });
    expect(await lab.claimRequested(request, 'x')).toEqual({ kind: 'go' });
    expect(await lab.standing()).toEqual([]);
    expect(await lab.claimRequested(request, 'x')).toEqual({ kind: 'mine' });
    expect(await lab.claimRequested(request, 'y')).toEqual({ kind: 'taken' });
    expect(await lab.finish(lab.runOf(request, 'x'))).toBe('finished');
    expect(await lab.claimRequested(request, 'x')).toEqual({ kind: 'taken' });
    expect(await lab.claimRequested(request, 'z')).toEqual({ kind: 'taken' });
    expect(await lab.past()).toEqual(['x succeeded']);
  });

  it('is not granted if it was not made', async () => {
    const lab = await openLab();
    const tick = await lab.now();
    expect(await lab.claimRequested({ id: 'r', job: 'job', tick }, 'x')).toEqual({ kind: 'taken' });
    expect(await lab.past()).toEqual([]);
  });

  it('stands on when the term is over that claims it', async () => {
    const lab = await openLab();
    const request = await lab.request('r');
    await lab.stores.lead(B.podId, B.token);
    expect(await lab.claimRequested(request, 'x')).toEqual({ kind: 'fenced' });
    expect(await lab.standing()).toEqual(['r']);
    expect(await lab.claimRequested(request, 'y', {}, B)).toEqual({ kind: 'go' });
  });
});

describe.each(adapters)('a requested run beside other runs ($name)', ({ openLab }) => {
  it('moves no watermark, and collides with no tick and no other request of the same moment', async () => {
    const lab = await openLab();
    const mark = await lab.open('s');
    const first = await lab.request('r1');
    const second = await lab.request('r2');
    expect(await lab.claimRequested(first, 'x', { overlap: 'allow' })).toEqual({ kind: 'go' });
    expect(await lab.claimRequested(second, 'y', { overlap: 'allow' })).toEqual({ kind: 'go' });
    expect(await lab.open('s')).toBe(mark);
    await lab.stores.pass(1);
    expect(await lab.claim(await lab.now(), 'z', { overlap: 'allow' })).toEqual({ kind: 'go' });
  });

  it('obeys the overlap of its job, which decides it as well', async () => {
    const lab = await openLab();
    await lab.claim(await lab.now(), 'x');
    const request = await lab.request('r');
    expect(await lab.claimRequested(request, 'y')).toEqual({ kind: 'overlap', reason: 'running' });
    expect(await lab.standing()).toEqual([]);
    const outcome = await lab.outcome(request);
    expect(outcome).toMatchObject({
      kind: 'recorded',
      record: { state: 'skipped', reason: 'running', handle: 'r' },
    });
  });

  it('waits in the queue under its handle, and starts when its turn has come', async () => {
    const lab = await openLab();
    const tick = await lab.now();
    await lab.claim(tick, 'x', { overlap: 'queue' });
    const request = await lab.request('r');
    expect(await lab.claimRequested(request, 'y', { overlap: 'queue' })).toMatchObject({ kind: 'queued' });
    expect(await lab.standing()).toEqual([]);
    expect(await lab.outcome(request)).toMatchObject({ kind: 'recorded', record: { state: 'queued' } });
    const waiting = (await allUnfinished(lab.stores.runs, never)).find(({ manual }) => manual);
    expect(waiting).toMatchObject({ handle: 'r', tick: request.tick, runId: 'y' });
    await lab.finish({ job: 'job', tick, runId: 'x', manual: false });
    expect(await lab.claimRequested(request, 'y', { overlap: 'queue' })).toEqual({ kind: 'go' });
  });

  it('is not lost when it was queued by a leader that is no more', async () => {
    const lab = await openLab();
    const tick = await lab.now();
    await lab.claim(tick, 'x', { overlap: 'queue' });
    const request = await lab.request('r');
    await lab.claimRequested(request, 'y', { overlap: 'queue' });
    await lab.finish({ job: 'job', tick, runId: 'x', manual: false });
    await lab.stores.lead(B.podId, B.token);
    expect(await lab.adopt(lab.runOf(request, 'y'))).toEqual({ kind: 'released' });
    const again = { overlap: 'queue', isRequested: false } as const;
    expect(await lab.claimRequested(request, 'z', again, B)).toEqual({ kind: 'go' });
    expect(await lab.claimRequested(request, 'w', again, B)).toEqual({ kind: 'taken' });
  });
});

describe.each(adapters)('the handle of a requested run ($name)', ({ openLab }) => {
  it('may be claimed again when it was released, whether the request is named or not', async () => {
    const lab = await openLab();
    for (const [id, isRequested] of [
      ['r1', true],
      ['r2', false],
    ] as const) {
      const request = await lab.request(id);
      await lab.claimRequested(request, `${id}-x`);
      expect(await lab.stores.runs.release(lab.runOf(request, `${id}-x`), never)).toBe('released');
      expect(await lab.claimRequested(request, `${id}-y`, { isRequested })).toEqual({ kind: 'go' });
      await lab.finish(lab.runOf(request, `${id}-y`));
    }
  });

  it('keeps its handle when its pod died and another one takes the run over', async () => {
    const lab = await openLab();
    const request = await lab.request('r');
    const { id: handle, job, tick } = request;
    await lab.claim(tick, 'x', { job, manual: true, handle, isRequested: true }, A, SHORT);
    await lab.stores.pass(SHORT);
    await lab.stores.lead(B.podId, B.token);
    expect(await lab.adopt(lab.runOf(request, 'x'), 'recover')).toEqual({ kind: 'recovered', attempt: 2 });
    expect(await lab.outcome(request)).toMatchObject({ record: { state: 'claimed', runId: 'new' } });
    await lab.finish(lab.runOf(request, 'new'));
    expect(await lab.outcome(request)).toMatchObject({ record: { state: 'succeeded', handle: 'r' } });
  });

  it('is remembered where no record is kept, until the next one has ended', async () => {
    const lab = await openLab();
    const retention = { keep: 0, maxAgeMs: 0 };
    const end = async (request: RunRequest) => {
      await lab.claimRequested(request, request.id, { retention });
      const run = { ...lab.runOf(request, request.id), retention, attempt: 1, facts: {} };
      await lab.stores.runs.finish([{ ...run, state: 'failed' }], never);
    };
    const [first, second] = [await lab.request('r1'), await lab.request('r2')];
    await end(first);
    expect(await lab.outcome(first)).toMatchObject({ record: { state: 'failed' } });
    await end(second);
    expect(await lab.outcome(first)).toEqual({ kind: 'gone' });
    expect(await lab.outcome(second)).toMatchObject({ record: { state: 'failed' } });
  });
});

describe.each(adapters)('a request that is withdrawn ($name)', ({ openLab }) => {
  it('is decided by no pod', async () => {
    const lab = await openLab();
    const request = await lab.stores.control.requestRun({ id: 'h', job: 'job' }, never);
    expect(await lab.stores.control.withdraw('h', never)).toBe(true);
    expect(await lab.stores.control.withdraw('h', never)).toBe(false);
    const byHand = { manual: true, handle: 'h', isRequested: true };
    expect(await lab.claim(request.tick, 'x', byHand)).toEqual({ kind: 'taken' });
  });
});
