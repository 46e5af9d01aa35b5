import { describe, expect, it } from '@jest/globals';

import { MINUTE, SECOND } from '../../support/durations.js';
import { checkMissed } from '../checks/decisions.js';
import { dueThrough } from '../checks/due.js';
import { dueIn, onTickWritten, resumeEra } from '../checks/eras.js';
import { checkInstants } from '../checks/terms.js';
import { runScenario } from '../run-seed.js';
import { scenarioOf } from '../scenario.js';
import { EPOCH } from '../world/world.js';
import { Court } from './court.js';

describe('the rules on schedules', () => {
  it('judge what is missed by the schedule that was in force', () => {
    const court = new Court();
    const [from, until] = [EPOCH - MINUTE, EPOCH + SECOND];
    court.schedules.eras.set('job-1', [
      { cron: '*/30 * * * * *', from, until },
      { cron: '* * * * * *', from: until, until: Infinity },
    ]);
    court.miss(EPOCH + 30 * SECOND, EPOCH + 40 * SECOND);
    expect(court.judge(checkMissed, { catchUp: 'latest' })).toEqual([]);
    // Of the schedule until then there is no newer tick.
    court.miss(EPOCH, EPOCH + 3 * SECOND);
    expect(court.judge(checkMissed, { catchUp: 'latest' })).toHaveLength(1);
  });

  it('convict a tick of a schedule before, unless it was due when the job was opened by the next', () => {
    const court = new Court();
    const { history, schedules, scenario } = court;
    const given = { kind: 'reschedule', pod: 'pod-a', job: 'job-1', cron: '@every 7s', atMs: 0 } as const;
    const watch = { history, schedules, scenario: { ...scenario, faults: [given] } };
    const write = (tick: number): void =>
      onTickWritten(watch, { name: 'job-1' }, String(tick), 'claimed|one|1|1|0||{"pod":"pod-a-1"}');
    const first = { cron: '*/15 * * * * *', openedAt: EPOCH, before: undefined };
    const second = { cron: '*/10 * * * * *', openedAt: EPOCH + 16 * SECOND, before: first };
    const third = { cron: '@every 7s', openedAt: EPOCH + 20 * SECOND - 30, before: second };
    schedules.active.set('pod-a-1 job-1', third);
    write(EPOCH + 15 * SECOND);
    write(EPOCH + 20 * SECOND);
    write(Math.ceil(EPOCH / (7 * SECOND) + 4) * 7 * SECOND);
    expect(history.violations).toEqual([]);
    write(EPOCH + 30 * SECOND);
    write(EPOCH + 45 * SECOND);
    expect(history.violations.map(({ what }) => what)).toEqual([
      `pod-a-1 job-1 ${EPOCH + 30 * SECOND}: @every 7s`,
      `pod-a-1 job-1 ${EPOCH + 45 * SECOND}: @every 7s`,
    ]);
    // It was due when the job had been opened by the second.
    schedules.active.set('pod-a-1 job-1', { ...third, before: { ...second, openedAt: EPOCH + 13 * SECOND } });
    schedules.known.clear();
    write(EPOCH + 15 * SECOND);
    expect(history.violations).toHaveLength(3);
  });

  it('use the schedule of the leader where Redis has lost which one it was', () => {
    const { schedules, scenario } = new Court();
    const given = { kind: 'reschedule', pod: 'pod-a', job: 'job-1', cron: '*/2 * * * * *', atMs: 0 } as const;
    const opened = new Map([['job-1', EPOCH]]);
    const watch = { schedules, opened, scenario: { ...scenario, faults: [given] } };
    const [job] = scenario.jobs;
    if (job === undefined) throw new Error('A scenario has jobs');
    const plan = { ...job, name: 'job-1', cron: '* * * * * *' };
    const write = (process: string): void =>
      resumeEra(watch, plan, String(EPOCH), `claimed|one|1|1|0||{"pod":"${process}"}`);
    schedules.active.set('pod-a-1 job-1', { cron: '*/2 * * * * *', openedAt: EPOCH, before: undefined });
    write('pod-b-1');
    expect(dueIn(watch, plan).next(EPOCH)).toBe(EPOCH + SECOND);
    write('pod-a-1');
    expect(dueIn(watch, plan).next(EPOCH)).toBe(EPOCH + 2 * SECOND);
    // The schedule by which a pod has opened the job since is not touched.
    schedules.active.set('pod-b-1 job-1', { cron: '@every 7s', openedAt: EPOCH, before: undefined });
    write('pod-b-1');
    expect(dueIn(watch, plan).next(EPOCH)).toBe(EPOCH + 2 * SECOND);
  });
});

