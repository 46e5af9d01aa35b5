import { describe, expect, it } from '@jest/globals';

import { HOUR, SECOND } from '../../support/durations.js';
import { checkMissed } from '../checks/decisions.js';
import { onMadeUp } from '../checks/newest.js';
import { EPOCH } from '../world/world.js';
import { Court } from './court.js';

describe('the rules on missed ticks', () => {
  it('convict `latest` of giving up the newest missed tick', () => {
    const court = new Court();
    court.miss(EPOCH, EPOCH + SECOND / 2);
    expect(court.judge(checkMissed, { catchUp: 'latest' })).toEqual([
      'G3: what is missed is caught up by policy',
    ]);
  });

  it('acquit `latest` of giving up those before the newest', () => {
    const court = new Court();
    court.miss(EPOCH, EPOCH + 3 * SECOND);
    expect(court.judge(checkMissed, { catchUp: 'latest' })).toEqual([]);
  });

  it('convict `all` of giving up a tick within its window', () => {
    const court = new Court();
    court.miss(EPOCH, EPOCH + 3 * SECOND);
    expect(court.judge(checkMissed, { catchUp: 'all' })).toHaveLength(1);
  });

  it('convict `latest` of catching up a tick before the newest, unless that was released', () => {
    const court = new Court();
    const { history } = court;
    history.termSince.set(7, EPOCH + 2500);
    const claim = (tick: number, state = 'claimed'): string[] => {
      const written = { slot: String(tick), state, packed: `${state}|one|7|1|0||{"catchUp":true}` };
      return court.judge((watch, plan) => onMadeUp(watch, plan, written), { catchUp: 'latest' });
    };
    // The newest; one of which the next was not due yet; one that was claimed before.
    expect(claim(EPOCH + 2 * SECOND)).toEqual([]);
    claim(EPOCH + SECOND, 'released');
    expect(claim(EPOCH + SECOND)).toEqual([]);
    expect(claim(EPOCH)).toEqual(['a job with catchUp `latest` runs no older tick']);
    expect(history.counters.rules['a job with catchUp `latest` runs no older tick']?.judged).toBe(2);
  });

  it('judge what `latest` catches up by the schedule by which the pod has opened the job', () => {
    const court = new Court();
    const { history, schedules } = court;
    history.termSince.set(7, EPOCH + 2500);
    const claim = (tick: number): string[] => {
      const packed = `claimed|one|7|1|0||{"pod":"pod-a-1","catchUp":true}`;
      const written = { slot: String(tick), state: 'claimed', packed };
      return court.judge((watch, plan) => onMadeUp(watch, plan, written), { catchUp: 'latest' });
    };
    const open = (cron: string): unknown =>
      schedules.active.set('pod-a-1 job-1', { cron, openedAt: EPOCH, before: undefined });
    open('*/20 * * * * *');
    expect(claim(EPOCH)).toEqual([]);
    open('* * * * * *');
    expect(claim(EPOCH + SECOND)).toEqual(['a job with catchUp `latest` runs no older tick']);
  });

  it('acquit every policy beyond the window', () => {
    const court = new Court();
    court.miss(EPOCH, EPOCH + 2 * HOUR);
    expect(court.judge(checkMissed, { catchUp: 'all' })).toEqual([]);
  });
});
