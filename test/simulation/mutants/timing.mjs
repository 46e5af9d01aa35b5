import { NEAR_PODS } from './worlds.mjs';

/** @param {number} slow which of two pods has the long times */
const twoPods = slow =>
  NEAR_PODS.map((pod, index) => ({
    ...pod,
    startsAtMs: 1000 * index,
    ...(index === slow && { timing: { intervalMs: 6000, ttlMs: 20_000 } }),
  }));

/** The leader has a long ttl, and the pod that follows a short one. */
const LONG_AND_SHORT = {
  intervalMs: 1000,
  ttlMs: 3000,
  drainTimeoutMs: 20_000,
  redis: 'ordinary',
  fastTakeover: true,
  hasResigningListener: false,
  replicaLagsMs: [],
  isStrict: false,
  pods: twoPods(0),
};

/**
 * Ways to break what only pods with different times show.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const timingMutants = [
  {
    name: 'lock-clamped-to-the-ttl-of-the-caller',
    file: 'lib/adapters/redis/scripts/shared/run-lock.lua',
    changes: [{ find: 'local longest = lockOf(record, lockMs)', replace: 'local longest = lockMs' }],
    wishes: {
      faults: ['stop', 'crash'],
      fixed: LONG_AND_SHORT,
      job: {
        cron: '*/5 * * * * *',
        overlap: 'skip',
        durationsMs: [15_000],
        timeoutMs: undefined,
        jitterMs: 0,
      },
    },
  },
  {
    name: 'term-clamped-to-the-ttl-of-the-caller',
    file: 'lib/adapters/redis/scripts/lease/acquire-lease.lua',
    changes: [{ find: 'own <= LONGEST_TERM and math.max(ttl, own) or ttl', replace: 'ttl' }],
    wishes: { faults: ['delete-lease'], fixed: LONG_AND_SHORT },
  },
  {
    name: 'candidate-judged-by-the-interval-of-the-leader',
    file: 'lib/core/election/leader-preference.ts',
    changes: [
      {
        find: 'intervalMs: longerTime(times.intervalMs, intervalMs)',
        replace: 'intervalMs: times.intervalMs',
      },
    ],
    wishes: {
      jobSets: 'update',
      faults: [],
      fixed: {
        ...LONG_AND_SHORT,
        pods: twoPods(1),
        quietAtMs: 80_000,
        endsAtMs: 90_000,
      },
    },
  },
  {
    name: 'leader-resigns-after-its-own-ttl-alone',
    file: 'lib/core/election/leader-preference.ts',
    changes: [
      {
        find: 'const ttlMs = longerTime(times.ttlMs, rival.ttlMs);',
        replace: 'const { ttlMs } = times;',
      },
    ],
    wishes: { timings: 'mixed', jobSets: 'update', faults: ['pause', 'block'] },
  },
];
