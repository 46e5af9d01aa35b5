import { describe, expect, it } from '@jest/globals';
import 'reflect-metadata';

import type { JobContext } from '../../../../lib/index.js';
import { ScheduleTesting } from '../../../../lib/testing/index.js';
import { SECOND } from '../../../support/durations.js';
import { NOW, useWorlds } from './use-worlds.js';

const { world } = useWorlds();

describe('a tick that a test runs', () => {
  it('runs now, for the handler one of the schedule at its moment', async () => {
    const seen: JobContext[] = [];
    const { schedule } = await world(context => seen.push(context), { cron: '0 0 1 1 *' });
    const run = await schedule.runTick('job', '2030-06-01T03:00:00Z');
    expect(seen).toMatchObject([
      {
        tick: new Date('2030-06-01T03:00:00Z'),
        startedAt: new Date(NOW),
        idempotencyKey: 'job:2030-06-01T03:00:00.000Z',
        attempt: 1,
        catchUp: false,
        recovering: false,
      },
    ]);
    expect(run).toMatchObject({ job: 'job', outcome: 'succeeded', manual: true, runId: seen[0]?.runId });
    expect([schedule.runs, schedule.now]).toEqual([[run], new Date(NOW)]);
  });

  it('may be one that is caught up, or that crashed before', async () => {
    const seen: unknown[] = [];
    const { schedule } = await world(({ catchUp, recovering, attempt }) =>
      seen.push([catchUp, recovering, attempt]),
    );
    await schedule.runTick('job', new Date(NOW), { catchUp: true });
    await schedule.runTick('job', new Date(NOW), { recovering: true });
    expect(seen).toEqual([
      [true, false, 1],
      [false, true, 2],
    ]);
  });

  it('ends as the handler says, with the error on record', async () => {
    const { schedule } = await world(() => {
      throw new TypeError('out of paper');
    });
    expect(await schedule.runTick('job')).toMatchObject({
      outcome: 'failed',
      error: { name: 'TypeError', message: 'out of paper' },
    });
  });

  it('advances time as far as it needs', async () => {
    const { schedule } = await world(
      async ({ attempt }) => {
        await schedule.sleep('1m');
        if (attempt === 1) throw new Error('not yet');
      },
      { cron: '0 0 1 1 *', retry: { attempts: 2, backoff: '30s' } },
    );
    const run = await schedule.runTick('job');
    expect(run).toMatchObject({ outcome: 'succeeded', attempts: 2, durationMs: 150 * SECOND });
    expect(schedule.now).toEqual(new Date('2030-01-01T00:02:30Z'));
  });
});

describe('a tick that a test runs without success', () => {
  it('goes on when it has not ended an hour later', async () => {
    const { schedule } = await world(() => schedule.sleep('61m'), { cron: '0 0 1 1 *' });
    expect(await schedule.runTick('job')).toMatchObject({ outcome: 'running' });
    await schedule.advance('61m');
    expect(schedule.runs).toMatchObject([{ outcome: 'succeeded' }]);
  });

  it('is skipped while an earlier run goes on', async () => {
    const { schedule } = await world(() => schedule.sleep('30m'));
    await schedule.advance('1h');
    expect(await schedule.runTick('job')).toMatchObject({ outcome: 'skipped', reason: 'running' });
  });

  it('is skipped, and not recorded, on a pod that does not lead', async () => {
    const { schedule } = await world(() => undefined, { testing: { leader: false } });
    expect(await schedule.runTick('job')).toMatchObject({ outcome: 'skipped', reason: 'not-leader' });
    expect(schedule.runs).toEqual([]);
  });

  it('is refused for an unknown job, with the names of all jobs', async () => {
    const { schedule } = await world(() => undefined);
    await expect(schedule.runTick('jobs')).rejects.toMatchObject({
      code: 'UNKNOWN_JOB',
      message: expect.stringMatching(/'jobs'.*There are job/),
    });
    expect(() => schedule.runsOf('jobs')).toThrow(/'jobs'/);
  });

  it('is refused for an invalid date', async () => {
    const { schedule } = await world(() => undefined);
    await expect(schedule.runTick('job', 'noon')).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  });

  it('is refused unless an application runs', async () => {
    const { schedule, app } = await world(() => undefined);
    await expect(new ScheduleTesting().runTick('job')).rejects.toMatchObject({ code: 'NOT_STARTED' });
    await app.close();
    await expect(schedule.runTick('job')).rejects.toMatchObject({ code: 'NOT_STARTED' });
  });
});
