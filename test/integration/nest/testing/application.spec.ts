import { describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import 'reflect-metadata';

import { LeaderService, SchedulerRegistry } from '../../../../lib/index.js';
import { SECOND } from '../../../support/durations.js';
import { hours, jobs, useWorlds } from './use-worlds.js';

const { boot, world } = useWorlds();

describe('an application under test', () => {
  it.each(['redis', 'ram'] as const)('needs no Redis in mode %s', async mode => {
    const { schedule } = await world(() => undefined, {
      module: { mode, ...(mode === 'redis' && { redis: 'redis://127.0.0.1:1' }) },
    });
    await schedule.advance('1h');
    expect(hours(schedule)).toEqual(['01:00 succeeded']);
  });

  it('still has its options checked', async () => {
    await expect(world(() => undefined, { module: { leader: { ttl: '1s' } } })).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
    });
  });

  it('lives beside another one in the same process', async () => {
    const first = await world(() => undefined);
    const second = await world(() => undefined, { testing: { now: '2031-01-01' } });
    await first.schedule.advance('2h');
    await second.schedule.advance('1h');
    expect(hours(first.schedule)).toEqual(['01:00 succeeded', '02:00 succeeded']);
    expect(second.schedule.runs.map(({ tick }) => tick.toISOString())).toEqual(['2031-01-01T01:00:00.000Z']);
    expect(first.app.get(LeaderService).isLeader() && second.app.get(LeaderService).isLeader()).toBe(true);
  });

  it('is the only one at its time', async () => {
    const { schedule } = await world(() => undefined);
    expect(() => schedule.attach(Test.createTestingModule({}))).toThrow(/has not been closed/);
  });
});

describe('the close of an application under test', () => {
  it('closes in the middle of a run without waiting in real time', async () => {
    const seen: string[] = [];
    const { schedule, app } = await world(
      async ({ signal }) => {
        await schedule.sleep('10m');
        seen.push(`ended ${signal.aborted}`);
      },
      { module: { shutdown: { drainTimeout: '15m' } }, testing: { patience: '20s' } },
    );
    await schedule.advance('1h');
    const startedAt = performance.now();
    await app.close();
    expect(performance.now() - startedAt).toBeLessThan(2 * SECOND);
    expect(seen).toEqual(['ended false']);
    expect(hours(schedule)).toEqual(['01:00 succeeded']);
  });

  it('closes though a handler never ends, after the drain timeout of virtual time', async () => {
    const { schedule, app } = await world(() => schedule.sleep(Infinity), {
      module: { shutdown: { drainTimeout: '15m' } },
    });
    await schedule.advance('1h');
    await app.close();
    expect(schedule.runs).toMatchObject([{ outcome: 'aborted', error: { name: 'ShutdownError' } }]);
    expect(app.get(SchedulerRegistry).getCronJobs().size).toBe(0);
  });

  it('leaves nothing behind that keeps the process alive', async () => {
    const active = () => process.getActiveResourcesInfo().filter(name => /Timeout|Immediate|TCP/.test(name));
    const before = active();
    const { schedule, app } = await world(() => schedule.sleep('90m'), { initialDelay: '10m' });
    await schedule.advance('1h');
    await app.close();
    // The turns that the shutdown took come to their end.
    await schedule.advance(0);
    expect(active()).toEqual(before);
  });

  it('that follows one that was closed catches up the ticks that were missed between them', async () => {
    const { schedule, app } = await world(() => undefined);
    await schedule.advance('1h');
    await app.close();
    await schedule.advance('2h30m');
    await boot(
      schedule,
      jobs(() => undefined),
    );
    await schedule.advance(0);
    expect(hours(schedule)).toEqual(['01:00 succeeded', '02:00 missed', '03:00 succeeded']);
    expect(schedule.runs.map(({ podId }) => podId)).toEqual(['pod-1', 'pod-2', 'pod-2']);
  });
});
