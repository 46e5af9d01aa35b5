import { describe, expect, it } from '@jest/globals';

import { DAY, SECOND } from '../../support/durations.js';
import { ramRunStores } from '../../support/run-stores.js';
import {
  A,
  claim,
  KEPT,
  LONG,
  LONGER,
  namesIn,
  never,
  openSweeper,
  runOnce,
  SHORT,
  useSweepers,
} from './lab.js';

const { adapters } = useSweepers();

describe.each(adapters)('What belongs to a removed job in $name', ({ openLab }) => {
  it('expires when no pod has had it for as long as its history is kept', async () => {
    const stores = await openSweeper(openLab);
    await runOnce(stores, 'gone');
    await runOnce(stores, 'kept', LONG);
    await stores.control.pause({ job: 'gone', forMs: Infinity, reason: '' }, never);
    await stores.control.reschedule('gone', 'o', never);
    expect(await stores.sweep(['gone', 'kept'])).toEqual([]);
    await stores.pass(LONGER);
    expect(await stores.sweep(['gone', 'kept'])).toEqual(['gone']);
    expect(await namesIn(stores)).toEqual(['kept']);
    const { jobs } = await stores.cluster.states(['gone', 'kept'], never);
    const nothing = { watermark: undefined, pause: undefined, override: '', lastRun: undefined };
    expect(jobs[0]).toEqual(nothing);
    expect(jobs[1]?.lastRun).toMatchObject({ state: 'succeeded' });
    expect(await stores.history.history({ job: 'gone', limit: 9 }, never)).toEqual([]);
    expect(await stores.history.history({ job: 'kept', limit: 9 }, never)).toHaveLength(1);
  });

  it('begins anew where the job comes back later', async () => {
    const stores = await openSweeper(openLab);
    await runOnce(stores, 'gone');
    await stores.sweep(['gone']);
    await stores.pass(LONGER);
    expect(await stores.sweep(['gone'])).toEqual(['gone']);
    expect(await stores.sweep(['gone', 'never-was'])).toEqual([]);
    const before = await stores.now();
    const opened = await stores.runs.open({ ...A, jobs: [{ job: 'gone', schedule: 's' }] }, never);
    const mark = opened.kind === 'opened' ? opened.watermarks[0] : undefined;
    expect(mark).toBeGreaterThanOrEqual(before);
    expect(await namesIn(stores)).toContain('gone');
  });

  it('of which nothing is known but a pause expires, too', async () => {
    const stores = await openSweeper(openLab);
    await stores.control.pause({ job: 'off', forMs: DAY, reason: '' }, never);
    await stores.control.reschedule('other', 'o', never);
    expect(await namesIn(stores)).toEqual(['off', 'other']);
    await stores.sweep(['off', 'other']);
    await stores.pass(LONGER);
    expect([...((await stores.sweep(['off', 'other'])) ?? [])].sort()).toEqual(['off', 'other']);
    expect(await namesIn(stores)).toEqual([]);
  });
});

describe.each(adapters)('How long what belongs to a removed job is kept in $name', ({ openLab }) => {
  it('is kept at least, and at most, for as long as is asked', async () => {
    const stores = await openSweeper(openLab);
    await runOnce(stores, 'short');
    await runOnce(stores, 'long', LONG);
    await stores.sweep(['short', 'long']);
    await stores.pass(LONGER);
    expect(await stores.sweep(['short', 'long'], { kept: { ...KEPT, leastMs: DAY } })).toEqual([]);
    expect(await stores.sweep(['long'], { kept: { ...KEPT, mostMs: SHORT } })).toEqual(['long']);
  });

  it('stays where a pod has the job, and the time begins anew when none has it', async () => {
    const stores = await openSweeper(openLab);
    await runOnce(stores, 'job');
    await stores.sweep(['job']);
    await stores.pass(LONGER);
    expect(await stores.sweep([], { present: ['job'] })).toEqual([]);
    expect(await stores.sweep(['job'])).toEqual([]);
    await stores.pass(LONGER);
    await stores.runs.open({ ...A, jobs: [{ job: 'job', schedule: 's' }] }, never);
    await stores.sweep(['job']);
    expect(await namesIn(stores)).toEqual(['job']);
  });

  it('stays where its newest tick or the end of its last run is younger, whatever was noted', async () => {
    const stores = await openSweeper(openLab);
    await stores.control.pause({ job: 'ran', forMs: 0, reason: '' }, never);
    await stores.sweep(['ran', 'ticked']);
    await stores.pass(SECOND);
    await runOnce(stores, 'ran');
    const skipped = { job: 'ticked', tick: await stores.now(), runId: 'x', manual: false } as const;
    const policy = { intent: 'skipped', reason: 'late', overlap: 'skip', recover: false } as const;
    const retention = { keep: 0, maxAgeMs: SHORT };
    const claims = [{ ...skipped, ...policy, retention, facts: {} }];
    await stores.runs.claim({ ...A, lockMs: LONG, claims }, never);
    const kept = { ...KEPT, leastMs: 900 };
    expect(await stores.sweep(['ran', 'ticked'], { kept })).toEqual([]);
    expect(await namesIn(stores)).toEqual(['ran', 'ticked']);
  });

  it('stays as long as a run of it is unfinished or requested', async () => {
    const stores = await openSweeper(openLab);
    const run = await claim(stores, 'runs');
    await runOnce(stores, 'requested');
    await stores.control.requestRun({ id: 'r', job: 'requested' }, never);
    await stores.sweep(['runs', 'requested']);
    await stores.pass(LONGER);
    expect(await stores.sweep(['runs', 'requested'])).toEqual([]);
    await stores.control.withdraw('r', never);
    expect(await stores.sweep(['runs', 'requested'])).toEqual(['requested']);
    await stores.runs.finish([{ ...run, state: 'failed', attempt: 1, facts: {} }], never);
    await stores.pass(LONGER);
    expect(await stores.sweep(['runs'])).toEqual(['runs']);
  });
});

describe('What belongs to a removed job in RAM only', () => {
  it('expires earlier where more than a thousand jobs were removed', async () => {
    const stores = ramRunStores();
    await stores.lead(A.podId, A.token);
    const names = Array.from({ length: 1010 }, (_, number) => `job-${number}`);
    for (const name of names) await stores.control.reschedule(name, 'o', never);
    const request = { ...A, present: [], kept: { ...KEPT, leastMs: DAY } };
    await stores.cluster.sweep({ ...request, absent: names.slice(0, 500) }, never);
    await stores.pass(1);
    const swept = await stores.cluster.sweep({ ...request, absent: names }, never);
    expect(swept).toHaveLength(10);
    expect(names.slice(0, 500)).toEqual(expect.arrayContaining([...(swept ?? [])]));
    expect(await namesIn(stores)).toHaveLength(1000);
  });

  it('is not there where a job was only asked about', async () => {
    const stores = ramRunStores();
    await stores.cluster.states(['no-such'], never);
    await stores.history.last('no-such', 'run', never);
    await stores.control.resume('no-such', never);
    await stores.cluster.outcome({ id: 'r', job: 'no-such', tick: 1 }, never);
    expect(await namesIn(stores)).toEqual([]);
  });
});
