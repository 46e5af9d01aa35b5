import { describe, expect, it } from '@jest/globals';

import { describeWithRedis } from '../../support/describe-with-redis.js';
import { useLabs } from '../support/use-labs.js';
import { A, B, Lab, never, SHORT } from './lab.js';

const { adapters, openRedisLab, redisServer } = useLabs('control', Lab.of);

describe.each(adapters)('a request to abort a run ($name)', ({ openLab }) => {
  it('reaches its heartbeat, and is over with the run', async () => {
    const lab = await openLab();
    const run = { job: 'job', tick: await lab.now(), runId: 'x', manual: false };
    await lab.claim(run.tick, 'x');
    expect(await lab.beat(run)).toBe('kept');
    expect(await lab.abort(run)).toBe(true);
    expect(await lab.abort(run)).toBe(true);
    expect([await lab.beat(run), await lab.beat(run)]).toEqual(['aborted', 'aborted']);
    await lab.finish(run);
    expect(await lab.beat(run)).toBe('lost');
    expect(await lab.abort(run)).toBe(false);
  });

  it('finds nothing to end where no such run goes on', async () => {
    const lab = await openLab();
    const tick = await lab.now();
    const run = { job: 'job', tick, runId: 'x', manual: false };
    expect(await lab.abort(run)).toBe(false);
    await lab.claim(tick, 'x', { overlap: 'queue' });
    expect(await lab.abort({ ...run, runId: 'other' })).toBe(false);
    await lab.claim(tick - 1, 'q', { overlap: 'queue', manual: true, handle: 'h' });
    expect(await lab.abort({ job: 'job', tick: tick - 1, runId: 'q', manual: true, handle: 'h' })).toBe(
      false,
    );
    expect(await lab.beat(run)).toBe('kept');
  });

  it('finds nothing to end where the run lock has lapsed', async () => {
    const lab = await openLab();
    const run = { job: 'job', tick: await lab.now(), runId: 'x', manual: false };
    await lab.claim(run.tick, 'x', {}, A, SHORT);
    await lab.stores.pass(SHORT);
    expect(await lab.abort(run)).toBe(false);
  });

  it('holds when its pod dies: the run is given up, not made again', async () => {
    const lab = await openLab();
    const run = { job: 'job', tick: await lab.now(), runId: 'x', manual: false };
    await lab.claim(run.tick, 'x', { recover: true }, A, SHORT);
    expect(await lab.abort(run)).toBe(true);
    await lab.stores.pass(SHORT);
    await lab.stores.lead(B.podId, B.token);
    expect(await lab.adopt(run, 'recover')).toEqual({ kind: 'abandoned' });
  });

  it('does not outlast the run: a run that is claimed again after its release goes on', async () => {
    const lab = await openLab();
    const run = { job: 'job', tick: await lab.now(), runId: 'x', manual: false };
    await lab.claim(run.tick, 'x');
    await lab.abort(run);
    await lab.stores.runs.release(run, never);
    await lab.claim(run.tick, 'y');
    expect(await lab.beat({ ...run, runId: 'y' })).toBe('kept');
  });
});

describeWithRedis('a request to abort a run, in Redis', () => {
  it('leaves nothing of requests to end a run behind', async () => {
    const { lab, ...stores } = await openRedisLab();
    const run = { job: 'job', tick: await lab.now(), runId: 'x', manual: false };
    await lab.claim(run.tick, 'x');
    await lab.abort(run);
    await stores.runs.release(run, never);
    expect(await redisServer().command('HEXISTS', stores.keys.runs('job'), '!x')).toBe(0);
  });
});
