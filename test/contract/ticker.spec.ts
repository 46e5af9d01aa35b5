import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { DuplicateJobError } from '../../lib/core/errors/errors.js';
import type { Job } from '../../lib/core/job/job.js';
import { TermSchedule } from '../../lib/core/schedule/term-schedule.js';
import type { JobTimer, Wake } from '../../lib/ports/ticker.js';
import { DAY, SECOND } from '../support/durations.js';
import { jobOf, perTerm, schedule, tickers, type TickerLab } from './support/tickers.js';

let lab: TickerLab;
let wakes: Wake[];

beforeEach(() => void (wakes = []));
afterEach(() => {
  lab.ticker.stop();
  jest.useRealTimers();
});

const add = (job: Job): JobTimer => lab.ticker.add(job, { wake: one => void wakes.push(one) });

function begun(job: Job): JobTimer {
  const timer = add(job);
  lab.ticker.begin(job);
  return timer;
}

const causes = () => wakes.map(({ cause }) => cause);

describe.each(tickers)('a job in the ticker of the $name', ({ openLab }) => {
  beforeEach(() => void (lab = openLab()));

  it('is added stopped, though no user has stopped it', async () => {
    const timer = add(jobOf());
    await lab.advance(3 * SECOND);
    expect([timer.activeSchedule, timer.isStopped]).toEqual([undefined, false]);
    expect(wakes).toEqual([]);
  });

  it('is refused where its name is taken, and only then', () => {
    const job = jobOf();
    add(job);
    expect(() => add(jobOf())).toThrow(DuplicateJobError);
    add(jobOf({ name: 'other' }));
    lab.ticker.remove(job);
    expect(() => add(jobOf())).not.toThrow();
  });

  it('is not woken when it begins, then at each tick', async () => {
    const timer = begun(jobOf());
    expect(wakes).toEqual([]);
    expect(timer.activeSchedule).toMatchObject({ startedAt: -Infinity, schedule: { source: '* * * * * *' } });
    await lab.advance(2.5 * SECOND);
    expect(wakes).toMatchObject([
      { cause: 'timer', startedAt: -Infinity },
      { cause: 'timer', startedAt: -Infinity, schedule: { source: '* * * * * *' } },
    ]);
  });

  it('does not begin where it is disabled, and is started by a user', async () => {
    const timer = begun(jobOf({ disabled: true }));
    await lab.advance(2 * SECOND);
    expect([timer.activeSchedule, timer.isStopped, wakes]).toEqual([undefined, true, []]);
    await lab.start('job');
    expect([timer.activeSchedule?.startedAt, timer.isStopped]).toEqual([lab.nowMs(), false]);
  });

  it('is woken no more once it is removed, in its initial delay as well', async () => {
    const job = jobOf();
    const late = jobOf({ name: 'late', initialDelayMs: SECOND });
    const timer = begun(job);
    begun(late);
    lab.ticker.remove(job);
    lab.ticker.remove(late);
    await lab.advance(5 * SECOND);
    expect([timer.activeSchedule, wakes]).toEqual([undefined, []]);
  });

  it('is woken no more once the ticker has stopped, in its initial delay as well', async () => {
    begun(jobOf());
    begun(jobOf({ name: 'late', initialDelayMs: SECOND }));
    lab.ticker.stop();
    lab.ticker.setTerm(lab.nowMs());
    lab.ticker.realign();
    await lab.advance(5 * SECOND);
    expect(wakes).toEqual([]);
  });
});

describe.each(tickers)('a user of the ticker of the $name', ({ openLab }) => {
  beforeEach(() => void (lab = openLab()));

  it('stops a job, and starts it: its ticks count from then on', async () => {
    const timer = begun(jobOf());
    await lab.stop('job');
    await lab.advance(3.5 * SECOND);
    expect([timer.activeSchedule, timer.isStopped, wakes]).toEqual([undefined, true, []]);
    await lab.start('job');
    const startedAt = lab.nowMs();
    expect(wakes).toMatchObject([{ cause: 'timer', startedAt }]);
    expect([timer.activeSchedule?.startedAt, timer.isStopped]).toEqual([startedAt, false]);
    await lab.advance(SECOND);
    expect(wakes.slice(1)).toMatchObject([{ cause: 'timer', startedAt }]);
  });

  it('changes nothing by a start of a job that runs', async () => {
    const timer = begun(jobOf());
    await lab.advance(SECOND / 2);
    await lab.start('job');
    expect([timer.activeSchedule?.startedAt, wakes]).toEqual([-Infinity, []]);
    await lab.advance(SECOND);
    expect(causes()).toEqual(['timer']);
  });

  it('fires a job, whether it runs or is stopped', async () => {
    begun(jobOf());
    await lab.fire('job');
    expect(wakes).toMatchObject([{ cause: 'manual', startedAt: -Infinity }]);
    await lab.stop('job');
    await lab.fire('job');
    expect(causes()).toEqual(['manual', 'manual']);
    await lab.advance(2 * SECOND);
    expect(wakes).toHaveLength(2);
  });
});

