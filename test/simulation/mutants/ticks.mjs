/**
 * Ways to break ticks: by which clock they come, and which missed ones are caught up.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const tickMutants = [
  {
    name: 'nothing-caught-up',
    file: 'lib/core/tick/catch-up-plan.ts',
    changes: [
      { find: "const run = catchUp === 'skip' ? [] :", replace: 'const run = catchUp !== undefined ? [] :' },
    ],
    wishes: {
      faults: ['crash', 'redis-pause'],
      job: { catchUp: 'all', catchUpWindowMs: 3_600_000, keep: 10_000 },
    },
  },
  {
    name: 'latest-catches-up-nothing',
    file: 'lib/core/tick/catch-up-plan.ts',
    changes: [
      { find: "catchUp === 'all' ? MAX_CAUGHT_UP : 1", replace: "catchUp === 'all' ? MAX_CAUGHT_UP : 0" },
    ],
    wishes: { faults: ['crash', 'redis-pause'], job: { catchUp: 'latest', catchUpWindowMs: 3_600_000 } },
  },
  {
    name: 'latest-makes-up-two',
    file: 'lib/core/tick/catch-up-plan.ts',
    changes: [
      { find: "catchUp === 'all' ? MAX_CAUGHT_UP : 1", replace: "catchUp === 'all' ? MAX_CAUGHT_UP : 2" },
    ],
    wishes: {
      faults: ['crash', 'stop', 'pause'],
      job: { catchUp: 'latest', cron: '*/2 * * * * *', jitterMs: 0 },
    },
  },
  {
    name: 'a-young-pod-makes-up-the-past',
    file: 'lib/engine/ticks/catch-up-gate.ts',
    changes: [{ find: 'this.isPassed = afterMs <= 0;', replace: 'this.isPassed = afterMs >= 0;' }],
    wishes: { faults: ['crash', 'stop'] },
  },
  {
    name: 'ticks-by-the-wall-clock-of-the-pod',
    file: 'lib/engine/election/store-clock.ts',
    changes: [
      {
        find: 'return Math.floor(this.known === undefined ? now.wallMs : estimateAt(this.known, now));',
        replace: 'return Math.floor(now.wallMs);',
      },
    ],
    wishes: { fixed: { isStrict: false }, job: { cron: '* * * * * *', durationsMs: [0], overlap: 'allow' } },
  },
  {
    name: 'timers-not-set-anew-by-the-clock-of-the-store',
    file: 'lib/engine/clock-corrections.ts',
    changes: [{ find: 'storeClock.watch(() => this.realign());', replace: '' }],
    wishes: { faults: ['wall-jump', 'drift'], job: { durationsMs: [0], overlap: 'allow' } },
  },
];
