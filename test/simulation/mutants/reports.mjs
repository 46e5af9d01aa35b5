import { JOB_PLAN, NEAR_PODS } from './worlds.mjs';

const SHORT = {
  intervalMs: 1000,
  ttlMs: 3000,
  redis: 'ordinary',
  hasResigningListener: false,
  isStrict: false,
  replicaLagsMs: [],
  quietAtMs: 60_000,
  endsAtMs: 90_000,
  pods: NEAR_PODS,
};
const EACH_SECOND = { cron: '* * * * * *', durationsMs: [0], overlap: 'allow', jitterMs: 0 };
const STUCK = {
  faults: [],
  sure: [{ kind: 'block-one', pod: 'pod-a', connection: 'runs', way: 'both', forMs: 30_000, atMs: 20_000 }],
  fixed: SHORT,
  job: EACH_SECOND,
};
const HELD = {
  faults: [],
  sure: [{ kind: 'hold-lease', forMs: 25_000, atMs: 25_000 }],
  fixed: SHORT,
};
const HELD_LIKE_OURS = {
  faults: [],
  sure: [{ kind: 'hold-lease', isLikeOurs: true, forMs: 25_000, atMs: 25_000 }],
  fixed: SHORT,
};
/** Redis has lost by which schedule a job goes when its leader can run nothing any more. */
const STUCK_WITHOUT_SCHEDULE = {
  faults: [],
  sure: [
    { kind: 'tamper', key: 'job', field: 'schedule', job: 'job-1', value: '', atMs: 18_000 },
    { kind: 'block-one', pod: 'pod-a', connection: 'runs', way: 'both', forMs: 40_000, atMs: 20_000 },
  ],
  schedules: 'none',
  fixed: {
    ...SHORT,
    // No other job makes the leader resign.
    jobs: [{ ...JOB_PLAN, ...EACH_SECOND }],
  },
};
/** Jobs that are due together are claimed together. */
const BAD_KEY = {
  faults: [],
  sure: [{ kind: 'tamper', key: 'runs', job: 'job-1', type: 'string', atMs: 20_000 }],
  fixed: SHORT,
  job: EACH_SECOND,
};

/**
 * Ways to keep silence from being reported, or to report what is none.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const reportMutants = [
  {
    name: 'overdue-not-reported',
    file: 'lib/engine/election/zombie-guard.ts',
    changes: [
      {
        find: "this.deps.events.emit({ type: 'job.overdue', ...facts, isResignationRequested, ordinal });",
        replace: 'void facts;',
      },
    ],
    wishes: STUCK,
  },
  {
    name: 'lost-schedule-hides-silence',
    file: 'lib/engine/election/zombie-guard.ts',
    changes: [
      {
        find: "found.schedule === '' ? jobSets?.scheduleOn(this.holder, name) : found.schedule;",
        replace: 'jobSets === undefined && name === undefined ? name : found.schedule;',
      },
    ],
    wishes: STUCK_WITHOUT_SCHEDULE,
  },
  {
    name: 'overdue-reported-too-early',
    file: 'lib/core/tick/overdue.ts',
    changes: [
      {
        find: 'return ttlMs + SLACK_MS + jitterMs;',
        replace: 'return ttlMs + jitterMs;',
      },
    ],
    wishes: STUCK,
  },
  {
    name: 'key-set-by-hand-taken-for-a-leader',
    file: 'lib/engine/election/election-answers.ts',
    changes: [{ find: 'token !== 0 ? now : state.facts.leaderSeenAt', replace: 'now' }],
    wishes: HELD,
  },
  {
    name: 'key-set-by-hand-that-reads-like-ours-taken-for-a-leader',
    file: 'lib/adapters/redis/scripts/lease/acquire-lease.lua',
    changes: [{ find: "isManual and '0' or token", replace: "token or '0'" }],
    wishes: HELD_LIKE_OURS,
  },
  {
    name: 'followed-leader-not-seen',
    file: 'lib/engine/election/election-answers.ts',
    changes: [{ find: 'token !== 0 ? now : state.facts', replace: 'token === 0 ? now : state.facts' }],
    wishes: { faults: [], fixed: SHORT },
  },
  {
    name: 'bad-value-of-one-job-stops-others',
    file: 'lib/adapters/redis/scripts/runs/claim-ticks.lua',
    changes: [
      {
        find: 'local isDecided, answer = pcall(answerTo, ',
        replace: 'local isDecided, answer = true, answerTo(',
      },
    ],
    wishes: BAD_KEY,
  },
  {
    name: 'bad-key-of-one-job-costs-the-term',
    file: 'lib/engine/ticks/job-schedulers.ts',
    changes: [{ find: ' || this.isRefused(scheduler);', replace: ';' }],
    wishes: BAD_KEY,
  },
  {
    name: 'end-refused-for-a-bad-key-costs-the-term',
    file: 'lib/engine/term-duties.ts',
    changes: [{ find: 'executor.isRefused(name) || ', replace: '' }],
    wishes: {
      ...BAD_KEY,
      job: { ...EACH_SECOND, durationsMs: [2500], overlap: 'skip', timeoutMs: undefined },
    },
  },
];
