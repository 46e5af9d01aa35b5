import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import type { SweepRequest } from '../../lib/ports/control-store.js';
import { describeWithRedis } from '../support/describe-with-redis.js';
import { eventually } from '../support/eventually.js';
import { RedisServer } from '../support/redis-server.js';
import { ramRunStores, redisRunStores, type RedisRunStores, type RunStores } from '../support/run-stores.js';

const never = new AbortController().signal;
const LONG = 60_000;
const SHORT = 60;
const LONGER = 3 * SHORT;
const DAY = 86_400_000;
const A = { candidateId: 'a', token: 7 };
/** Kept as long as the history says, and not for days at least. */
const KEPT = { leastMs: 0, mostMs: 3650 * DAY, unknownMs: SHORT };

async function claim(stores: RunStores, job: string, maxAgeMs = SHORT) {
  const { runs } = stores;
  const run = { job, tick: await stores.now(), runId: `run-${job}`, manual: false };
  const retention = { keep: 100, maxAgeMs };
  const policy = { intent: 'run', reason: '', overlap: 'skip', recover: false } as const;
  const claims = [{ ...run, ...policy, retention, facts: {} }];
  expect(await runs.claim({ ...A, lockMs: LONG, claims }, never)).toEqual([{ kind: 'go' }]);
  return { ...run, retention };
}

async function runOnce(stores: RunStores, job: string, maxAgeMs = SHORT) {
  const run = await claim(stores, job, maxAgeMs);
  const end = { ...run, state: 'succeeded', attempt: 1, facts: {} } as const;
  expect(await stores.runs.finish([end], never)).toEqual(['finished']);
}

async function namesIn({ cluster }: RunStores): Promise<readonly string[]> {
  const { names, next } = await cluster.jobNames('', never);
  expect(next).toBeUndefined();
  return [...names].sort();
}