describe('the rules on jobs that are created', () => {
  it('expect nothing of a job that was created on a leader whose process has ended since', async () => {
    // It would believe to lead when it is checked, had it not ended.
    const made = scenarioOf(1, {
      faultsForMs: 10 * SECOND,
      fixed: { intervalMs: 3 * SECOND, ttlMs: 10 * SECOND },
    });
    const [job] = made.jobs;
    const [pod] = made.pods;
    if (job === undefined || pod === undefined) throw new Error('A scenario has jobs, and pods');
    const rule = 'a job that is created on the leader ticks at once';
    const jobs = [{ ...job, cron: '* * * * * *', durationsMs: [0], jitterMs: 0 }];
    const created = {
      kind: 'job-remove',
      pod: pod.name,
      job: job.name,
      forMs: 1 * SECOND,
      atMs: 6 * SECOND,
    } as const;
    const crashed = {
      kind: 'crash',
      pod: pod.name,
      machine: false,
      backAfterMs: undefined,
      atMs: 7100,
    } as const;
    const scenario = {
      ...made,
      pods: [{ ...pod, startsAtMs: 0 }],
      jobs,
      quietAtMs: 12 * SECOND,
      endsAtMs: 30 * SECOND,
    };
    const alive = await runScenario({ ...scenario, faults: [created] });
    expect([alive.violations, alive.counters.rules[rule]?.judged]).toEqual([[], 1]);
    const dead = await runScenario({ ...scenario, faults: [created, crashed] });
    expect([dead.violations, dead.counters.rules[rule]]).toEqual([[], undefined]);
  });
});

describe('the rules on the instants of ticks', () => {
  it('count the ticks of each schedule while it was in force', () => {
    const due = dueThrough([
      { cron: '*/10 * * * * *', from: EPOCH, until: EPOCH + 25 * SECOND },
      { cron: '@every 7s', from: EPOCH + 31 * SECOND, until: Infinity },
    ]);
    const ticks: number[] = [];
    for (let tick = due.next(EPOCH); tick !== undefined && ticks.length < 4; tick = due.next(tick))
      ticks.push(tick);
    const everyMs = 7 * SECOND;
    const first = Math.floor((EPOCH + 31 * SECOND) / everyMs) * everyMs + everyMs;
    expect(ticks).toEqual([EPOCH + 10 * SECOND, EPOCH + 20 * SECOND, first, first + everyMs]);
    expect(due.latest(EPOCH, EPOCH + 30 * SECOND)).toBe(EPOCH + 20 * SECOND);
    expect(due.latest(EPOCH + 20 * SECOND, EPOCH + 30 * SECOND)).toBeUndefined();
  });

  it('convict a tick of another instant than its delay after a term began', () => {
    const court = new Court();
    const { history } = court;
    const [job] = court.scenario.jobs;
    if (job === undefined) throw new Error('A scenario has jobs');
    history.termSince.set(1, EPOCH);
    court.call(EPOCH + SECOND, 'one');
    checkInstants(court, { ...job, name: 'job-1' }, SECOND);
    expect(history.violations).toEqual([]);
    checkInstants(court, { ...job, name: 'job-1' }, 2 * SECOND);
    expect(history.violations).toHaveLength(1);
  });
});