describe.each(tickers)('the initial delay of a job in the ticker of the $name', ({ openLab }) => {
  beforeEach(() => void (lab = openLab()));

  it('ends with a wake-up; what was due in it is the job’s own', async () => {
    const timer = begun(jobOf({ initialDelayMs: 1.5 * SECOND }));
    await lab.advance(1.5 * SECOND - 1);
    expect([timer.activeSchedule, timer.isStopped, wakes]).toEqual([undefined, false, []]);
    await lab.advance(1);
    expect(wakes).toMatchObject([{ cause: 'timer', startedAt: -Infinity }]);
    expect(timer.activeSchedule).toMatchObject({ startedAt: -Infinity });
    await lab.advance(SECOND / 2);
    expect(causes()).toEqual(['timer', 'timer']);
  });

  it('does not start a job that a user has stopped in it', async () => {
    const timer = begun(jobOf({ initialDelayMs: SECOND }));
    await lab.stop('job');
    await lab.advance(3 * SECOND);
    expect([timer.activeSchedule, timer.isStopped, wakes]).toEqual([undefined, true, []]);
  });

  it('does not start a second time a job that a user has stopped and started in it', async () => {
    const timer = begun(jobOf({ schedule: schedule('@every 10m'), initialDelayMs: SECOND }));
    await lab.stop('job');
    await lab.start('job');
    const startedAt = lab.nowMs();
    await lab.advance(3 * SECOND);
    expect(causes()).toEqual(['timer']);
    expect(timer.activeSchedule).toMatchObject({ startedAt });
  });
});

describe.each(tickers)('another schedule in the ticker of the $name', ({ openLab }) => {
  beforeEach(() => void (lab = openLab()));

  it('is followed without a wake-up, from where the ticks of the job began', async () => {
    const timer = begun(jobOf());
    timer.reschedule(schedule('*/5 * * * * *'));
    expect(wakes).toEqual([]);
    expect(timer.activeSchedule).toMatchObject({
      startedAt: -Infinity,
      schedule: { source: '*/5 * * * * *' },
    });
    await lab.advance(5.5 * SECOND);
    expect(wakes).toMatchObject([{ cause: 'timer', schedule: { source: '*/5 * * * * *' } }]);
  });

  it('leaves a stopped job stopped, which follows it when it is started', async () => {
    const timer = begun(jobOf());
    await lab.stop('job');
    timer.reschedule(schedule('*/5 * * * * *'));
    await lab.advance(6 * SECOND);
    expect([timer.activeSchedule, timer.isStopped, wakes]).toEqual([undefined, true, []]);
    await lab.start('job');
    await lab.advance(4 * SECOND);
    expect(causes()).toEqual(['timer', 'timer']);
  });

  it('may be none, and one again', async () => {
    const timer = begun(jobOf());
    timer.reschedule(schedule('-'));
    await lab.advance(3 * SECOND);
    expect(wakes).toEqual([]);
    timer.reschedule(schedule('* * * * * *'));
    await lab.advance(SECOND);
    expect(causes()).toEqual(['timer']);
  });

  it('may have a tick once a term, in the term that goes on', async () => {
    lab.ticker.setTerm(lab.nowMs());
    const timer = begun(jobOf({ schedule: schedule('0 0 1 1 *') }));
    timer.reschedule(new TermSchedule(2 * SECOND));
    await lab.advance(10 * SECOND);
    expect(causes()).toEqual(['timer']);
  });
});

describe.each(tickers)('a tick once a term in the ticker of the $name', ({ openLab }) => {
  beforeEach(() => void (lab = openLab()));

  it('comes in each term, and in none outside of one', async () => {
    const timer = begun(perTerm(2 * SECOND));
    await lab.advance(5 * SECOND);
    expect(timer.activeSchedule).toBeDefined();
    expect(wakes).toEqual([]);
    for (const terms of [1, 2]) {
      lab.ticker.setTerm(lab.nowMs());
      await lab.advance(5 * SECOND);
      expect(wakes).toHaveLength(terms);
      lab.ticker.setTerm(undefined);
      await lab.advance(5 * SECOND);
      expect(wakes).toHaveLength(terms);
    }
  });

  it('does not come where the term ends before it', async () => {
    begun(perTerm(2 * SECOND));
    lab.ticker.setTerm(lab.nowMs());
    await lab.advance(SECOND);
    lab.ticker.setTerm(undefined);
    await lab.advance(5 * SECOND);
    expect(wakes).toEqual([]);
  });

  it('comes for a job that is added in the term', async () => {
    lab.ticker.setTerm(lab.nowMs());
    await lab.advance(SECOND);
    begun(perTerm(2 * SECOND));
    await lab.advance(SECOND);
    expect(causes()).toEqual(['timer']);
  });

  it('does not come for a job that a user has stopped, whose active schedule a term does not change', async () => {
    const timer = begun(perTerm(SECOND));
    await lab.stop('job');
    lab.ticker.setTerm(lab.nowMs());
    await lab.advance(3 * SECOND);
    expect([timer.activeSchedule, timer.isStopped, wakes]).toEqual([undefined, true, []]);
  });
});

describe.each(tickers)('a step of the clock in the ticker of the $name', ({ openLab }) => {
  beforeEach(() => void (lab = openLab()));

  it('forward brings the next tick nearer, once its timers are realigned', async () => {
    begun(jobOf({ schedule: schedule('0 * * * * *') }));
    lab.step(40 * SECOND);
    lab.ticker.realign();
    await lab.advance(20 * SECOND - 1);
    expect(wakes).toEqual([]);
    await lab.advance(1);
    expect(causes()).toEqual(['timer']);
  });

  it.each([true, false])('back makes the timers wait for the tick (realigned: %s)', async isRealigned => {
    begun(jobOf({ schedule: schedule('0 * * * * *') }));
    await lab.advance(20 * SECOND);
    lab.step(-15 * SECOND);
    if (isRealigned) lab.ticker.realign();
    await lab.advance(55 * SECOND - 1);
    expect(wakes).toEqual([]);
    await lab.advance(1);
    expect(causes()).toEqual(['timer']);
  });

  it('wakes no job that is stopped', async () => {
    begun(jobOf());
    await lab.stop('job');
    lab.step(DAY);
    lab.ticker.realign();
    await lab.advance(3 * SECOND);
    expect(wakes).toEqual([]);
  });
});