/** What belongs to a removed job, in every store. */
function expiresAlike(makeStores: () => Promise<RunStores>): void {
  const stores = async () => {
    const made = await makeStores();
    await made.lead(A.candidateId, A.token);
    const sweep = (absent: readonly string[], rest: Partial<SweepRequest> = {}) =>
      made.cluster.sweep({ ...A, absent, present: [], kept: KEPT, ...rest }, never);
    return { ...made, sweep };
  };

  it('expires when no pod has had it for as long as its history is kept', async () => {
    const it = await stores();
    await runOnce(it, 'gone');
    await runOnce(it, 'kept', LONG);
    await it.control.pause({ job: 'gone', forMs: Infinity, reason: '' }, never);
    await it.control.reschedule('gone', 'o', never);
    expect(await it.sweep(['gone', 'kept'])).toEqual([]);
    await it.pass(LONGER);
    expect(await it.sweep(['gone', 'kept'])).toEqual(['gone']);
    expect(await namesIn(it)).toEqual(['kept']);
    const { jobs } = await it.cluster.states(['gone', 'kept'], never);
    const nothing = { mark: undefined, pause: undefined, order: '', lastRun: undefined };
    expect(jobs[0]).toEqual(nothing);
    expect(jobs[1]?.lastRun).toMatchObject({ state: 'succeeded' });
    expect(await it.history.history({ job: 'gone', limit: 9 }, never)).toEqual([]);
    expect(await it.history.history({ job: 'kept', limit: 9 }, never)).toHaveLength(1);
  });

  it('begins anew where the job comes back later', async () => {
    const it = await stores();
    await runOnce(it, 'gone');
    await it.sweep(['gone']);
    await it.pass(LONGER);
    expect(await it.sweep(['gone'])).toEqual(['gone']);
    expect(await it.sweep(['gone', 'never-was'])).toEqual([]);
    const before = await it.now();
    const opened = await it.runs.open({ ...A, jobs: [{ job: 'gone', schedule: 's' }] }, never);
    const mark = opened.kind === 'opened' ? opened.marks[0] : undefined;
    expect(mark).toBeGreaterThanOrEqual(before);
    expect(await namesIn(it)).toContain('gone');
  });

  it('is kept at least, and at most, for as long as is asked', async () => {
    const it = await stores();
    await runOnce(it, 'short');
    await runOnce(it, 'long', LONG);
    await it.sweep(['short', 'long']);
    await it.pass(LONGER);
    expect(await it.sweep(['short', 'long'], { kept: { ...KEPT, leastMs: DAY } })).toEqual([]);
    expect(await it.sweep(['long'], { kept: { ...KEPT, mostMs: SHORT } })).toEqual(['long']);
  });

  it('of which nothing is known but a pause expires, too', async () => {
    const it = await stores();
    await it.control.pause({ job: 'off', forMs: DAY, reason: '' }, never);
    await it.control.reschedule('other', 'o', never);
    expect(await namesIn(it)).toEqual(['off', 'other']);
    await it.sweep(['off', 'other']);
    await it.pass(LONGER);
    expect([...((await it.sweep(['off', 'other'])) ?? [])].sort()).toEqual(['off', 'other']);
    expect(await namesIn(it)).toEqual([]);
  });

  it('stays where a pod has the job, and the time begins anew when none has it', async () => {
    const it = await stores();
    await runOnce(it, 'job');
    await it.sweep(['job']);
    await it.pass(LONGER);
    expect(await it.sweep([], { present: ['job'] })).toEqual([]);
    expect(await it.sweep(['job'])).toEqual([]);
    await it.pass(LONGER);
    await it.runs.open({ ...A, jobs: [{ job: 'job', schedule: 's' }] }, never);
    await it.sweep(['job']);
    expect(await namesIn(it)).toEqual(['job']);
  });

  it('stays where its newest tick or the end of its last run is younger, whatever was noted', async () => {
    const it = await stores();
    await it.control.pause({ job: 'ran', forMs: 0, reason: '' }, never);
    await it.sweep(['ran', 'ticked']);
    await it.pass(1000);
    await runOnce(it, 'ran');
    const skipped = { job: 'ticked', tick: await it.now(), runId: 'x', manual: false } as const;
    const policy = { intent: 'skipped', reason: 'late', overlap: 'skip', recover: false } as const;
    const retention = { keep: 0, maxAgeMs: SHORT };
    const claims = [{ ...skipped, ...policy, retention, facts: {} }];
    await it.runs.claim({ ...A, lockMs: LONG, claims }, never);
    const kept = { ...KEPT, leastMs: 900 };
    expect(await it.sweep(['ran', 'ticked'], { kept })).toEqual([]);
    expect(await namesIn(it)).toEqual(['ran', 'ticked']);
  });

  it('stays as long as a run of it is unfinished or requested', async () => {
    const it = await stores();
    const run = await claim(it, 'runs');
    await runOnce(it, 'requested');
    await it.control.requestRun({ id: 'r', job: 'requested' }, never);
    await it.sweep(['runs', 'requested']);
    await it.pass(LONGER);
    expect(await it.sweep(['runs', 'requested'])).toEqual([]);
    await it.control.withdraw('r', never);
    expect(await it.sweep(['runs', 'requested'])).toEqual(['requested']);
    await it.runs.finish([{ ...run, state: 'failed', attempt: 1, facts: {} }], never);
    await it.pass(LONGER);
    expect(await it.sweep(['runs'])).toEqual(['runs']);
  });
}

describe('What belongs to a removed job in memory', () => {
  expiresAlike(async () => ramRunStores());

  it('expires earlier where more than a thousand jobs were removed', async () => {
    const it = ramRunStores();
    await it.lead(A.candidateId, A.token);
    const names = Array.from({ length: 1010 }, (_, number) => `job-${number}`);
    for (const name of names) await it.control.reschedule(name, 'o', never);
    const request = { ...A, present: [], kept: { ...KEPT, leastMs: DAY } };
    await it.cluster.sweep({ ...request, absent: names.slice(0, 500) }, never);
    await it.pass(1);
    const swept = await it.cluster.sweep({ ...request, absent: names }, never);
    expect(swept).toHaveLength(10);
    expect(names.slice(0, 500)).toEqual(expect.arrayContaining([...(swept ?? [])]));
    expect(await namesIn(it)).toHaveLength(1000);
  });

  it('is not there where a job was only asked about', async () => {
    const it = ramRunStores();
    await it.cluster.states(['no-such'], never);
    await it.history.last('no-such', 'run', never);
    await it.control.resume('no-such', never);
    await it.cluster.outcome({ id: 'r', job: 'no-such', tick: 1 }, never);
    expect(await namesIn(it)).toEqual([]);
  });
});

