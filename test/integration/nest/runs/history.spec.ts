import { describe, expect, it } from '@jest/globals';
import { Injectable, type OnModuleInit } from '@nestjs/common';

import { type JobRun, LeaderCron, type RunQuery, ScheduleService } from '../../../../lib/index.js';
import { SECOND } from '../../../support/durations.js';
import { eventually } from '../../../support/eventually.js';
import { EVERY_SECOND, NEVER, useModes } from './modes.js';

const modes = useModes();

describe.each(modes)('the runs of jobs in $mode mode', ({ boot }) => {
  it('have the ticks of their schedule in it, each with the one that follows', async () => {
    @Injectable()
    class Jobs {
      @LeaderCron(EVERY_SECOND, { name: 'ticking', timeZone: 'UTC' })
      run() {}
    }
    const { service } = await boot([Jobs]);
    const [newest, second] = await eventually(async () => {
      const past = await service.history('ticking');
      return past.length >= 2 && past;
    });
    expect(newest).toMatchObject({ manual: false, catchUp: false, schedule: EVERY_SECOND });
    expect(newest?.nextTick?.getTime()).toBe(Number(newest?.tick) + SECOND);
    expect(second?.nextTick).toEqual(newest?.tick);
  });

  it('keep nothing with history: false, but for the last run', async () => {
    @Injectable()
    class Jobs {
      @LeaderCron(NEVER, { name: 'forgotten', history: false })
      run() {}
      @LeaderCron(NEVER, { name: 'short', history: { keep: 2 } })
      short() {}
    }
    const { service, fire } = await boot([Jobs]);
    await fire('forgotten');
    const last = await eventually(() => service.lastRun('forgotten'));
    expect(last).toMatchObject({ job: 'forgotten', outcome: 'succeeded' });
    expect(await service.lastSuccess('forgotten')).toEqual(last);
    expect(await service.history('forgotten')).toEqual([]);
    for (let round = 0; round < 4; round += 1) {
      const before = await service.lastRun('short');
      await fire('short');
      await eventually(async () => {
        const after = await service.lastRun('short');
        return after !== undefined && after.runId !== before?.runId;
      });
    }
    expect(await service.history('short')).toHaveLength(2);
  });
});

describe.each(modes)('past runs in $mode mode', ({ boot }) => {
  it('are looked up by number, instant and outcome, the newest first', async () => {
    let runs = 0;
    @Injectable()
    class Jobs {
      @LeaderCron(NEVER, { name: 'mixed' })
      mixed() {
        runs += 1;
        if (runs % 2 === 0) throw new Error(`run ${runs}`);
      }
      @LeaderCron(NEVER, { name: 'other' })
      other() {}
    }
    const { service, run } = await boot([Jobs]);
    for (const ended of [1, 2, 3, 4, 5]) {
      const [last] = await run('mixed', ended);
      // A manual run is due when it is fired: no two in one millisecond, so that their order is certain.
      await eventually(() => Date.now() > Number(last?.tick) + 1, { every: 1 });
    }
    await run('other', 1);
    const all = await service.history('mixed');
    const outcomes = (past: readonly JobRun[]) => past.map(({ outcome }) => outcome);
    expect(outcomes(all)).toEqual(['succeeded', 'failed', 'succeeded', 'failed', 'succeeded']);
    expect(await service.history('mixed', { limit: 2 })).toEqual(all.slice(0, 2));
    const before = all[1]?.tick ?? new Date(0);
    expect(await service.history('mixed', { before })).toEqual(all.slice(2));
    expect(await service.history('mixed', { before, limit: 1 })).toEqual(all.slice(2, 3));
    expect(await service.history('mixed', { before: all[1], limit: 2 })).toEqual(all.slice(2, 4));
    expect(await service.history('mixed', { outcome: [] })).toEqual([]);
    expect(await service.history('mixed', { outcome: 'failed' })).toEqual([all[1], all[3]]);
    expect(await service.history('mixed', { outcome: ['failed', 'succeeded'], limit: 3 })).toEqual(
      all.slice(0, 3),
    );
    expect(await service.history('mixed', { outcome: 'abandoned' })).toEqual([]);
    const everything = await service.history();
    expect(everything.map(({ job }) => job).sort()).toEqual([
      'mixed',
      'mixed',
      'mixed',
      'mixed',
      'mixed',
      'other',
    ]);
    expect((await service.history(undefined, { limit: 1 })).map(({ job }) => job)).toEqual(['other']);
  });
});

describe.each(modes)('queries about runs in $mode mode', ({ boot }) => {
  it('are refused by name, limit and instant when these make no sense', async () => {
    @Injectable()
    class Jobs {
      @LeaderCron(NEVER, { name: 'known' })
      run() {}
    }
    const { service } = await boot([Jobs]);
    for (const asked of [
      service.history('unknown'),
      service.lastRun('unknown'),
      service.lastSuccess('unknown'),
    ])
      await expect(asked).rejects.toMatchObject({ code: 'UNKNOWN_JOB', received: 'unknown' });
    for (const limit of [0, -1, 1.5, 10_001, Number.NaN, Infinity])
      await expect(service.history('known', { limit })).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
    const before = new Date(Number.NaN);
    const entry = { job: 'known', runId: '', manual: false };
    const lost = 'lost' as unknown as 'failed';
    const wrong: RunQuery[] = [
      { before },
      { before: { ...entry, tick: before } },
      // As a query string may have it.
      { before: { ...entry, tick: '2030-01-01' as unknown as Date } },
      { outcome: ['failed', lost] },
    ];
    for (const query of wrong)
      await expect(service.history('known', query)).rejects.toMatchObject({ code: 'INVALID_OPTIONS' });
  });

  it('cannot be asked about before the application has initialized', async () => {
    const answers: unknown[] = [];
    @Injectable()
    class Early implements OnModuleInit {
      constructor(private readonly service: ScheduleService) {}
      @LeaderCron(NEVER, { name: 'early' })
      run() {}
      async onModuleInit() {
        const asked = [this.service.history(), this.service.running(), this.service.lastRun('early')];
        for (const answer of await Promise.allSettled(asked))
          answers.push(answer.status === 'rejected' ? answer.reason : answer.value);
      }
    }
    await boot([Early]);
    expect(answers).toHaveLength(3);
    for (const answer of answers) expect(answer).toMatchObject({ code: 'NOT_STARTED' });
  });
});
