const RULE = 'lib/core/leader-preference.ts';
const SHORT = { intervalMs: 1000, ttlMs: 3000 };

/**
 * Ways to break the preference for the pod with more jobs: one for each condition of the rule.
 *
 * @type {readonly import('./mutants.mjs').Mutant[]}
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
    file: 'lib/core/job-set.ts',
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
    wishes: { jobSets: 'update', faults: ['stop'] },
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
    changes: [{ find: 'if (now - leader.termSince < longestWait(leader)) return false;', replace: '' }],
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
    file: 'lib/adapters/redis/scripts/candidate-notes.lua',
    changes: [{ find: 'changes > 1e12', replace: 'changes > 0' }],
    wishes: { jobSets: 'update', faults: ['redis-restart', 'stop'], fixed: { replicaLagsMs: [] } },
  },
];
