import { NEAR_PODS, nearPods } from './worlds.mjs';

const RULE = 'lib/core/election/leader-preference.ts';
const PREFERENCE = 'lib/engine/election/leadership-preference.ts';
const CALM = { redis: 'ordinary', hasResigningListener: false, isStrict: false, replicaLagsMs: [] };
const SHORT = { ...CALM, intervalMs: 1000, ttlMs: 3000, quietAtMs: 50_000, endsAtMs: 80_000 };
const LONG = { ...CALM, intervalMs: 3000, ttlMs: 10_000, fastTakeover: true };
/** Each tick is seen to be late. */
const EACH_SECOND = {
  cron: '* * * * * *',
  durationsMs: [0],
  overlap: 'allow',
  catchUp: 'latest',
  jitterMs: 0,
};

/**
 * Ways to break what candidates know of each other: whom a follower lets lead first, whom a leader distrusts, whose
 * note is believed, and whose jobs are compared.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const candidateMutants = [
  {
    name: 'dead-candidate-let-first',
    file: RULE,
    changes: [
      {
        find: 'return isBetter(jobs, rival, now, times) && isAlive(rival, now, times);',
        replace: 'return isBetter(jobs, rival, now, times);',
      },
    ],
    // The one with most jobs has ended long ago, and a new one makes others read its note once more.
    wishes: {
      jobSets: 'nested',
      faults: [],
      sure: [
        { kind: 'crash', pod: 'pod-c', machine: false, backAfterMs: undefined, atMs: 6000 },
        { kind: 'crash', pod: 'pod-b', machine: false, backAfterMs: undefined, atMs: 44_900 },
      ],
      fixed: {
        ...LONG,
        quietAtMs: 55_000,
        endsAtMs: 90_000,
        pods: [
          nearPods('pod-a')[0],
          { ...nearPods('pod-d')[0], startsAtMs: 43_000 },
          ...nearPods('pod-b', 'pod-c'),
        ],
      },
      job: EACH_SECOND,
    },
  },
  {
    name: 'holder-of-the-ending-term-let-first',
    file: PREFERENCE,
    changes: [{ find: 'rival.podId !== this.holder &&\n        now', replace: 'now' }],
    wishes: {
      jobSets: 'update',
      faults: [],
      sure: [{ kind: 'crash', pod: 'pod-b', machine: false, backAfterMs: undefined, atMs: 39_900 }],
      fixed: {
        ...LONG,
        quietAtMs: 50_000,
        endsAtMs: 85_000,
        pods: [nearPods('pod-a')[0], { ...nearPods('pod-c')[0], startsAtMs: 38_500 }, nearPods('pod-b')[0]],
      },
      job: EACH_SECOND,
    },
  },
  {
    name: 'not-distrusted-by-the-deadline',
    file: 'lib/engine/election/election-terms.ts',
    changes: [
      { find: "effects: [{ kind: 'distrusted' }, ...ended.effects]", replace: 'effects: ended.effects' },
    ],
    wishes: {
      jobSets: 'update',
      faults: [],
      sure: [{ kind: 'block', pod: 'pod-b', way: 'both', forMs: 5000, atMs: 15_000 }],
      fixed: { ...SHORT, pods: NEAR_PODS },
    },
  },
  {
    name: 'not-distrusted-by-fenced',
    file: 'lib/engine/election/election-machine.ts',
    changes: [{ find: "{ kind: 'distrusted' }, ...effects", replace: '...effects' }],
    wishes: {
      jobSets: 'update',
      faults: [],
      // It cannot take the lease that is free.
      sure: [
        { kind: 'delete-lease', atMs: 15_000 },
        { kind: 'block-one', pod: 'pod-b', connection: 'lease', way: 'both', forMs: 4000, atMs: 15_500 },
      ],
      fixed: { ...SHORT, pods: NEAR_PODS },
      job: EACH_SECOND,
    },
  },
  {
    name: 'not-distrusted-when-overdue',
    file: 'lib/engine/election/election-requests.ts',
    changes: [
      {
        find: "effects: [{ kind: 'distrusted' }, ...resigned.effects]",
        replace: 'effects: resigned.effects',
      },
    ],
    wishes: {
      jobSets: 'update',
      faults: [],
      sure: [
        { kind: 'block-one', pod: 'pod-b', connection: 'runs', way: 'both', forMs: 40_000, atMs: 15_000 },
      ],
      fixed: { ...SHORT, pods: NEAR_PODS },
      job: EACH_SECOND,
    },
  },
  {
    name: 'distrusted-for-longer',
    file: 'lib/core/election/leader-preference.ts',
    changes: [{ find: 'export const DISTRUST_TTLS = 10;', replace: 'export const DISTRUST_TTLS = 100;' }],
    // It was asked to resign, and could run everything again soon after.
    wishes: {
      jobSets: 'update',
      faults: [],
      sure: [
        { kind: 'block-one', pod: 'pod-b', connection: 'runs', way: 'both', forMs: 12_000, atMs: 15_000 },
      ],
      fixed: { ...SHORT, quietAtMs: 30_000, endsAtMs: 90_000, pods: NEAR_PODS },
      job: EACH_SECOND,
    },
  },
  {
    name: 'change-of-jobs-not-counted',
    file: 'lib/adapters/redis/scripts/lease/candidacy.lua',
    changes: [{ find: 'if before ~= after or now', replace: 'if not before or now' }],
    // The set of a follower grows beyond that of the leader, and nothing else changes.
    wishes: {
      jobSets: 'update',
      faults: [],
      sure: [{ kind: 'job-stop', pod: 'pod-b', job: 'job-2', forMs: 20_000, atMs: 2000 }],
      fixed: { ...SHORT, pods: NEAR_PODS },
      job: EACH_SECOND,
    },
  },
  {
    name: 'job-set-with-its-own-digest-refused',
    file: 'lib/core/election/read-job-set.ts',
    changes: [{ find: 'store.digestOf(pages) === jobSet ?', replace: 'store.digestOf(pages) !== jobSet ?' }],
    wishes: { jobSets: 'update', faults: [], fixed: { ...SHORT, pods: NEAR_PODS }, job: EACH_SECOND },
  },
  {
    name: 'forged-page-accepted',
    file: 'lib/core/election/read-job-set.ts',
    changes: [
      {
        find: 'store.digestOf(pages) === jobSet ? parseJobSet(pages) : undefined',
        replace: 'parseJobSet(pages)',
      },
    ],
    // The page says that the pod with fewer jobs has more than the other one, which reads it when it has started anew.
    wishes: {
      jobSets: 'update',
      faults: [],
      sure: [
        { kind: 'forge-page', pod: 'pod-a', atMs: 15_000 },
        { kind: 'crash', pod: 'pod-b', machine: false, backAfterMs: 1000, atMs: 16_000 },
      ],
      fixed: { ...SHORT, pods: NEAR_PODS },
      job: EACH_SECOND,
    },
  },
  {
    name: 'candidate-read-once-is-enough',
    file: RULE,
    changes: [
      { find: 'return jobs.size === 0 || isRenewed(rival, first, now, times);', replace: 'return true;' },
    ],
    // It was away, and comes back.
    wishes: {
      jobSets: 'update',
      faults: [],
      sure: [{ kind: 'pause', pod: 'pod-b', forMs: 15_000, atMs: 5000 }],
      fixed: { ...LONG, quietAtMs: 40_000, endsAtMs: 70_000, pods: NEAR_PODS },
    },
  },
  {
    name: 'absence-noted-anew-with-each-reading',
    file: 'lib/adapters/redis/scripts/lease/acquire-lease.lua',
    changes: [
      {
        find: "  if not since then\n    redis.call('HSET', keys.term, 'missingSince', nowText)\n    redis.pcall('PUBLISH', args.events, 'holder-missing:' .. token)\n  end",
        replace: "  redis.call('HSET', keys.term, 'missingSince', nowText)",
      },
    ],
    wishes: {
      faults: [],
      sure: [{ kind: 'crash', pod: 'pod-a', machine: false, backAfterMs: undefined, atMs: 30_000 }],
      // They check at different moments.
      fixed: {
        ...LONG,
        pods: [...nearPods('pod-a', 'pod-b'), { ...nearPods('pod-c')[0], startsAtMs: 1000, delayMs: 60 }],
      },
      job: EACH_SECOND,
    },
  },
];
