import { describe, expect, it } from '@jest/globals';
import 'reflect-metadata';

import { LeaderService, ScheduleService } from '../../../../lib/index.js';
import { SECOND } from '../../../support/durations.js';
import { hours, NOW, useWorlds } from './use-worlds.js';

const { world } = useWorlds();

describe('leadership in a test', () => {
  it('is there at once', async () => {
    const { app } = await world(() => undefined);
    expect(app.get(LeaderService).isLeader()).toBe(true);
  });

  it('is another pod’s at first, where the test says so', async () => {
    const { schedule, app } = await world(() => undefined, { testing: { leader: false } });
    const leader = app.get(LeaderService);
    await schedule.advance('2h');
    expect([leader.isLeader(), schedule.runs]).toEqual([false, []]);
    expect(await leader.current()).toMatchObject({ podId: 'another-pod', isThisPod: false });
    await schedule.becomeLeader();
    expect(leader.isLeader()).toBe(true);
    await schedule.advance('1h');
    expect(hours(schedule)).toEqual(['03:00 succeeded']);
  });

  it('is lost to another pod, and no handler starts', async () => {
    const { schedule, app } = await world(() => undefined);
    const leader = app.get(LeaderService);
    const before = leader.term?.token ?? 0;
    await schedule.loseLeadership();
    expect(leader.isLeader()).toBe(false);
    expect(schedule.events.map(({ type }) => type)).toEqual([
      'leader.elected',
      'leader.lost',
      'leader.followed',
    ]);
    await schedule.advance('5h');
    expect(schedule.runs).toEqual([]);
    await schedule.becomeLeader();
    expect(leader.term?.token).toBeGreaterThan(before + 1);
  });

  it('is back one ttl after the application resigned', async () => {
    const { schedule, app } = await world(() => undefined, { module: { leader: { ttl: '30s' } } });
    const leader = app.get(LeaderService);
    await leader.resign();
    expect(leader.isLeader()).toBe(false);
    await schedule.becomeLeader();
    expect(leader.isLeader()).toBe(true);
    expect(schedule.now.getTime() - Date.parse(NOW)).toBeGreaterThanOrEqual(30 * SECOND);
  });
});

describe('the loss of leadership in a test', () => {
  it.each([
    ['latest', ['02:00 missed', '03:00 succeeded']],
    ['all', ['01:00 succeeded', '02:00 succeeded', '03:00 succeeded']],
    ['skip', ['03:00 missed']],
  ] as const)('catches up missed ticks when it is back: catchUp %s', async (catchUp, expected) => {
    const seen: boolean[] = [];
    const { schedule } = await world(context => seen.push(context.catchUp), {
      catchUp,
      catchUpWindow: '24h',
    });
    await schedule.loseLeadership();
    await schedule.advance('3h30m');
    await schedule.becomeLeader();
    expect(hours(schedule)).toEqual(expected);
    expect(seen.every(Boolean)).toBe(true);
    await schedule.advance('30m');
    expect(hours(schedule).at(-1)).toBe('04:00 succeeded');
  });

  it('may be lost while a handler is at work: it goes on and keeps its run lock', async () => {
    const aborted: boolean[] = [];
    const { schedule, app } = await world(
      async ({ signal }) => {
        await schedule.loseLeadership();
        await schedule.sleep('90m');
        aborted.push(signal.aborted);
      },
      { testing: { patience: '20s' } },
    );
    await schedule.advance('1h');
    await schedule.becomeLeader();
    expect(await app.get(ScheduleService).running()).toMatchObject([{ job: 'job' }]);
    await schedule.advance('89m');
    expect([aborted, hours(schedule)]).toEqual([[], ['02:00 skipped']]);
    await schedule.advance('1m');
    expect([aborted, hours(schedule)]).toEqual([[false], ['02:00 skipped', '01:00 succeeded']]);
  });
});
