import { FAR_PODS } from './worlds.mjs';

/**
 * Ways to break runs: their locks, their ends, and the adoption of orphans.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const runMutants = [
  {
    name: 'drain-without-run-locks',
    file: 'lib/engine/runs/run-executor.ts',
    changes: [
      {
        find: '    this.isClosing = true;',
        replace:
          '    this.isClosing = true;\n    for (const run of this.running) this.deps.heartbeat.forget(run.ref.runId);',
      },
    ],
    wishes: { faults: ['stop'], fixed: { drainTimeoutMs: 20_000, ttlMs: 3000, intervalMs: 1000 } },
  },
  {
    name: 'run-locks-never-kept',
    file: 'lib/engine/runs/lock-heartbeat.ts',
    changes: [{ find: 'if (this.kept.size === 1 && !this.isBeating)', replace: 'if (this.kept.size === 0)' }],
    wishes: {
      fixed: { ttlMs: 3000, intervalMs: 1000 },
      job: { durationsMs: [7000], cron: '*/5 * * * * *', timeoutMs: undefined },
    },
  },
  {
    name: 'lost-run-lock-unheeded',
    file: 'lib/engine/runs/lock-heartbeat.ts',
    changes: [{ find: 'life.abort(lockLostError())', replace: 'void lockLostError()' }],
    wishes: { faults: ['block', 'delay', 'cut'] },
  },
  {
    name: 'finish-of-a-stale-run',
    file: 'lib/adapters/redis/scripts/runs/finish-runs.lua',
    changes: [
      {
        find: "if not record or record.state ~= 'claimed' or record.runId ~= run.runId then",
        replace: 'if not record then',
      },
    ],
    wishes: { faults: ['pause', 'suspend', 'block'], fixed: { ttlMs: 3000, intervalMs: 1000 } },
  },
  {
    name: 'orphans-left',
    file: 'lib/engine/runs/orphan-recovery.ts',
    changes: [{ find: 'liveMs <= 0 || isOverlong;', replace: 'liveMs < 0 || isOverlong;' }],
    wishes: { faults: ['crash'] },
  },
  {
    name: 'abandoned-run-not-reported',
    file: 'lib/engine/runs/orphan-adopter.ts',
    changes: [
      {
        find: "      events.emit({ type: 'job.abandoned', job, tick: new Date(tick), runId, ...counts.next(job) });\n",
        replace: '      void [events, tick, runId, counts];\n',
      },
    ],
    wishes: { faults: ['crash'], job: { recover: false, durationsMs: [2500, 7000] } },
  },
  {
    name: 'abandoned-run-reported-again',
    file: 'lib/engine/runs/orphan-adopter.ts',
    changes: [
      {
        find: "      events.emit({ type: 'job.abandoned', job, tick: new Date(tick), runId, ...counts.next(job) });\n",
        replace:
          "      for (const _ of [1, 2]) events.emit({ type: 'job.abandoned', job, tick: new Date(tick), runId, ...counts.next(job) });\n",
      },
    ],
    wishes: { faults: ['crash'], job: { recover: false, durationsMs: [2500, 7000] } },
  },
  {
    name: 'history-never-trimmed',
    file: 'lib/adapters/redis/scripts/shared/run-end.lua',
    changes: [{ find: '  trim(run)\n', replace: '' }],
    wishes: { job: { keep: 2 } },
  },
  {
    name: 'loser-of-a-lock-not-notified',
    file: 'lib/adapters/redis/scripts/runs/claim-ticks.lua',
    changes: [{ find: '    dispossess(claim.unfinished, claim.lapsed)\n', replace: '' }],
    wishes: {
      faults: ['pause', 'suspend', 'block'],
      fixed: { ttlMs: 3000, intervalMs: 1000, pods: FAR_PODS, isStrict: false },
      job: {
        cron: '* * * * * *',
        overlap: 'skip',
        durationsMs: [15_000],
        obeysAbort: false,
        recover: false,
        timeoutMs: undefined,
        jitterMs: 0,
      },
    },
  },
  {
    name: 'heartbeat-revives-a-dispossessed-run',
    file: 'lib/adapters/redis/scripts/runs/heartbeat-runs.lua',
    changes: [{ find: 'if not score or tonumber(score) < 0 or', replace: 'if not score or' }],
    wishes: {
      faults: ['pause', 'suspend', 'block'],
      fixed: { ttlMs: 3000, intervalMs: 1000, pods: FAR_PODS, isStrict: false },
      job: {
        cron: '* * * * * *',
        overlap: 'skip',
        durationsMs: [15_000],
        obeysAbort: false,
        recover: false,
        timeoutMs: undefined,
        jitterMs: 0,
      },
    },
  },
  {
    name: 'live-run-adopted',
    isRare: true,
    file: 'lib/adapters/redis/scripts/runs/adopt-runs.lua',
    changes: [{ find: '  if score > now then', replace: '  if false then' }],
    // Its pod comes back between the check and the call.
    wishes: {
      faults: ['delay', 'pause', 'suspend'],
      fixed: { ttlMs: 3000, intervalMs: 1000, pods: FAR_PODS },
      job: { durationsMs: [15_000], obeysAbort: false, cron: '*/5 * * * * *' },
    },
  },
  {
    name: 'duration-of-a-run-in-fractions',
    file: 'lib/engine/runs/run-executor.ts',
    changes: [
      {
        find: 'const durationMs = Math.round(elapsedMs(began, clock.now()));',
        replace: 'const durationMs = elapsedMs(began, clock.now());',
      },
    ],
    rule: 'durations of events are whole milliseconds',
  },
];
