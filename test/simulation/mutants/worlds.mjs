/** Pods far from Redis: what two of them ask at one moment arrives in any order. */
export const FAR_PODS = ['pod-a', 'pod-b'].map(name => ({
  name,
  startsAtMs: 0,
  wallOffsetMs: 0,
  rate: 1,
  delayMs: 60,
}));
/** Pods near to Redis, the second of which starts later. */
export const NEAR_PODS = FAR_PODS.map((pod, index) => ({ ...pod, startsAtMs: 500 * index, delayMs: 0.3 }));

/** The full plan of one job, as a scenario has it: the job runs each second. */
export const EACH_SECOND = {
  name: 'job-1',
  cron: '* * * * * *',
  durationsMs: [0, 50],
  overlap: 'allow',
  catchUp: 'all',
  catchUpWindowMs: 3_600_000,
  recover: false,
  attempts: 1,
  failureRate: 0,
  heedsAbort: true,
  keep: 10,
};
