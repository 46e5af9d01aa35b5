/*
 * Points at which the engine may wait a turn longer: no rule may depend on "in the same turn". Each is a mutant that no
 * seed may catch. `npm run simulate -- --await NAME|all --seeds 300`.
 */

/** A turn of the event loop: everything that is due is handled first. */
const TURN = 'await new Promise<void>(resolve => this.deps.clock.immediate(resolve));';

const SCHEDULER = 'lib/engine/ticks/job-scheduler.ts';
const WAITS = 'lib/engine/ticks/tick-waits.ts';
const BATCH = 'lib/engine/batched-call.ts';
const EXECUTOR = 'lib/engine/runs/run-executor.ts';

/** @type {readonly import('./mutants/index.mjs').Mutant[]} */
export const addedAwaits = [
  {
    name: 'before-an-event-of-a-job-is-handled',
    file: SCHEDULER,
    changes: [
      {
        find: '    for (let next = this.inbox.shift(); next !== undefined; next = this.inbox.shift()) {\n      try {',
        replace: `    void this.handleAll();\n  }\n\n  private async handleAll(): Promise<void> {\n    ${TURN}\n    for (let next = this.inbox.shift(); next !== undefined; next = this.inbox.shift()) {\n      try {`,
      },
    ],
  },
  {
    name: 'between-two-events-of-a-job',
    file: SCHEDULER,
    changes: [
      {
        find: '    for (let next = this.inbox.shift(); next !== undefined; next = this.inbox.shift()) {\n      try {',
        replace:
          '    void this.handleAll();\n  }\n\n  private async handleAll(): Promise<void> {\n    for (let next = this.inbox.shift(); next !== undefined; await Promise.resolve(), next = this.inbox.shift()) {\n      try {',
      },
    ],
  },
  {
    name: 'before-a-run-starts',
    file: EXECUTOR,
    changes: [
      {
        find: '    const { name } = run.job;',
        replace: `    ${TURN}\n    const { name } = run.job;`,
      },
    ],
  },
  {
    name: 'before-the-end-of-a-run-is-posted',
    file: EXECUTOR,
    changes: [
      {
        find: "    owner.post({ kind: 'ended', tick });",
        replace: `    ${TURN}\n    owner.post({ kind: 'ended', tick });`,
      },
    ],
  },
  {
    name: 'before-claims-are-answered',
    file: BATCH,
    changes: [
      {
        find: '    // The call that has waited',
        replace: `    ${TURN}\n    // The call that has waited`,
      },
    ],
  },
  {
    name: 'before-claims-are-sent',
    file: BATCH,
    changes: [
      {
        find: '    const askedAt',
        replace: `    ${TURN}\n    const askedAt`,
      },
    ],
  },
  {
    name: 'before-a-queued-tick-is-claimed-again',
    file: WAITS,
    changes: [
      {
        find: '    await this.deps.settleOrphans(tick.token);',
        replace:
          '    await this.deps.settleOrphans(tick.token);\n    await Promise.resolve();\n    await Promise.resolve();',
      },
    ],
  },
  {
    name: 'before-a-refused-tick-is-released',
    file: WAITS,
    changes: [
      {
        find: '    await this.deps.claims.retryMoment();',
        replace:
          '    await this.deps.claims.retryMoment();\n    await Promise.resolve();\n    await Promise.resolve();',
      },
    ],
  },
  {
    name: 'before-a-blocked-job-resumes',
    file: 'lib/engine/ticks/job-position.ts',
    changes: [
      {
        find: '    await this.deps.settleOrphans(this.token);',
        replace: `    await this.deps.settleOrphans(this.token);\n    ${TURN}`,
      },
    ],
  },
  {
    name: 'before-the-attempts-of-a-run',
    file: EXECUTOR,
    changes: [
      {
        find: '    const made = await this.attempts(run, life.signal);',
        replace: `    ${TURN}\n    const made = await this.attempts(run, life.signal);`,
      },
    ],
  },
  {
    name: 'before-the-end-of-a-run-is-recorded',
    file: EXECUTOR,
    changes: [
      {
        find: '    await this.record(run, ended);',
        replace: `    ${TURN}\n    await this.record(run, ended);`,
      },
    ],
  },
  {
    name: 'before-jobs-are-placed',
    file: 'lib/engine/ticks/takeover.ts',
    changes: [
      {
        find: '    for (const [index, { job, activeSchedule: asked, override }] of page.entries()) {',
        replace: `    ${TURN}\n    for (const [index, { job, activeSchedule: asked, override }] of page.entries()) {`,
      },
    ],
  },
];
