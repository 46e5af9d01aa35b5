import { describe, expect, it } from '@jest/globals';

import { checkFinal } from './checks/aborts.js';
import { BlameLog, onEventOfBlame, onMessage } from './checks/blame.js';
import { assertOneAttempt } from './checks/endless.js';
import { checkSingleStarts } from './checks/single-starts.js';
import { checkMissed } from './checks/decisions.js';
import { dueThrough } from './checks/due.js';
import { dueIn, onTickWritten, resumeEra, ScheduleLog } from './checks/eras.js';
import { assertOneLeader } from './checks/leaders.js';
import { onMadeUp } from './checks/newest.js';
import { checkRequestedOnce } from './checks/requests.js';
import { checkInstants } from './checks/terms.js';
import { LostRecords } from './checks/lost-records.js';
import { keys, type Watch } from './checks/watch.js';
import { WriteLog } from './checks/writes.js';
import { History, type Call } from './history.js';
import type { Fault } from './faults.js';
import { electionTiming, holdsTogether } from '../../lib/core/election/timing.js';
import { scenarioOf, type JobPlan, type PodPlan } from './scenario.js';
import { runScenario, runSeed } from './run-seed.js';
import { longestTimes, timesAt } from './timing-world.js';
import { EPOCH } from './world/world.js';

const SECOND = 1000;
const HOUR = 3_600_000;

const PLAIN_JOB: JobPlan = {
  name: 'job-1',
  cron: '* * * * * *',
  durationsMs: [0],
  overlap: 'skip',
  catchUp: 'all',
  catchUpWindowMs: HOUR,
  recover: false,
  attempts: 1,
  timeoutMs: undefined,
  failureRate: 0,
  heedsAbort: true,
  keep: 10_000,
};

type Seen = Pick<Watch, 'history' | 'writes' | 'lost' | 'scenario' | 'schedules'>;

/** What a history that was written by hand is convicted of. */
class Court {
  readonly history = new History(() => 0);
  readonly writes = new WriteLog();
  readonly lost = new LostRecords();
  readonly schedules = new ScheduleLog();
  readonly scenario = { ...scenarioOf(1, { faultsForMs: 10_000 }), isStrict: false };

  call(tick: number, runId: string, attempt = 1): void {
    const call: Call = {
      job: 'job-1',
      tick,
      runId,
      attempt,
      token: 1,
      manual: false,
      request: undefined,
      recovering: attempt > 1,
      process: 'pod-a-1',
      startedAtMs: 0,
      serverAt: tick,
      signal: new AbortController().signal,
      endedAtMs: 0,
    };
    this.history.calls.push(call);
  }

  miss(tick: number, at: number): void {
    const known = this.writes.decided.get('job-1') ?? [];
    this.writes.decided.set('job-1', [...known, { state: 'missed', tick, since: tick - 1, at }]);
  }

  judge(check: (watch: Seen, plan: JobPlan) => void, plan: Partial<JobPlan> = {}): string[] {
    const [job] = this.scenario.jobs;
    if (job === undefined) throw new Error('A scenario has jobs');
    const { history, writes, lost, scenario, schedules } = this;
    check(
      { history, writes, lost, scenario, schedules },
      {
        ...job,
        name: 'job-1',
        cron: '* * * * * *',
        recover: false,
        catchUpWindowMs: HOUR,
        ...plan,
      },
    );
    return history.violations.map(({ rule }) => rule);
  }
}

