import { describe, expect, it } from '@jest/globals';

import { describeWithRedis } from '../../support/describe-with-redis.js';
import { HOUR, MINUTE } from '../../support/durations.js';
import { useLabs } from '../support/use-labs.js';
import { A, B, Lab, never } from './lab.js';

const { adapters, openRedisLab, redisServer } = useLabs('runs', Lab.of);

describe.each(adapters)('open ($name)', ({ openLab }) => {
  it('starts a new job at the present', async () => {
    const lab = await openLab();
    const before = await lab.stores.now();
    const answer = await lab.open();
    expect(answer.kind === 'opened' && answer.watermarks[0]).toBeGreaterThanOrEqual(before);
    expect(await lab.claimOne(1, 'x')).toEqual({ kind: 'past' });
  });

  it('finds a job where it stood, unless its schedule has changed', async () => {
    const lab = await openLab();
    const watermarks = async (schedule: string) => {
      const answer = await lab.open(schedule);
      return answer.kind === 'opened' ? answer.watermarks : [];
    };
    const [first = Infinity] = await watermarks('s');
    await lab.stores.pass(5);
    expect(await watermarks('s')).toEqual([first]);
    expect((await watermarks('other'))[0]).toBeGreaterThan(Number(first));
  });

  it('starts a new job where its ticks begin, but not in the future, and never before its watermark', async () => {
    const lab = await openLab();
    const watermarks = async (schedule: string, second: number) => {
      const job = { job: 'job', schedule, from: lab.run(second, '').tick };
      const answer = await lab.stores.runs.open({ ...A, jobs: [job] }, never);
      return answer.kind === 'opened' ? answer.watermarks[0] : undefined;
    };
    const before = await lab.stores.now();
    expect(await watermarks('s', 5)).toBe(lab.run(5, '').tick);
    expect(await lab.claimOne(6, 'x')).toEqual({ kind: 'go' });
    expect(await watermarks('other', 5)).toBe(lab.run(6, '').tick);
    expect(await watermarks('third', 9_000_000)).toBeLessThan(before + MINUTE);
  });

  it('leaves a watermark whose schedule is not known', async () => {
    const lab = await openLab();
    await lab.claimOne(1, 'x');
    await lab.stores.pass(5);
    const answer = await lab.open();
    expect(answer.kind === 'opened' && answer.watermarks).toEqual([lab.run(1, 'x').tick]);
    expect(await lab.claimOne(2, 'y', { overlap: 'allow' })).toEqual({ kind: 'go' });
  });

  it('returns its own time, also where no job is opened', async () => {
    const lab = await openLab();
    const before = await lab.stores.now();
    const answer = await lab.stores.runs.open({ ...A, jobs: [] }, never);
    expect(answer).toEqual({ kind: 'opened', now: expect.any(Number), watermarks: [] });
    expect(answer.kind === 'opened' && answer.now).toBeGreaterThanOrEqual(before);
  });

  it('refuses a pod that does not lead', async () => {
    expect(await (await openLab()).open('s', B)).toEqual({ kind: 'fenced' });
  });
});

describeWithRedis('a tampered watermark in Redis', () => {
  it.each(['nonsense', 'nan', 'inf', '1e300', '9007199254740992', '-1', '', '4102444800000'])(
    'a watermark that reads %p is replaced by the newest tick that ended',
    async value => {
      const { lab, keys } = await openRedisLab();
      await lab.claim([lab.wish(1, 'w', { intent: 'skipped' }), lab.wish(2, 'w', { intent: 'skipped' })]);
      await redisServer().command('HSET', keys.job('job'), 'hwm', value);
      expect(await lab.open()).toMatchObject({ kind: 'opened', watermarks: [lab.run(2, '').tick] });
      await redisServer().command('HSET', keys.job('job'), 'hwm', value);
      expect(await lab.claimOne(1, 'x')).toEqual({ kind: 'taken' });
      expect(await lab.claimOne(0, 'x')).toEqual({ kind: 'past' });
      expect(await lab.claimOne(3, 'x')).toEqual({ kind: 'go' });
    },
  );

  it('a watermark that nothing proves is replaced by the present, at which no tick can have been claimed', async () => {
    const { lab, keys } = await openRedisLab();
    await redisServer().command('HSET', keys.job('job'), 'hwm', 'nonsense');
    const before = await lab.stores.now();
    const answer = await lab.open();
    expect(answer.kind === 'opened' && answer.watermarks[0]).toBeGreaterThanOrEqual(before + 50);
    expect(await lab.claimOne(1, 'x')).toEqual({ kind: 'past' });
  });
});

describeWithRedis('a watermark in the future, in Redis', () => {
  it('a watermark in the future stays where the records say so, or are not kept', async () => {
    const { lab, keys } = await openRedisLab();
    const ahead = (await lab.stores.now()) + HOUR;
    await redisServer().command('HSET', keys.job('job'), 'hwm', ahead);
    await redisServer().command('ZADD', keys.index('job'), ahead, ahead);
    expect(await lab.open()).toMatchObject({ watermarks: [ahead] });
    await redisServer().command('DEL', keys.index('job'));
    await redisServer().command('HSET', keys.job('job'), 'lastRun', `${ahead}|succeeded|r|7|1|1||{}`);
    expect(await lab.open()).toMatchObject({ watermarks: [ahead] });
    await redisServer().command('HDEL', keys.job('job'), 'lastRun');
    const answer = await lab.open();
    expect(answer.kind === 'opened' && answer.watermarks[0]).toBeLessThan(ahead);
  });

  it('a watermark in the future stays where a run has started whose record may not be kept', async () => {
    const { lab, keys } = await openRedisLab();
    expect(await lab.claimOne(1, 'x')).toEqual({ kind: 'go' });
    // As if the clock of the store had been set back since the claim.
    const ahead = (await lab.stores.now()) + HOUR;
    await redisServer().command('HSET', keys.job('job'), 'hwm', ahead);
    expect(await lab.open()).toMatchObject({ watermarks: [ahead] });
    await lab.release(lab.run(1, 'x'));
    const answer = await lab.open();
    expect(answer.kind === 'opened' && answer.watermarks[0]).toBeLessThan(ahead);
  });

  it('a run that ends after the watermark was brought back moves it up again, though its record is not kept', async () => {
    const { lab, keys } = await openRedisLab();
    const one = { overlap: 'allow', retention: { keep: 1, maxAgeMs: HOUR } } as const;
    await lab.claimOne(1, 'w', { intent: 'skipped', retention: one.retention });
    for (const second of [2, 3, 4]) await lab.claimOne(second, `r${second}`, one);
    // As if the clock of the store had been set back since: the newest tick that ended.
    await redisServer().command('HSET', keys.job('job'), 'hwm', '4102444800000');
    expect(await lab.open()).toMatchObject({ watermarks: [lab.run(1, '').tick] });
    for (const second of [4, 2]) await lab.finish(lab.run(second, `r${second}`), 'succeeded', one.retention);
    await lab.adopt(lab.run(3, 'r3'), { wish: 'abandon', retention: one.retention }, A, 0);
    expect(await lab.past()).toEqual(['4 succeeded']);
    for (const second of [2, 3, 4])
      expect(await lab.claimOne(second, 'again', one)).not.toEqual({ kind: 'go' });
    expect(await lab.open()).toMatchObject({ watermarks: [lab.run(4, '').tick] });
  });
});
