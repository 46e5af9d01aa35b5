/**
 * Ways to break what only initial delays show.
 *
 * @type {readonly import('./mutants.mjs').Mutant[]}
 */
export const delayMutants = [
  {
    name: 'resigns-over-a-job-in-its-delay',
    file: 'lib/engine/schedule-engine.ts',
    changes: [{ find: 'return paced.every(', replace: 'return paced.some(' }],
    wishes: {
      jobWorld: 'delays',
      faults: ['crash', 'stop'],
      fixed: { ttlMs: 3000, intervalMs: 1000, redis: 'ordinary' },
      job: { cron: '* * * * * *', durationsMs: [0], initialDelayMs: 25_000 },
    },
  },
  {
    name: 'what-was-given-back-starts-in-the-delay',
    file: 'lib/engine/orphan-keeper.ts',
    changes: [{ find: 'const isDelayed = this.deps.isDelayed(job);', replace: 'const isDelayed = false;' }],
    wishes: { jobWorld: 'delays', faults: ['stop', 'crash'] },
  },
];
