const KEPT = { keptMs: 5000 };

/**
 * Ways to break the removal of what belongs to removed jobs.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const removalMutants = [
  {
    name: 'sweep-ignores-followers',
    file: 'lib/engine/control/job-sweeper.ts',
    changes: [{ find: 'others.has(name) || ', replace: '' }],
    wishes: { jobSets: 'rivals', faults: ['stop', 'resign'], fixed: KEPT },
  },
  {
    name: 'sweep-ignores-own-jobs',
    file: 'lib/engine/control/job-sweeper.ts',
    changes: [{ find: ' || jobs.find(name) !== undefined', replace: '' }],
    // A job that is stopped on the leader does not tick, and is not removed.
    wishes: { jobSets: 'rivals', faults: ['job-stop', 'stop'], fixed: KEPT, job: { cron: '0 0 1 1 *' } },
  },
  {
    name: 'removed-jobs-stay',
    file: 'lib/engine/term-duties.ts',
    changes: [{ find: 'if (jobs > timers.active.length)', replace: 'if (jobs < 0)' }],
    wishes: { jobSets: 'update', faults: ['stop', 'resign'], fixed: KEPT },
  },
];
