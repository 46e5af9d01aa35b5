import { describe, expect, it } from '@jest/globals';
import 'reflect-metadata';

import { AttemptTimeoutError, ScheduleService } from '../../../../lib/index.js';
import { MINUTE, SECOND } from '../../../support/durations.js';
import { HOURLY, hours, useWorlds } from './use-worlds.js';

const { world } = useWorlds();

describe('the policies of a job', () => {
  it('hold in virtual time: retries come after their backoff', async () => {
    const at: number[] = [];
    const { schedule } = await world(
      ({ startedAt, attempt }) => {
        at.push(startedAt.getUTCMinutes() * 60 + startedAt.getUTCSeconds());
        if (attempt < 4) throw new Error('not yet');
      },
      { retry: { attempts: 4, backoff: '10s', maxBackoff: '1h' } },
    );
    await schedule.advance('1h');
    expect(at).toEqual([0]);
    await schedule.advance('5m');
    expect(at).toEqual([0, 10, 30, 70]);
    expect(schedule.runsOf('job')).toMatchObject([
      { outcome: 'succeeded', attempts: 4, durationMs: 70 * SECOND, error: undefined },
    ]);
  });

  it('hold in virtual time: an attempt is aborted at its timeout', async () => {
    const reasons: unknown[] = [];
    const { schedule } = await world(
      async ({ signal }) => {
        await schedule.sleep('1h', signal).catch((reason: unknown) => reasons.push(reason));
      },
      { timeout: '5m', testing: { patience: '20s' } },
    );
    await schedule.advance('1h5m');
    expect(reasons).toEqual([expect.any(AttemptTimeoutError)]);
    expect(schedule.runs).toMatchObject([{ outcome: 'timed-out', durationMs: 5 * MINUTE }]);
  });
});

describe('overlap and history of a job', () => {
  it.each([
    ['skip', ['01:10 skipped', '01:20 skipped', '01:00 succeeded']],
    ['queue', ['01:20 skipped', '01:00 succeeded']],
    ['allow', []],
  ] as const)('hold in virtual time: overlap %s', async (overlap, before) => {
    const { schedule } = await world(() => schedule.sleep('25m'), {
      cron: '0,10,20 * * * *',
      overlap,
      testing: { patience: '20s' },
    });
    await schedule.advanceTo('2030-01-01T01:25:00Z');
    expect(
      hours(schedule)
        .filter(run => !/00:/.test(run))
        .slice(0, 3),
    ).toEqual(before.length > 0 ? before : ['01:00 succeeded']);
    await schedule.advanceTo('2030-01-01T01:50:00Z');
    const made = schedule.runs.filter(
      ({ outcome, tick }) => outcome === 'succeeded' && tick.getUTCHours() === 1,
    );
    expect(made).toHaveLength({ skip: 1, queue: 2, allow: 3 }[overlap]);
  });

  it('leave the history as it is in production, while the test sees all', async () => {
    const { schedule, app } = await world(() => undefined, { history: { keep: 2 } });
    await schedule.advance('5h');
    const kept = await app.get(ScheduleService).history('job');
    expect(kept.map(({ tick }) => tick.getUTCHours())).toEqual([5, 4]);
    expect(schedule.runsOf('job')).toHaveLength(5);
    expect(schedule.runsOf('job').slice(-2)).toEqual([...kept].reverse());
    expect(kept[0]).toMatchObject({
      podId: 'pod-1',
      schedule: HOURLY,
      nextTick: new Date('2030-01-01T06:00Z'),
    });
  });
});
