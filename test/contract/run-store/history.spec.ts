import { describe, expect, it } from '@jest/globals';

import { type RedisKeys } from '../../../lib/adapters/redis/redis-keys.js';
import type { RunRecord } from '../../../lib/ports/history-store.js';
import { describeWithRedis } from '../../support/describe-with-redis.js';
import { HOUR, SECOND } from '../../support/durations.js';
import { useLabs } from '../support/use-labs.js';
import { EVERYTHING, Lab, never } from './lab.js';

const { adapters, openRedisLab, redisServer } = useLabs('runs', Lab.of);

/** A lab in which one run of each of these seconds has ended. */
async function ran(openLab: () => Promise<Lab>, seconds: readonly number[], retention = EVERYTHING) {
  const lab = await openLab();
  for (const second of seconds) {
    await lab.claimOne(second, `r${second}`, { retention });
    await lab.finish(lab.run(second, `r${second}`), second % 2 ? 'succeeded' : 'failed', retention);
  }
  return lab;
}

describe.each(adapters)('the history of a job ($name)', ({ openLab }) => {
  it('is given newest first, up to a limit, before an instant, by state', async () => {
    const lab = await ran(openLab, [1, 2, 3, 4]);
    expect(await lab.past()).toEqual(['4 failed', '3 succeeded', '2 failed', '1 succeeded']);
    expect(await lab.past({ limit: 1 })).toEqual(['4 failed']);
    expect(await lab.past({ limit: 0 })).toEqual([]);
    expect(await lab.past({ limit: 2, before: lab.start + 4 * SECOND })).toEqual(['3 succeeded', '2 failed']);
    expect(await lab.past({ states: ['succeeded'], limit: 1 })).toEqual(['3 succeeded']);
    expect(await lab.past({ states: ['missed', 'failed'] })).toEqual(['4 failed', '2 failed']);
  });

  it('keeps the given number of ended runs, and never counts those that have not ended', async () => {
    const two = { keep: 2, maxAgeMs: HOUR };
    const lab = await ran(openLab, [1, 2, 3], two);
    expect(await lab.past()).toEqual(['3 succeeded', '2 failed']);
    await lab.claimOne(4, 'live', { retention: two });
    await lab.claimOne(5, 'skip', { retention: two });
    await lab.claimOne(6, 'skip', { retention: two });
    expect(await lab.past()).toEqual(['6 skipped', '5 skipped']);
    expect(await lab.finish(lab.run(4, 'live'), 'succeeded', two)).toBe('finished');
    expect(await lab.past()).toEqual(['6 skipped', '5 skipped']);
    expect(await lab.finish(lab.run(4, 'live'), 'succeeded', two)).toBe('finished');
  });

  it('drops what is too old', async () => {
    const lab = await ran(openLab, [1, 2]);
    const young = { keep: 100, maxAgeMs: (await lab.stores.now()) - lab.start - 1.5 * SECOND };
    await lab.claimOne(3, 'x', { intent: 'skipped', retention: young });
    expect(await lab.past()).toEqual(['3 skipped', '2 failed']);
  });

  it('remembers the last run and the last success', async () => {
    const lab = await ran(openLab, [1, 2]);
    await lab.claimOne(3, 'x', { intent: 'skipped' });
    expect(await lab.stores.history.last('job', 'run', never)).toMatchObject({
      runId: 'r2',
      state: 'failed',
    });
    expect(await lab.stores.history.last('job', 'success', never)).toMatchObject({ runId: 'r1' });
    expect(await lab.stores.history.last('unknown', 'run', never)).toBeUndefined();
    expect(await lab.history({ job: 'unknown' })).toEqual([]);
  });

  it('pages through more than one read carries', async () => {
    const lab = await openLab();
    const wishes = Array.from({ length: 240 }, (_, n) =>
      lab.wish(n, `r${n}`, {
        intent: n % 80 ? 'skipped' : 'missed',
        retention: { keep: 240, maxAgeMs: HOUR },
      }),
    );
    await lab.claim(wishes);
    expect(await lab.history({ limit: 1000 })).toHaveLength(240);
    expect(await lab.past({ states: ['missed'] })).toEqual(['160 missed', '80 missed', '0 missed']);
    expect(await lab.past({ limit: 1, before: lab.start + 121 * SECOND })).toEqual(['120 skipped']);
  });
});

