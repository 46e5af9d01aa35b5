/** Runs that take long enough to be aborted. */
const LONG = {
  cron: '*/2 * * * * *',
  durationsMs: [5000],
  overlap: 'skip',
  timeoutMs: undefined,
  jitterMs: 0,
};

/**
 * Ways to break the abort of runs from outside.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const abortMutants = [
  {
    name: 'abort-notification-ignored',
    file: 'lib/engine/term-duties.ts',
    changes: [{ find: 'this.deps.executor.abort(signal.runId);', replace: 'return;' }],
    wishes: { faults: ['abort'], fixed: { redis: 'ordinary' }, job: LONG },
  },
  {
    name: 'abort-unseen-by-heartbeats',
    file: 'lib/engine/runs/lock-heartbeat.ts',
    changes: [{ find: "if (answer === 'aborted') kept.life.abort(abortedError());", replace: '' }],
    wishes: { faults: ['abort'], fixed: { redis: 'no-pubsub' }, job: LONG },
  },
  {
    name: 'abort-ends-all-runs',
    file: 'lib/engine/runs/run-executor.ts',
    changes: [
      { find: 'if (run.ref.runId === runId) life.abort', replace: 'if (run !== undefined) life.abort' },
    ],
    wishes: { faults: ['abort'], job: LONG },
  },
  {
    name: 'aborted-run-tried-again',
    file: 'lib/engine/runs/run-executor.ts',
    changes: [
      { find: 'result.isFinal || made', replace: 'made' },
      { find: 'if (isLast || life.aborted)', replace: 'if (isLast)' },
    ],
    wishes: { faults: ['abort'], job: { ...LONG, attempts: 3, obeysAbort: true } },
  },
  {
    name: 'aborted-run-goes-on-for-its-pod',
    file: 'lib/engine/runs/run-executor.ts',
    changes: [
      {
        find: 'this.atWork.add(name, -1);',
        replace: "if (ended.result.outcome !== 'aborted') this.atWork.add(name, -1);",
      },
    ],
    wishes: { faults: ['abort'], job: { ...LONG, obeysAbort: true } },
  },
  {
    name: 'aborted-run-recovered',
    file: 'lib/adapters/redis/scripts/runs/adopt-runs.lua',
    changes: [
      { find: " or redis.call('HEXISTS', run.runs, '!' .. record.runId) == 1 then", replace: ' then' },
    ],
    // The pod of the run crashes before it has ended.
    wishes: {
      faults: ['abort', 'crash'],
      job: { ...LONG, durationsMs: [15_000], obeysAbort: false, recover: true },
    },
  },
];
