import { NEAR_PODS } from './worlds.mjs';

/**
 * Ways to break what only initial delays, and manual starts, show.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const delayMutants = [
  {
    name: 'resigns-over-a-job-in-its-delay',
    file: 'lib/engine/term-duties.ts',
    changes: [{ find: 'timers.activeAs(name).every(', replace: 'timers.activeAs(name).some(' }],
    wishes: {
      jobWorld: 'delays',
      faults: ['crash', 'stop'],
      fixed: { ttlMs: 3000, intervalMs: 1000, redis: 'ordinary' },
      job: { cron: '* * * * * *', durationsMs: [0], initialDelayMs: 25_000 },
    },
  },
  {
    name: 'what-was-given-back-starts-in-the-delay',
    file: 'lib/engine/runs/orphan-recovery.ts',
    changes: [
      { find: 'const isDelayed = this.deps.timers.isDelayed(job);', replace: 'const isDelayed = false;' },
    ],
    wishes: { jobWorld: 'delays', faults: ['stop', 'crash'] },
  },
  {
    name: 'resigns-over-a-tick-from-before-a-start',
    file: 'lib/engine/term-duties.ts',
    changes: [{ find: 'return startedAt !== -Infinity && ', replace: 'return startedAt > Infinity && ' }],
    wishes: {
      faults: [],
      // The leader, whose events the other one does not receive: it excuses no tick.
      sure: [{ kind: 'job-stop', pod: 'pod-a', job: 'job-1', atMs: 19_500, forMs: 1000 }],
      fixed: {
        ttlMs: 3000,
        intervalMs: 1000,
        redis: 'ordinary',
        hasResigningListener: false,
        pods: NEAR_PODS.map(pod => ({ ...pod, publishes: false })),
      },
      job: { cron: '20 * * * * *', durationsMs: [0], jitterMs: 0 },
    },
  },
];
