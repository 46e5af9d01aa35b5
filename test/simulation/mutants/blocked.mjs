/**
 * Ways to break a job that a run of another pod blocks: when it asks again.
 *
 * @type {readonly import('./index.mjs').Mutant[]}
 */
export const blockedMutants = [
  {
    name: 'end-of-a-blocking-run-not-notified',
    file: 'lib/adapters/redis/scripts/shared/lock-release.lua',
    changes: [{ find: "redis.pcall('PUBLISH', channel, 'run-ended:'", replace: "text(now, 'run-ended:'" }],
    wishes: {
      faults: ['stop'],
      fixed: {
        intervalMs: 3000,
        ttlMs: 10_000,
        redis: 'ordinary',
        drainTimeoutMs: 20_000,
        pods: [
          { name: 'pod-a', startsAtMs: 0, wallOffsetMs: 0, rate: 1, delayMs: 0.3 },
          { name: 'pod-b', startsAtMs: 100, wallOffsetMs: 0, rate: 1, delayMs: 0.3 },
          { name: 'pod-c', startsAtMs: 200, wallOffsetMs: 0, rate: 1, delayMs: 0.3 },
        ],
      },
      job: {
        cron: '* * * * * *',
        overlap: 'skip',
        durationsMs: [15_000],
        timeoutMs: undefined,
        failureRate: 0,
        jitterMs: 0,
      },
    },
  },
  {
    name: 'blocked-sleeps-for-the-whole-lock',
    file: 'lib/engine/ticks/job-position.ts',
    changes: [
      {
        find: 'const pollMs = Math.min(waitMs, timing.intervalMs);',
        replace: 'const pollMs = waitMs + 0 * timing.intervalMs;',
      },
    ],
    wishes: {
      faults: ['stop'],
      fixed: {
        intervalMs: 3000,
        ttlMs: 10_000,
        redis: 'no-pubsub',
        drainTimeoutMs: 20_000,
        pods: [
          { name: 'pod-a', startsAtMs: 0, wallOffsetMs: 0, rate: 1, delayMs: 0.3 },
          { name: 'pod-b', startsAtMs: 100, wallOffsetMs: 0, rate: 1, delayMs: 0.3 },
          { name: 'pod-c', startsAtMs: 200, wallOffsetMs: 0, rate: 1, delayMs: 0.3 },
        ],
      },
      job: {
        cron: '* * * * * *',
        overlap: 'skip',
        durationsMs: [15_000],
        timeoutMs: undefined,
        failureRate: 0,
        jitterMs: 0,
      },
    },
  },
  {
    name: 'blocked-waits-three-times-as-long',
    file: 'lib/engine/ticks/job-position.ts',
    changes: [
      {
        find: 'const pollMs = Math.min(waitMs, timing.intervalMs);',
        replace: 'const pollMs = 3 * Math.min(waitMs, timing.intervalMs);',
      },
    ],
    // No pod is notified: a blocked job asks again by itself.
    wishes: {
      faults: ['stop'],
      fixed: {
        redis: 'no-pubsub',
        replicaLagsMs: [],
        isStrict: false,
        drainTimeoutMs: 20_000,
        ttlMs: 10_000,
      },
      job: { overlap: 'skip', cron: '* * * * * *', durationsMs: [2500, 7000], jitterMs: 0, recover: false },
    },
  },
];