describeWithRedis('What belongs to a removed job in Redis', () => {
  let server: RedisServer;
  const opened: RedisRunStores[] = [];
  let number = 0;

  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterEach(async () => {
    for (const stores of opened.splice(0)) await stores.close();
  });
  afterAll(() => server.dispose());

  const makeStores = async (): Promise<RedisRunStores> => {
    const stores = await redisRunStores(server, `scheduler:removed-${(number += 1)}:leader`);
    opened.push(stores);
    return stores;
  };
  const led = async () => {
    const made = await makeStores();
    await made.lead(A.candidateId, A.token);
    const sweep = (absent: readonly string[]) =>
      made.cluster.sweep({ ...A, absent, present: [], kept: KEPT }, never);
    return { ...made, sweep };
  };

  expiresAlike(makeStores);

  it('leaves no key', async () => {
    const it = await led();
    const names = Array.from({ length: 120 }, (_, index) => `job-${index}`);
    for (const name of names) await runOnce(it, name);
    await it.sweep(names);
    await it.pass(LONGER);
    expect(await it.sweep(names)).toHaveLength(names.length);
    const keys = (await server.command('KEYS', `*${it.keys.lease}*`)) as string[];
    expect(keys).toEqual([it.keys.lease]);
  });

  it('stays where the term is over', async () => {
    const it = await led();
    await runOnce(it, 'job');
    await it.sweep(['job']);
    await it.pass(LONGER);
    await it.lead('b', 8);
    expect(await it.sweep(['job'])).toBeUndefined();
    expect(await namesIn(it)).toEqual(['job']);
  });

  it('expires though records of it were left that nothing refers to', async () => {
    const it = await led();
    await runOnce(it, 'job');
    await server.command('HSET', it.keys.runs('job'), '5', 'claimed|r|1|1|5||{}', '!r', '1');
    await it.sweep(['job']);
    await it.pass(LONGER);
    expect(await it.sweep(['job'])).toEqual(['job']);
  });

  it('of which there are many such records becomes smaller, and expires then', async () => {
    const it = await led();
    await runOnce(it, 'job');
    for (let tick = 1; tick <= 600; tick += 1) {
      await server.command('HSET', it.keys.runs('job'), `${tick}`, `succeeded|r|1|1|${tick}||{}`);
      await server.command('ZADD', it.keys.index('job'), `${tick}`, `${tick}`);
    }
    await server.command('HSET', it.keys.runs('job'), '!r', '1');
    await it.sweep(['job']);
    await it.pass(LONGER);
    for (const left of [501, 401]) {
      expect(await it.sweep(['job'])).toEqual([]);
      expect(await server.command('ZCARD', it.keys.index('job'))).toBe(left);
    }
    await eventually(async () => (await it.sweep(['job']))?.includes('job') === true);
  });

  it('stays where more runs are requested than one call looks at', async () => {
    const it = await led();
    await runOnce(it, 'job');
    await it.sweep(['job']);
    const many = Array.from({ length: 251 }, (_, index) => [`h-${index}`, '5|elsewhere']).flat();
    await server.command('HSET', it.keys.requests, ...many);
    await it.pass(LONGER);
    expect(await it.sweep(['job'])).toEqual([]);
    await server.command('HDEL', it.keys.requests, 'h-0');
    expect(await it.sweep(['job'])).toEqual(['job']);
  });

  it.each(['inf', '-inf', '-5', '1.5', '4102444800000'])(
    'is kept as if it was noted now where %s was noted',
    async score => {
      const it = await led();
      await it.control.reschedule('job', 'o', never);
      await server.command('ZADD', it.keys.removed, score, 'job');
      await it.sweep(['job']);
      const noted = Number(await server.command('ZSCORE', it.keys.removed, 'job'));
      expect(Math.abs(noted - (await it.now()))).toBeLessThan(10_000);
      await it.pass(LONGER);
      expect(await it.sweep(['job'])).toEqual(['job']);
    },
  );

  it('expires where the notes were of another type, and a job that cannot be read holds up no other', async () => {
    const it = await led();
    await runOnce(it, 'job');
    await server.command('SET', it.keys.removed, 'garbage');
    await server.command('SET', it.keys.job('broken'), 'garbage');
    await it.sweep(['broken', 'job']);
    await it.pass(LONGER);
    expect(await it.sweep(['broken', 'job'])).toEqual(['job']);
  });
});
