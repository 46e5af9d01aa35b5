import { describe, expect, it } from '@jest/globals';

import { MAX_CAUGHT_UP, missedSpan, planCatchUp } from '../../../../lib/core/tick/catch-up-plan.js';
import { CronSchedule } from '../../../../lib/core/schedule/cron-schedule.js';
import { HOUR, MINUTE, SECOND } from '../../../support/durations.js';

const START = Date.UTC(2030, 0, 1);
const every = (cron: string) => CronSchedule.parse(cron, { timeZone: 'UTC' });
const secondly = every('* * * * * *');
const at = (second: number) => START + second * 1000;
const plan = (catchUp: 'latest' | 'all' | 'skip', mark: number, now: number, catchUpWindowMs = HOUR) =>
  planCatchUp(secondly, { catchUp, catchUpWindowMs }, mark, now);

describe('a plan for the ticks that no pod decided', () => {
  it('is empty when none was due', () => {
    for (const catchUp of ['latest', 'all', 'skip'] as const) {
      expect(plan(catchUp, at(5), at(5) + 999)).toEqual({ run: [], missed: undefined });
      expect(plan(catchUp, at(5), at(4))).toEqual({ run: [], missed: undefined });
    }
  });

  it('runs the tick that is due right now, and not the one at the watermark', () => {
    expect(plan('all', at(5), at(6))).toEqual({ run: [at(6)], missed: undefined });
  });

  it('runs the newest and misses those before it', () => {
    expect(plan('latest', at(0), at(10))).toEqual({
      run: [at(10)],
      missed: { since: at(0), tick: at(9), count: 9 },
    });
  });

  it('runs all, oldest first', () => {
    expect(plan('all', at(0), at(4))).toEqual({ run: [1, 2, 3, 4].map(at), missed: undefined });
  });

  it('misses all', () => {
    expect(plan('skip', at(0), at(4))).toEqual({ run: [], missed: { since: at(0), tick: at(4), count: 4 } });
  });

  it('covers every tick once, whatever the policy: what runs and what is missed meet without a gap', () => {
    for (const catchUp of ['latest', 'all', 'skip'] as const) {
      for (const windowMs of [500, 1000, 2500, MINUTE]) {
        for (let now = 0; now <= 12; now += 1) {
          const { run, missed } = plan(catchUp, at(0), at(now) + 250, windowMs);
          // Were all run, they would be these; the missed ones come first.
          const all = Array.from({ length: now }, (_, index) => at(index + 1));
          const count = missed?.count ?? 0;
          expect([...all.slice(0, count), ...run]).toEqual(all);
          expect(missed?.tick).toBe(all[count - 1]);
        }
      }
    }
  });

  it('of a date that has passed runs it once', () => {
    const once = CronSchedule.parse(new Date(START));
    const policy = { catchUp: 'latest', catchUpWindowMs: HOUR } as const;
    expect(planCatchUp(once, policy, START - 1, START + SECOND)).toEqual({ run: [START], missed: undefined });
    expect(planCatchUp(once, policy, START, START + SECOND)).toEqual({ run: [], missed: undefined });
  });
});

describe('the bounds of a plan', () => {
  it('does not run what lies at or before the beginning of the window', () => {
    expect(plan('all', at(0), at(10), 3000)).toEqual({
      run: [8, 9, 10].map(at),
      missed: { since: at(0), tick: at(7), count: 7 },
    });
  });

  it('misses the newest, too, when it lies before the window', () => {
    const hourly = every('0 0 * * * *');
    expect(
      planCatchUp(hourly, { catchUp: 'latest', catchUpWindowMs: MINUTE }, START, START + 1.5 * HOUR),
    ).toEqual({
      run: [],
      missed: { since: START, tick: START + HOUR, count: 1 },
    });
  });

  it('runs the newest hundred at most', () => {
    const { run, missed } = plan('all', at(0), at(1000));
    expect(run).toHaveLength(MAX_CAUGHT_UP);
    expect([run[0], run.at(-1)]).toEqual([at(901), at(1000)]);
    expect(missed).toEqual({ since: at(0), tick: at(900), count: 900 });
  });
});

describe('a span of missed ticks', () => {
  it('is none when no tick lies in it', () => expect(missedSpan(secondly, at(3), at(3))).toBeUndefined());

  it('is counted up to a thousand, and no further', () => {
    expect(missedSpan(secondly, at(0), at(999))?.count).toBe(999);
    expect(missedSpan(secondly, at(0), at(100_000_000))).toEqual({
      since: at(0),
      tick: at(100_000_000),
      count: 1000,
    });
  });
});
