import { NEAR_PODS } from './worlds.mjs';

const RULE = 'lib/core/election/leader-preference.ts';
const SHORT = { intervalMs: 1000, ttlMs: 3000 };

/**
 * Ways to break the preference for the pod with more jobs: one for each condition of the rule.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const preferenceMutants = [
  {
    name: 'larger-set-never-leads',
    file: RULE,
    changes: [
      {
        find: 'return jobs.size === 0 || isRenewed(rival, first, now, times);',
        replace: 'return jobs.size === 0;',
      },
    ],
    wishes: { jobSets: 'update', faults: ['stop', 'resign'] },
  },
  {
    name: 'larger-set-by-count',
    file: 'lib/core/election/job-set.ts',
    changes: [{ find: ' && [...other].every(name => one.has(name))', replace: '' }],
    wishes: { jobSets: 'rivals', faults: ['stop', 'resign'] },
  },
  {
    name: 'candidate-preferred-too-young',
    file: RULE,
    changes: [{ find: 'now - rival.since >= times.ttlMs && ', replace: '' }],
    wishes: { jobSets: 'update', faults: ['stop', 'crash'] },
  },
  {
    name: 'draining-candidate-preferred',
    file: RULE,
    changes: [{ find: " || rival.state !== 'up'", replace: '' }],
    // It drains for long after it has led, and the one that follows has no job.
    wishes: {
      jobSets: 'worker',
      faults: ['stop'],
      fixed: {
        intervalMs: 3000,
        ttlMs: 10_000,
        drainTimeoutMs: 20_000,
        fastTakeover: true,
        redis: 'ordinary',
        hasResigningListener: false,
        pods: NEAR_PODS,
      },
      job: { cron: '* * * * * *', durationsMs: [15_000], obeysAbort: false, timeoutMs: undefined },
    },
  },
  {
    name: 'dead-candidate-preferred',
    file: RULE,
    changes: [
      { find: ' || !isAlive(rival, now, times)) return false;', replace: ') return false;' },
      { find: 'return jobs.size === 0 || isRenewed(rival, first, now, times);', replace: 'return true;' },
    ],
    wishes: { jobSets: 'nested', faults: ['crash'] },
  },
  {
    name: 'leader-hands-over-at-once',
    file: RULE,
    changes: [
      { find: 'if (now - leader.termSince < longestWait(leader, rival)) return false;', replace: '' },
    ],
    wishes: { jobSets: 'update', faults: ['stop', 'resign'] },
  },
  {
    name: 'stuck-candidate-preferred',
    file: RULE,
    changes: [{ find: ' && !isDistrusted(rival, now, times)', replace: '' }],
    wishes: { jobSets: 'update', faults: ['block', 'redis-pause'], fixed: SHORT },
  },
  {
    name: 'unsteady-leadership-not-slowed',
    isRare: true,
    file: RULE,
    changes: [
      {
        find: 'if (isUnsteady(handOvers, now, times)) return jobs.size === 0 ? ttlMs : 2 * ttlMs;',
        replace: '',
      },
    ],
    wishes: { jobSets: 'update', faults: ['run-now'], fixed: SHORT },
  },
  {
    name: 'leader-without-jobs-waits',
    file: RULE,
    changes: [{ find: 'return jobs.size === 0 ? 0 : ttlMs;', replace: 'return ttlMs;' }],
    wishes: { jobSets: 'worker', faults: ['stop', 'resign'], fixed: { intervalMs: 3000, ttlMs: 20_000 } },
  },
  {
    name: 'better-candidate-not-let-first',
    file: RULE,
    changes: [{ find: 'export const DEFER_MS = 250;', replace: 'export const DEFER_MS = 0;' }],
    wishes: { jobSets: 'nested', faults: ['stop', 'resign'] },
  },
  {
    name: 'count-of-changes-begins-at-one',
    file: 'lib/adapters/redis/scripts/lease/candidate-changes.lua',
    changes: [
      { find: 'changes > 1e12 and', replace: 'changes > 0 and' },
      { find: '<= 1e12 then', replace: '< 1 then' },
    ],
    // The notes are lost while the pod with more jobs starts anew: as many pods publish theirs as before.
    wishes: {
      jobSets: 'update',
      faults: [],
      sure: [
        { kind: 'crash', pod: 'pod-b', machine: false, backAfterMs: 8150, atMs: 20_000 },
        { kind: 'evict', key: 'candidates', atMs: 28_000 },
      ],
      fixed: {
        intervalMs: 3000,
        ttlMs: 10_000,
        fastTakeover: true,
        redis: 'ordinary',
        hasResigningListener: false,
        quietAtMs: 35_000,
        endsAtMs: 80_000,
        pods: NEAR_PODS,
      },
    },
  },
  {
    name: 'equal-set-preferred',
    file: 'lib/core/election/job-set.ts',
    changes: [{ find: 'return one.size > other.size && ', replace: 'return one.size >= other.size && ' }],
    wishes: { jobSets: 'update', faults: ['stop', 'resign'], fixed: SHORT },
  },
  {
    name: 'resting-candidate-preferred',
    file: RULE,
    changes: [{ find: " || rival.state !== 'up'", replace: " || rival.state === 'draining'" }],
    wishes: { jobSets: 'worker', faults: ['resign'], fixed: { intervalMs: 1000, ttlMs: 10_000 } },
  },
  {
    name: 'stopped-job-counts-as-one-that-ticks',
    file: 'lib/core/election/job-set.ts',
    changes: [{ find: '(isStopped ? [] : [name])', replace: '(isStopped && name === "" ? [] : [name])' }],
    // A user stops it on the leader.
    wishes: {
      jobSets: 'update',
      faults: [],
      sure: [{ kind: 'job-stop', pod: 'pod-b', job: 'job-1', forMs: 60_000, atMs: 12_000 }],
      fixed: { ...SHORT, redis: 'ordinary', quietAtMs: 45_000, endsAtMs: 80_000, pods: NEAR_PODS },
    },
  },
  {
    name: 'pod-without-jobs-never-leads',
    file: 'lib/engine/election/leadership-preference.ts',
    changes: [
      {
        find: 'return better ? DEFER_MS : 0;',
        replace: 'return better ? DEFER_MS : jobs.size === 0 ? 600_000 : 0;',
      },
    ],
    wishes: { jobSets: 'worker', faults: ['crash', 'stop'], fixed: SHORT },
  },
  {
    name: 'unsteady-leadership-not-reported',
    file: 'lib/engine/election/leadership-preference.ts',
    changes: [
      {
        find: "events.emit({ type: 'leader.unsteady', podId: rival.podId });",
        replace: 'void events;',
      },
    ],
    // Sets change to and fro.
    wishes: {
      jobSets: 'rivals',
      faults: [],
      sure: [0, 1, 2].flatMap(round => [
        { kind: 'job-stop', pod: 'pod-a', job: 'job-2', forMs: 7500, atMs: 6000 + 15_000 * round },
        { kind: 'job-stop', pod: 'pod-b', job: 'job-1', forMs: 7500, atMs: 13_500 + 15_000 * round },
      ]),
      fixed: { ...SHORT, redis: 'ordinary', hasResigningListener: false, quietAtMs: 52_000, pods: NEAR_PODS },
    },
  },
  {
    name: 'resigned-leader-back-late',
    file: RULE,
    changes: [
      { find: 'export const BACK_AFTER_MS = 1000;', replace: 'export const BACK_AFTER_MS = 600_000;' },
    ],
    wishes: { jobSets: 'update', faults: ['crash'], fixed: SHORT },
  },
  {
    name: 'distrusted-by-nothing',
    file: 'lib/engine/election/leadership-preference.ts',
    changes: [
      {
        find: 'this.distrustedUntil = distrustedUntil(this.storeNow, this.deps.timing);',
        replace: 'void distrustedUntil;',
      },
    ],
    wishes: { jobSets: 'update', faults: ['block', 'redis-pause'], fixed: SHORT },
  },
];
