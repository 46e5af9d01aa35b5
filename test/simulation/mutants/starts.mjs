/**
 * Ways to break the runs at the start of a version.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const startMutants = [
  {
    name: 'start-not-remembered',
    file: 'lib/adapters/redis/scripts/control/request-starts.lua',
    changes: [{ find: "redis.call('ZSCORE', start.starts, start.handle)", replace: 'nil' }],
    rule: 'a job runs once at the start of a version',
    wishes: { starts: 'rollout', faults: ['crash', 'stop', 'resign'] },
  },
  {
    name: 'start-of-the-other-version-forgotten',
    file: 'lib/adapters/redis/scripts/control/request-starts.lua',
    changes: [{ find: 'now - tonumber(start.keptMs)', replace: 'now' }],
    rule: 'a job runs once at the start of a version',
    wishes: { starts: 'rollout', faults: ['crash', 'stop', 'resign'] },
  },
  {
    name: 'start-of-another-version-taken',
    file: 'lib/engine/control/run-requests.ts',
    changes: [
      {
        find: 'return !isStartHandle(id) || id === startHandle(',
        replace: "return id !== '' || id === startHandle(",
      },
    ],
    rule: 'a run at the start of a version is of that version',
    wishes: { starts: 'rollout', faults: ['crash', 'stop', 'resign', 'pause-all'] },
  },
  {
    name: 'start-despite-a-pause',
    file: 'lib/adapters/redis/scripts/runs/claim-ticks.lua',
    changes: [{ find: 'if pausedMs > 0 then', replace: 'if pausedMs > lockMs * 1000 then' }],
    rule: 'nothing starts during a pause',
    wishes: { starts: 'rollout', faults: ['pause-all', 'job-pause', 'crash', 'stop'] },
  },
  {
    name: 'start-of-a-stopped-job-forgotten',
    file: 'lib/engine/term-duties.ts',
    changes: [
      {
        find: 'errors.inBackground(startRuns.settle(jobsOf(timers.active), token));\n    overrideSync',
        replace: 'void startRuns;\n    overrideSync',
      },
    ],
    rule: 'a leader requests the runs at the start of its version',
    wishes: { starts: 'rollout', faults: ['job-stop'], faultsForMs: 8000 },
  },
];
