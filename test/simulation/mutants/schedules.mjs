/**
 * Ways to break what only schedules that change show.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const scheduleMutants = [
  {
    name: 'changed-schedule-is-caught-up',
    file: 'lib/adapters/redis/scripts/runs/open-jobs.lua',
    changes: [{ find: 'if not hwm or known ~= item.schedule then', replace: 'if not hwm then' }],
    wishes: { schedules: 'update', faults: ['stop', 'crash'] },
  },
  {
    name: 'other-schedule-not-reported',
    file: 'lib/core/election/job-set-difference.ts',
    changes: [
      {
        find: 'missing.length + schedules.length + settings.length === 0',
        replace: 'missing.length + settings.length === 0',
      },
    ],
    wishes: { schedules: 'update', faults: ['stop', 'resign'] },
  },
  {
    name: 'jobs-opened-by-another-order',
    file: 'lib/adapters/redis/scripts/runs/open-jobs.lua',
    changes: [{ find: 'if override ~= item.followed then', replace: 'if false then' }],
    wishes: { faults: ['reschedule', 'stop', 'crash'] },
  },
  {
    name: 'leader-follows-no-order',
    file: 'lib/engine/term-duties.ts',
    changes: [
      {
        find: "signal.kind === 'rescheduled') this.deps.overrideSync.now();",
        replace: "signal.kind === 'rescheduled') return;",
      },
      {
        find: '    overrideSync.counted(overrides);',
        replace: '',
      },
    ],
    wishes: { faults: ['reschedule'] },
  },
  {
    name: 'order-followed-without-opening',
    file: 'lib/engine/ticks/job-position.ts',
    changes: [
      {
        find: 'this.token === token && this.activeSchedule.schedule.fingerprint === activeSchedule.schedule.fingerprint',
        replace: 'this.token === token',
      },
    ],
    wishes: { faults: ['reschedule'] },
  },
  {
    name: 'what-was-missed-outlives-its-schedule',
    file: 'lib/engine/ticks/takeover.ts',
    changes: [
      {
        find: '    if (this.closed.get(one.job)?.token === token) this.closed.delete(one.job);\n',
        replace: '',
      },
    ],
    // A pod that has just started waits with missed ticks, and the job is given a schedule and its own again.
    wishes: {
      faults: [],
      fixed: { pods: [{ name: 'pod-a', startsAtMs: 0, wallOffsetMs: 0, rate: 1, delayMs: 1 }] },
      job: { cron: '*/5 * * * * *' },
      sure: [
        { kind: 'stop', pod: 'pod-a', backAfterMs: 8000, atMs: 8000 },
        { kind: 'reschedule', pod: 'pod-a', job: 'job-1', cron: '1/5 * * * * *', atMs: 16_300 },
        { kind: 'reschedule', pod: 'pod-a', job: 'job-1', cron: null, atMs: 16_500 },
      ],
    },
  },
  {
    name: 'removed-job-keeps-its-ticks',
    file: 'lib/engine/scheduler.ts',
    changes: [{ find: '    schedulers.forget(job);\n    orphans', replace: '    orphans' }],
    // A tick waits for its moment when the job is removed.
    wishes: { faults: ['job-remove'], job: { jitterMs: 4000 } },
  },
  {
    name: 'created-job-does-not-begin',
    file: 'lib/engine/scheduler.ts',
    changes: [
      {
        find: '    if (!this.isStarted) return;\n    this.deps.timers.begin(job);',
        replace: '    if (!this.isStarted) return;',
      },
    ],
    wishes: { faults: ['job-remove'] },
  },
];