describe('the rules of the simulator', () => {
  it('convict a tick that two runs start', () => {
    const court = new Court();
    court.call(EPOCH, 'one');
    court.call(EPOCH, 'two');
    expect(court.judge(checkSingleStarts)).toEqual(['G1: a tick starts once']);
  });

  it('acquit the attempts of one run', () => {
    const court = new Court();
    court.call(EPOCH, 'one');
    court.call(EPOCH, 'one', 2);
    expect(court.judge(checkSingleStarts)).toEqual([]);
  });

  it('acquit a recovery with the next attempt, and convict one with the same', () => {
    const court = new Court();
    court.call(EPOCH, 'one');
    court.call(EPOCH, 'two', 2);
    expect(court.judge(checkSingleStarts, { recover: true })).toEqual([]);
    court.call(EPOCH, 'three', 2);
    expect(court.judge(checkSingleStarts, { recover: true })).toEqual(['G1: a tick starts once']);
  });

  it('leave out a tick whose own record was lost, and judge the others', () => {
    const court = new Court();
    const log = [[['HSET', keys.runs('job-1'), String(EPOCH), 'claimed|one|1|1|0||{}']]];
    court.lost.add({ log, from: 0, isFailOver: true });
    for (const tick of [EPOCH, EPOCH + SECOND])
      for (const run of ['one', 'two']) court.call(tick, `${run}-${tick}`);
    expect(court.judge(checkSingleStarts)).toEqual(['G1: a tick starts once']);
    expect(court.history.tally.rules['G1: a tick starts once']).toEqual({
      judged: 1,
      leftOut: { 'its record was lost': 1 },
    });
  });

  it('convict a request that two runs answer, unless another manual run has ended between them', () => {
    const court = new Court();
    const { calls } = court.history;
    const request = (id: string, runId: string, startedAtMs: number): void => {
      court.call(EPOCH, runId);
      const call = calls.pop();
      if (call === undefined) throw new Error('It was called');
      calls.push({ ...call, manual: true, request: id, startedAtMs, endedAtMs: startedAtMs + 10 });
    };
    request('asked', 'one', 0);
    request('other', 'two', 5);
    request('asked', 'three', 1000);
    expect(court.judge(checkRequestedOnce)).toEqual([]);
    expect(court.history.tally.rules['a request is run once']).toEqual({
      judged: 2,
      leftOut: { 'it was repeated when another manual run had ended': 1 },
    });
    calls.splice(1, 1);
    expect(court.judge(checkRequestedOnce)).toEqual(['a request is run once']);
  });

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

  it('convict `latest` of making up a tick before the newest, unless that was given back', () => {
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
    expect(history.tally.rules['a job with catchUp `latest` runs no older tick']?.judged).toBe(2);
  });

  it('judge what `latest` makes up by the schedule by which the pod has opened the job', () => {
    const court = new Court();
    const { history, schedules } = court;
    history.termSince.set(7, EPOCH + 2500);
    const claim = (tick: number): string[] => {
      const packed = `claimed|one|7|1|0||{"pod":"pod-a-1","catchUp":true}`;
      const written = { slot: String(tick), state: 'claimed', packed };
      return court.judge((watch, plan) => onMadeUp(watch, plan, written), { catchUp: 'latest' });
    };
    const open = (cron: string): unknown =>
      schedules.paces.set('pod-a-1 job-1', { cron, openedAt: EPOCH, before: undefined });
    open('*/20 * * * * *');
    expect(claim(EPOCH)).toEqual([]);
    open('* * * * * *');
    expect(claim(EPOCH + SECOND)).toEqual(['a job with catchUp `latest` runs no older tick']);
  });

  it('convict an aborted run whose tick another run starts, and acquit the run itself', () => {
    const court = new Court();
    const { history } = court;
    const request = { job: 'job-1', runId: 'one', atMs: -1 };
    const judge = (): void =>
      history.calls
        .slice(0, 1)
        .forEach(first => checkFinal(court, request, { first, calls: [first], toldByMs: Infinity }));
    court.call(EPOCH, 'one');
    judge();
    expect(history.violations).toEqual([]);
    court.call(EPOCH, 'two');
    judge();
    expect(history.violations.map(({ rule }) => rule)).toEqual(['an aborted run is not made again']);
  });

  it('acquit an attempt after one that timed out, and convict one after its pod was told to abort', () => {
    const court = new Court();
    const { history } = court;
    court.call(EPOCH, 'one');
    const [first] = history.calls;
    if (first === undefined) throw new Error('It was called');
    const timedOut = { ...first, signal: AbortSignal.abort(new Error('timeout')), abortedAtMs: 700 };
    const judge = (startedAtMs: number): string[] => {
      const calls = [timedOut, { ...first, attempt: 2, startedAtMs }];
      history.calls.splice(0, 2, ...calls);
      checkFinal(
        court,
        { job: 'job-1', runId: 'one', atMs: 2000 },
        { first: timedOut, calls, toldByMs: 2150 },
      );
      return history.violations.map(({ rule }) => rule);
    };
    expect(judge(1000)).toEqual([]);
    expect(judge(3000)).toEqual(['an aborted run is not made again']);
  });

  it('judge what is missed by the schedule that was in force', () => {
    const court = new Court();
    const [from, until] = [EPOCH - 60_000, EPOCH + SECOND];
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
    schedules.paces.set('pod-a-1 job-1', third);
    write(EPOCH + 15 * SECOND);
    write(EPOCH + 20 * SECOND);
    write(Math.ceil(EPOCH / 7000 + 4) * 7 * SECOND);
    expect(history.violations).toEqual([]);
    write(EPOCH + 30 * SECOND);
    write(EPOCH + 45 * SECOND);
    expect(history.violations.map(({ what }) => what)).toEqual([
      `pod-a-1 job-1 ${EPOCH + 30 * SECOND}: @every 7s`,
      `pod-a-1 job-1 ${EPOCH + 45 * SECOND}: @every 7s`,
    ]);
    // It was due when the job had been opened by the second.
    schedules.paces.set('pod-a-1 job-1', { ...third, before: { ...second, openedAt: EPOCH + 13 * SECOND } });
    schedules.known.clear();
    write(EPOCH + 15 * SECOND);
    expect(history.violations).toHaveLength(3);
  });

  it('expect nothing of a job that was created on a leader whose process has ended since', async () => {
    // It believes to lead when it is looked at, had it not ended.
    const made = scenarioOf(1, { faultsForMs: 10_000, fixed: { intervalMs: 3000, ttlMs: 10_000 } });
    const [job] = made.jobs;
    const [pod] = made.pods;
    if (job === undefined || pod === undefined) throw new Error('A scenario has jobs, and pods');
    const rule = 'a job that is created on the leader ticks at once';
    const jobs = [{ ...job, cron: '* * * * * *', durationsMs: [0], jitterMs: 0 }];
    const created = { kind: 'job-remove', pod: pod.name, job: job.name, forMs: 1000, atMs: 6000 } as const;
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
      quietAtMs: 12_000,
      endsAtMs: 30_000,
    };
    const alive = await runScenario({ ...scenario, faults: [created] });
    expect([alive.violations, alive.tally.rules[rule]?.judged]).toEqual([[], 1]);
    const dead = await runScenario({ ...scenario, faults: [created, crashed] });
    expect([dead.violations, dead.tally.rules[rule]]).toEqual([[], undefined]);
  });

  it('go by the schedule of the leader where Redis has lost which one it was', () => {
    const { schedules, scenario } = new Court();
    const given = { kind: 'reschedule', pod: 'pod-a', job: 'job-1', cron: '*/2 * * * * *', atMs: 0 } as const;
    const opened = new Map([['job-1', EPOCH]]);
    const watch = { schedules, opened, scenario: { ...scenario, faults: [given] } };
    const [job] = scenario.jobs;
    if (job === undefined) throw new Error('A scenario has jobs');
    const plan = { ...job, name: 'job-1', cron: '* * * * * *' };
    const write = (process: string): void =>
      resumeEra(watch, plan, String(EPOCH), `claimed|one|1|1|0||{"pod":"${process}"}`);
    schedules.paces.set('pod-a-1 job-1', { cron: '*/2 * * * * *', openedAt: EPOCH, before: undefined });
    write('pod-b-1');
    expect(dueIn(watch, plan).next(EPOCH)).toBe(EPOCH + SECOND);
    write('pod-a-1');
    expect(dueIn(watch, plan).next(EPOCH)).toBe(EPOCH + 2 * SECOND);
    // What a pod has opened the job by since is not touched.
    schedules.paces.set('pod-b-1 job-1', { cron: '@every 7s', openedAt: EPOCH, before: undefined });
    write('pod-b-1');
    expect(dueIn(watch, plan).next(EPOCH)).toBe(EPOCH + 2 * SECOND);
  });

  it('expect a tick after a crash of the leader by the pods that stand by', async () => {
    const rule = 'a crash of the leader delays a tick by half a second';
    const made = scenarioOf(1, { faultsForMs: 10_000, fixed: { intervalMs: 3000, ttlMs: 10_000 } });
    const pod = (name: string, startsAtMs: number, delayMs: number): PodPlan => ({
      name,
      startsAtMs,
      wallOffsetMs: 0,
      rate: 1,
      delayMs,
    });
    const end = (name: string, atMs: number, backAfterMs?: number) => ({
      kind: 'crash' as const,
      pod: name,
      machine: false,
      backAfterMs,
      atMs,
    });
    const judged = async (
      faults: readonly Fault[],
      [podB, podC]: readonly Partial<PodPlan>[] = [],
      own: Partial<JobPlan> = {},
    ): Promise<number> => {
      const { violations, tally } = await runScenario({
        ...made,
        fastTakeover: true,
        isStrict: false,
        replicaLagsMs: [],
        redis: 'ordinary',
        hasResigningListener: false,
        quietAtMs: 25_000,
        endsAtMs: 60_000,
        pods: [
          pod('pod-a', 0, 5),
          { ...pod('pod-b', 300, 5), ...podB },
          { ...pod('pod-c', 600, 0.1), ...podC },
        ],
        jobs: [{ ...PLAIN_JOB, ...own }],
        faults: [...faults].sort((one, two) => one.atMs - two.atMs),
      });
      expect(violations).toEqual([]);
      return tally.rules[rule]?.judged ?? 0;
    };
    const crash = end('pod-a', 18_343);
    expect(await judged([crash])).toBe(1);
    // The one that stands by has other ticks, and ends before the next of them; another one comes meanwhile.
    const away = end('pod-c', 15_000, 4500);
    const by = (cron: string) => ({ schedules: { fromMs: 0, crons: { 'job-1': cron } } });
    const every3s = by('*/3 * * * * *');
    expect(await judged([crash, away], [every3s])).toBe(1);
    expect(await judged([crash, away, end('pod-b', 20_325)], [every3s])).toBe(0);
    // The next leader has just started: what was missed waits.
    expect(await judged([crash, end('pod-c', 15_000, 2000)])).toBe(1);
    // The next leader ends before its first tick.
    const every10s = [{}, by('*/10 * * * * *')];
    expect(await judged([crash], every10s)).toBe(1);
    expect(await judged([crash, { ...end('pod-c', 19_600), machine: true }], every10s)).toBe(0);
    // A run was claimed, and its handler not called; or it was to be repeated.
    expect(await judged([end('pod-a', 18_008)])).toBe(0);
    const fails = { cron: '*/5 * * * * *', attempts: 3, failureRate: 1 };
    expect(await judged([end('pod-a', 20_300)], [], { ...fails, attempts: 1 })).toBe(1);
    expect(await judged([end('pod-a', 20_300)], [], fails)).toBe(0);
  });

  it('acquit a leader that resigns for a better pod whose note was lost meanwhile', async () => {
    const made = scenarioOf(1, { faultsForMs: 10_000, fixed: { intervalMs: 1000, ttlMs: 3000 } });
    const pod = { wallOffsetMs: 0, rate: 1, delayMs: 0.3, publishes: true };
    const slow = { intervalMs: 2000, ttlMs: 6500 };
    const { violations, trace } = await runScenario(
      {
        ...made,
        redis: 'ordinary',
        hasResigningListener: false,
        replicaLagsMs: [],
        isStrict: false,
        quietAtMs: 12_000,
        endsAtMs: 50_000,
        pods: [
          { ...pod, name: 'pod-a', startsAtMs: 0, jobs: ['job-1'] },
          { ...pod, name: 'pod-b', startsAtMs: 3500, jobs: ['job-1', 'job-2'], timing: slow },
        ],
        jobs: [PLAIN_JOB, { ...PLAIN_JOB, name: 'job-2' }],
        faults: [{ kind: 'evict', key: 'candidates', atMs: 6200 }],
      },
      true,
    );
    expect(violations).toEqual([]);
    expect(trace.find(line => line.includes('handed-over'))).toMatch(/^ +7\d{3}\./);
  });

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

  it('convict an attempt that begins before the one before it has ended', () => {
    const court = new Court();
    court.call(EPOCH, 'one');
    court.call(EPOCH, 'one', 2);
    const { calls, violations } = court.history;
    calls.slice(1).forEach(call => assertOneAttempt(court, call));
    expect(violations).toEqual([]);
    for (const call of calls) call.endedAtMs = undefined;
    calls.slice(1).forEach(call => assertOneAttempt(court, call));
    expect(violations.map(({ rule }) => rule)).toEqual(['attempts of a run do not overlap']);
  });

  it('convict a tick of another instant than so long after a term began', () => {
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

  it('convict two leaders, unless Redis has forgotten the term of one and its trust can last', () => {
    const { history } = new Court();
    const believers = [1, 2, 3].map(token => ({ id: `pod-${token}`, token, ttlMs: 3000 }));
    const judge = (count: number, nowMs: number): string[] => {
      history.violations.length = 0;
      assertOneLeader({ history }, believers.slice(0, count), nowMs);
      return history.violations.map(({ what }) => what);
    };
    expect(judge(2, 1000)).toEqual(['pod-1 and pod-2 lead at once']);
    history.forgottenTerms.set(1, 1000);
    expect(judge(2, 3999)).toEqual([]);
    expect(judge(3, 3999)).toEqual(['pod-2 and pod-3 lead at once']);
    expect(judge(2, 4000)).toEqual(['pod-1 and pod-2 lead at once']);
    expect(history.tally.rules['one leader']).toEqual({
      judged: 3,
      leftOut: { 'Redis has forgotten the lease and its term': 1 },
    });
  });

  it('leave out two leaders only where lease and term are lost, whichever is lost first', async () => {
    const lease: Fault = { kind: 'delete-lease', atMs: 4800 };
    const [early, late] = [4500, 5500].map((atMs): Fault => ({ kind: 'evict', key: 'term', atMs }));
    const pods = ['pod-a', 'pod-b'].map((name, index) => ({
      name,
      startsAtMs: 5600 * index,
      wallOffsetMs: 0,
      rate: 1,
      delayMs: 0.3,
    }));
    const times = { intervalMs: 6000, ttlMs: 20_000, replicaLagsMs: [], isStrict: false };
    const live = async (...sure: (Fault | undefined)[]): Promise<boolean> => {
      const faults = sure.flatMap(fault => fault ?? []);
      const fixed = { ...times, redis: 'ordinary', pods } as const;
      // A claim would be refused, and the leader would know: no tick is due before its next renewal.
      const wishes = { faultsForMs: 10_000, faults: [], sure: faults, fixed, job: { cron: '0 * * * *' } };
      const { violations, tally } = await runSeed(1, wishes);
      expect(violations).toEqual([]);
      return tally.rules['one leader']?.leftOut['Redis has forgotten the lease and its term'] !== undefined;
    };
    expect(await live(early, lease)).toBe(true);
    expect(await live(lease, late)).toBe(true);
    expect(await live(lease)).toBe(false);
    expect(await live(early)).toBe(false);
  });

  it('go by times that production accepts, on pods before and after an update', () => {
    const timed = Array.from({ length: 200 }, (_, at) => scenarioOf(10 * at + 9, { faultsForMs: 40_000 }));
    for (const scene of timed) {
      const times = scene.pods.flatMap(pod => [0, Infinity].map(atMs => timesAt(pod, atMs, scene)));
      const longestMs = Math.max(...times.map(({ ttlMs }) => ttlMs));
      expect(times.every(({ intervalMs, ttlMs }) => holdsTogether(electionTiming(intervalMs, ttlMs)))).toBe(
        true,
      );
      expect(scene.jobs.every(({ catchUpWindowMs }) => catchUpWindowMs >= 3 * longestMs)).toBe(true);
    }
    expect(new Set(timed.flatMap(({ pods }) => pods.map(({ timing }) => timing?.ttlMs))).size).toBe(6);
  });

  it('wait for the pod with the most jobs, though a listener makes it rest', () => {
    const scenes = Array.from({ length: 400 }, (_, seed) => scenarioOf(seed, { faultsForMs: 40_000 }));
    const resigning = scenes.filter(
      ({ hasResigningListener, pods }) =>
        hasResigningListener === true && pods.some(({ jobs }) => jobs !== undefined),
    );
    expect(resigning.length).toBeGreaterThan(0);
    for (const scene of resigning) {
      const { ttlMs, intervalMs } = longestTimes(scene);
      // A lease lapses; a leader that lacks jobs hands over; another one leads for two ttls while the first one rests.
      const restedMs = 4 * ttlMs + 3 * intervalMs;
      expect(scene.endsAtMs - scene.quietAtMs).toBeGreaterThan(restedMs + SECOND);
    }
  });

  it('blame a leader that resigns over a job, however late the request comes, and none that a person made resign', () => {
    const blamedAt = new Map<string, number>();
    const world = { nowMs: 0 };
    const watch = { blame: new BlameLog(), preference: { blamedAt }, simulation: { world } };
    const term = { token: 7, since: new Date(EPOCH) };
    const resign = (process: string): void =>
      onEventOfBlame(watch, process, { type: 'leader.lost', term, reason: 'resigned' });
    const asked = { type: 'job.overdue', job: 'job-1', tick: new Date(EPOCH), mark: new Date(0) } as const;
    onEventOfBlame(watch, 'pod-b-1', { ...asked, holder: 'pod-a-1', isAskedToResign: true, ordinal: 1 });
    // A person, or a listener, while the request is under way; then by a message; then another pod.
    resign('pod-a-1');
    onMessage(watch, 'pod-a-1', 'resign-requested:7:', () => resign('pod-a-1'));
    onMessage(watch, 'pod-a-1', 'resign-requested:7:job-1', () => resign('pod-b-1'));
    resign('pod-a-1');
    expect([...blamedAt]).toEqual([]);
    world.nowMs = 8 * SECOND;
    onMessage(watch, 'pod-a-1', 'resign-requested:7:job-1', () => resign('pod-a-1'));
    expect([...blamedAt]).toEqual([['pod-a-1', 8 * SECOND]]);
  });

  it('acquit every policy beyond the window', () => {
    const court = new Court();
    court.miss(EPOCH, EPOCH + 2 * HOUR);
    expect(court.judge(checkMissed, { catchUp: 'all' })).toEqual([]);
  });
});