describe.each(adapters)('the history of many jobs ($name)', ({ openLab }) => {
  it('is paged by the last entry, also where many have the same tick', async () => {
    const lab = await openLab();
    for (let n = 0; n < 12; n += 1) {
      const run = { job: `job-${n % 3}`, manual: n % 4 > 0 };
      const second = 1 + Math.floor(n / 6);
      await lab.claimOne(second, `r${n}`, { ...run, overlap: 'allow' });
      await lab.finish(lab.run(second, `r${n}`, run));
    }
    const all = await lab.history({ job: undefined, limit: 100 });
    expect(all.length).toBeGreaterThanOrEqual(11);
    for (const job of [undefined, 'job-1'])
      for (const limit of [1, 2, 5]) {
        const paged: RunRecord[] = [];
        for (let page = await lab.history({ job, limit }); page.length > 0;) {
          paged.push(...page);
          page = await lab.history({ job, limit, before: page.at(-1) });
        }
        expect(paged).toEqual(job === undefined ? all : all.filter(run => run.job === job));
      }
  });

  it('is merged over all jobs, equal ticks by run id, however many have the same tick', async () => {
    const lab = await openLab();
    for (const [job, runId] of [
      ['one', 'c'],
      ['two', 'b'],
      ['one', 'a'],
    ] as const) {
      await lab.claimOne(1, runId, { job, manual: true });
      await lab.finish(lab.run(1, runId, { job, manual: true }));
    }
    const all = async (limit: number) =>
      (await lab.history({ job: undefined, limit })).map(({ job, runId }) => `${job} ${runId}`);
    expect(await all(9)).toEqual(['one a', 'two b', 'one c']);
    expect(await all(1)).toEqual(['one a']);
  });

  it('is merged over many jobs, of which only the newest matter', async () => {
    const lab = await openLab();
    const wish = (n: number, second: number) =>
      lab.wish(second, `r${n} at ${second}`, { job: `job ${n}`, intent: 'skipped' });
    await lab.claim(Array.from({ length: 30 }, (_, n) => [wish(n, n), wish(n, n + 10)]).flat());
    const seconds = async (limit: number) =>
      (await lab.history({ job: undefined, limit })).map(({ tick }) => (tick - lab.start) / SECOND);
    expect(await seconds(3)).toEqual([39, 38, 37]);
    expect(await seconds(14)).toEqual([39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 29, 28, 28]);
    expect(await seconds(1000)).toHaveLength(60);
  });
});

describeWithRedis('a long history in Redis', () => {
  /** Ended runs of a job, the oldest first. */
  const fill = async (keys: RedisKeys, job: string, runs: readonly { slot: string; state: string }[]) => {
    const records = runs.map(({ slot, state }) => {
      const [tick = '', runId = 'r'] = slot.split('@');
      return { slot, tick, record: `${state}|${runId}|7|1|${tick}||{}` };
    });
    await redisServer().command('SADD', keys.jobs, job);
    await redisServer().command(
      'HSET',
      keys.runs(job),
      ...records.flatMap(({ slot, record }) => [slot, record]),
    );
    await redisServer().command(
      'ZADD',
      keys.index(job),
      ...records.flatMap(({ tick, slot }) => [tick, slot]),
    );
  };
  const scriptsRun = async () =>
    Number(
      /cmdstat_evalsha:calls=(\d+)/.exec(String(await redisServer().command('INFO', 'commandstats')))?.[1],
    );

  it('is not scanned in one script, however rare the requested runs are', async () => {
    const { lab, keys } = await openRedisLab();
    const runsOf = (job: number) =>
      Array.from({ length: 1000 }, (_, n) => ({
        slot: `${n + 1}`,
        state: n === job ? 'failed' : 'skipped',
      }));
    for (let job = 0; job < 12; job += 1) await fill(keys, `job ${job}`, runsOf(job));
    await lab.history({ job: undefined, limit: 1 });
    const before = await scriptsRun();
    const failed = await lab.history({ job: undefined, limit: 3, states: ['failed'] });
    expect(failed.map(({ job, tick }) => [job, tick])).toEqual([
      ['job 11', 12],
      ['job 10', 11],
      ['job 9', 10],
    ]);
    expect((await scriptsRun()) - before).toBeGreaterThanOrEqual(3);
  });

  it('goes on where a script has stopped, also among runs of the same tick', async () => {
    const { lab, keys } = await openRedisLab();
    const runs = Array.from({ length: 6000 }, (_, n) => `5@${String(n).padStart(4, '0')}`);
    const skipped = ['3', '4'].map(slot => ({ slot, state: 'skipped' }));
    const failed = runs.map(slot => ({ slot, state: 'failed' }));
    await fill(keys, 'job', [{ slot: '2', state: 'failed' }, ...skipped, ...failed]);
    const found = async (query = {}) =>
      (await lab.history({ limit: 10_000, ...query })).map(({ tick, runId }) => `${tick}@${runId}`);
    expect(await found()).toEqual([...runs, '4@r', '3@r', '2@r']);
    expect(await found({ limit: 2 })).toEqual(runs.slice(0, 2));
    expect(await found({ states: ['skipped'] })).toEqual(['4@r', '3@r']);
    expect(await found({ states: ['failed'], limit: 6001 })).toEqual([...runs, '2@r']);
    expect(await found({ before: 5 })).toEqual(['4@r', '3@r', '2@r']);
    const last = { job: 'job', tick: 5, runId: '5998', manual: true };
    expect(await found({ before: last, limit: 2 })).toEqual(['5@5999', '4@r']);
  });
});
