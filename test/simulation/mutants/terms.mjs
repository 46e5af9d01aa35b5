const TERMS = { jobWorld: 'terms', faults: ['stop', 'crash'], fixed: { hasResigningListener: false } };

/**
 * Ways to break jobs that tick once a term.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const termMutants = [
  {
    name: 'term-tick-forgets-its-delay',
    file: 'lib/core/schedule/term-schedule.ts',
    changes: [{ find: 'this.since + this.delayMs', replace: 'this.since + 1 + this.delayMs' }],
    wishes: TERMS,
  },
  {
    name: 'tick-of-first-moment-lost',
    file: 'lib/engine/ticks/takeover.ts',
    changes: [{ find: 'from: since && since - 1', replace: 'from: since && undefined' }],
    wishes: { ...TERMS, job: { cron: '@timeout 0ms', jitterMs: 0 } },
  },
  {
    name: 'term-tick-is-missed-when-opened',
    file: 'lib/engine/ticks/takeover.ts',
    changes: [{ find: 'now: isOfTerm ? watermark : now', replace: 'now' }],
    wishes: { ...TERMS, job: { cron: '@timeout 0ms', jitterMs: 0, catchUp: 'skip' } },
  },
];
