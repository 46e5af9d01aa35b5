import { describe, expect, it } from '@jest/globals';

import { electionTiming, holdsTogether } from '../../../lib/core/election/timing.js';
import { SECOND } from '../../support/durations.js';
import { BlameLog, onEventOfBlame, onMessage } from '../checks/blame.js';
import { assertOneLeader } from '../checks/leaders.js';
import { checkTermEnds } from '../checks/term-ends.js';
import type { Fault } from '../faults.js';
import { runScenario, runSeed } from '../run-seed.js';
import { scenarioOf } from '../scenario.js';
import { longestTimes, timesAt } from '../timing-world.js';
import { EPOCH } from '../world/world.js';
import { Court, PLAIN_JOB } from './court.js';

describe('the rules on two leaders', () => {
  it('convict two leaders, unless Redis has forgotten the term of one and its trust can last', () => {
    const { history } = new Court();
    const believers = [1, 2, 3].map(token => ({ id: `pod-${token}`, token, ttlMs: 3 * SECOND }));
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
    expect(history.counters.rules['one leader']).toEqual({
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
    const times = { intervalMs: 6 * SECOND, ttlMs: 20 * SECOND, replicaLagsMs: [], isStrict: false };
    const live = async (...sure: (Fault | undefined)[]): Promise<boolean> => {
      const faults = sure.flatMap(fault => fault ?? []);
      const fixed = { ...times, redis: 'ordinary', pods } as const;
      // A claim would be refused, and the leader would know: no tick is due before its next renewal.
      const wishes = {
        faultsForMs: 10 * SECOND,
        faults: [],
        sure: faults,
        fixed,
        job: { cron: '0 * * * *' },
      };
      const { violations, counters } = await runSeed(1, wishes);
      expect(violations).toEqual([]);
      return (
        counters.rules['one leader']?.leftOut['Redis has forgotten the lease and its term'] !== undefined
      );
    };
    expect(await live(early, lease)).toBe(true);
    expect(await live(lease, late)).toBe(true);
    expect(await live(lease)).toBe(false);
    expect(await live(early)).toBe(false);
  });
});

describe('the rule on the end of a term', () => {
  /** Judges a pod in a term that is seen twice without trust, `laterMs` apart. */
  const judge = (laterMs: number, process: { isRunning?: boolean; awakeForMs?: number } = {}) => {
    const { history } = new Court();
    const pod = {
      id: 'pod-a-1',
      timing: electionTiming(3 * SECOND, 10 * SECOND),
      process: { isRunning: true, awakeForMs: Infinity, setForwardForMs: Infinity, slowness: 0, ...process },
      parts: { elector: { termToken: 7, trustMs: 0 } },
    };
    const pastTerms = new Map();
    for (const nowMs of [SECOND, SECOND + laterMs])
      checkTermEnds({ history, pastTerms, simulation: { pods: [pod], world: { nowMs } } });
    const judged = history.counters.rules['a term ends when its trust does']?.judged ?? 0;
    return { judged, said: history.violations.map(({ what }) => what) };
  };

  it('convicts a pod that is seen twice without trust, unless it does not run', () => {
    expect(judge(250)).toEqual({ judged: 2, said: ['pod-a-1 is in term 7 for 250 ms beyond its trust'] });
    expect(judge(250, { isRunning: false })).toEqual({ judged: 0, said: [] });
  });

  it('gives a pod whose timers stood still until its next renewal', () => {
    expect(judge(3250, { awakeForMs: 1 }).said).toEqual([]);
    expect(judge(3251, { awakeForMs: 1 }).said).toHaveLength(1);
  });
});

describe('the rules on resignations', () => {
  it('acquit a leader that resigns for a better pod whose note was lost meanwhile', async () => {
    const made = scenarioOf(1, {
      faultsForMs: 10 * SECOND,
      fixed: { intervalMs: 1 * SECOND, ttlMs: 3 * SECOND },
    });
    const pod = { wallOffsetMs: 0, rate: 1, delayMs: 0.3, publishes: true };
    const slow = { intervalMs: 2 * SECOND, ttlMs: 6500 };
    const { violations, trace } = await runScenario(
      {
        ...made,
        redis: 'ordinary',
        hasResigningListener: false,
        replicaLagsMs: [],
        isStrict: false,
        quietAtMs: 12 * SECOND,
        endsAtMs: 50 * SECOND,
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

  it('blame a leader that resigns over a job, however late the request comes, and none that a person made resign', () => {
    const blamedAt = new Map<string, number>();
    const world = { nowMs: 0 };
    const watch = { blame: new BlameLog(), preference: { blamedAt }, simulation: { world } };
    const term = { token: 7, since: new Date(EPOCH) };
    const resign = (process: string): void =>
      onEventOfBlame(watch, process, { type: 'leader.lost', term, reason: 'resigned' });
    const asked = {
      type: 'job.overdue',
      job: 'job-1',
      tick: new Date(EPOCH),
      watermark: new Date(0),
    } as const;
    onEventOfBlame(watch, 'pod-b-1', {
      ...asked,
      podId: 'pod-a-1',
      isResignationRequested: true,
      ordinal: 1,
    });
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
});

describe('the rules on the times of scenarios', () => {
  it('use times that production accepts, on pods before and after an update', () => {
    const timed = Array.from({ length: 200 }, (_, at) =>
      scenarioOf(10 * at + 9, { faultsForMs: 40 * SECOND }),
    );
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
    const scenes = Array.from({ length: 400 }, (_, seed) => scenarioOf(seed, { faultsForMs: 40 * SECOND }));
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
});
