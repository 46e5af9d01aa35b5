import { NEAR_PODS } from './worlds.mjs';

/** Pods that start together, near to Redis; nothing else happens than what a mutant needs. */
const QUIET = {
  intervalMs: 1000,
  ttlMs: 3000,
  quietAtMs: 30_000,
  endsAtMs: 70_000,
  drainTimeoutMs: 20_000,
  replicaLagsMs: [],
  isStrict: false,
  redis: 'ordinary',
  fastTakeover: true,
  hasResigningListener: false,
  pods: NEAR_PODS.map((pod, index) => ({ ...pod, startsAtMs: 100 * index })),
};
const BACK = { kind: 'redis-clock-step', byMs: -120_000, atMs: 20_000 };
const SCRIPTS = 'lib/adapters/redis/scripts';
const SIMPLE = { durationsMs: [0], jitterMs: 0, attempts: 1, timeoutMs: undefined, recover: false };
/** A job that has been opened and has not run yet: its watermark is the instant of that. */
const NOT_RUN_YET = {
  faults: [],
  sure: [BACK],
  fixed: QUIET,
  job: { ...SIMPLE, cron: '* * * * *', catchUp: 'latest', keep: 10_000 },
};

/**
 * Ways to break what only a step of Redis' clock shows.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const clockMutants = [
  {
    name: 'lease-outlives-its-ttl',
    file: `${SCRIPTS}/lease/acquire-lease.lua`,
    changes: [{ find: 'if longest > LONGEST_TERM or left <= longest + SLACK then', replace: 'if true then' }],
    wishes: {
      faults: [],
      // Before its next renewal.
      sure: [BACK, { kind: 'crash', pod: 'pod-a', machine: true, atMs: 20_000 }],
      fixed: { ...QUIET, fastTakeover: false },
    },
  },
  {
    name: 'watermark-in-the-future-kept',
    file: `${SCRIPTS}/shared/watermark.lua`,
    changes: [
      {
        find: 'if not value or hwm and hwm <= now + SLACK then',
        replace: 'if not value or hwm then',
      },
    ],
    wishes: NOT_RUN_YET,
  },
  {
    name: 'jobs-ahead-not-opened-anew',
    file: 'lib/engine/ticks/wake-ups.ts',
    changes: [
      { find: 'filter(({ job }) => schedulers.isAhead(job.name, token))', replace: 'filter(() => false)' },
    ],
    wishes: NOT_RUN_YET,
  },
  {
    name: 'end-of-a-run-moves-no-watermark',
    file: `${SCRIPTS}/shared/run-end.lua`,
    changes: [
      {
        find: 'elseif hwm and (whole(hwm) or math.huge) < tonumber(run.tick) then',
        replace: 'elseif false then',
      },
    ],
    wishes: {
      faults: [],
      sure: [BACK],
      fixed: QUIET,
      job: { ...SIMPLE, cron: '* * * * * *', durationsMs: [4000, 4500], overlap: 'allow', keep: 2 },
    },
  },
  {
    name: 'lock-in-the-future-ignored',
    file: `${SCRIPTS}/shared/slot.lua`,
    changes: [
      {
        find: "if record and (record.state == 'claimed' or record.state == 'queued') then",
        replace: 'if false then',
      },
    ],
    wishes: {
      faults: [],
      sure: [BACK, ...['job-1', 'job-2'].map(job => ({ kind: 'run-now', pod: 'pod-b', job, atMs: 24_000 }))],
      fixed: QUIET,
      job: { ...SIMPLE, cron: '*/5 * * * * *', durationsMs: [15_000], overlap: 'skip', obeysAbort: true },
    },
  },
  {
    name: 'step-of-the-clock-unnoticed',
    file: 'lib/engine/election/store-clock.ts',
    changes: [{ find: 'Math.abs(correctedMs) >= STEP_MS', replace: 'false' }],
    wishes: { faults: ['redis-clock-step'], fixed: QUIET },
  },
  {
    name: 'young-until-the-clock-has-caught-up',
    file: 'lib/engine/election/leadership-preference.ts',
    changes: [
      {
        find: 'return ledMs >= 0 ? since.getTime() :',
        replace: 'if (ledMs < Infinity) return since.getTime();\n    return ',
      },
    ],
    wishes: { faults: ['redis-clock-step', 'stop'], jobSets: 'nested', fixed: { redis: 'ordinary' } },
  },
];
