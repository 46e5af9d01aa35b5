/**
 * Ways to break what only other jobs show: intervals, and hundreds of them.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const jobMutants = [
  {
    name: 'interval-from-when-asked',
    file: 'lib/core/schedule/interval-schedule.ts',
    changes: [{ find: 'this.multipleUpTo(afterMs) + this.everyMs', replace: 'afterMs + this.everyMs' }],
    wishes: { jobWorld: 'intervals', faults: ['stop', 'crash'] },
  },
  {
    name: 'claims-of-second-call-first',
    file: 'lib/adapters/redis/in-chunks.ts',
    changes: [
      { find: '(await Promise.all(calls)).flat()', replace: '(await Promise.all(calls)).reverse().flat()' },
    ],
    wishes: { jobWorld: 'many', faults: ['stop', 'crash', 'job-pause'] },
  },
];
