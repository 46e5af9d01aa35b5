/**
 * Pods near to Redis, with right clocks, each of which starts half a second after the one before.
 *
 * @param {string[]} names
 */
export const nearPods = (...names) =>
  names.map((name, index) => ({
    name,
    startsAtMs: 500 * index,
    wallOffsetMs: 0,
    rate: 1,
    delayMs: 0.3,
  }));
export const NEAR_PODS = nearPods('pod-a', 'pod-b');
/** Pods far from Redis: what two of them ask at one moment arrives in any order. */
export const FAR_PODS = NEAR_PODS.map(pod => ({ ...pod, startsAtMs: 0, delayMs: 60 }));

/** The full plan of one job, as a scenario has it; the job runs each second. */
export const JOB_PLAN = {
  name: 'job-1',
  cron: '* * * * * *',
  durationsMs: [0, 50],
  overlap: 'allow',
  catchUp: 'all',
  catchUpWindowMs: 3_600_000,
  recover: false,
  attempts: 1,
  failureRate: 0,
  obeysAbort: true,
  keep: 10,
};
