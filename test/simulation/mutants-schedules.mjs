/**
 * Ways to break what only schedules that change show.
 *
 * @type {readonly import('./mutants.mjs').Mutant[]}
 */
export const scheduleMutants = [
  {
    name: 'changed-schedule-is-caught-up',
    file: 'lib/adapters/redis/scripts/open-jobs.lua',
    changes: [{ find: 'if not hwm or known ~= schedule then', replace: 'if not hwm then' }],
    wishes: { schedules: 'update', faults: ['stop', 'crash'] },
  },
  {
    name: 'other-schedule-not-reported',
    file: 'lib/core/job-set-difference.ts',
    changes: [
      {
        find: 'missing.length + schedules.length + settings.length === 0',
        replace: 'missing.length + settings.length === 0',
      },
    ],
    wishes: { schedules: 'update', faults: ['stop', 'resign'] },
  },
];
