import type { OwnStatus, StatusSource } from '../client/read-status.js';
import type { StoppedJob } from '../client/status.js';
import type { Assembled, ScheduleRuntime } from './composition-root.js';
import { askStores, partsOf } from './runtime-access.js';

/** The scheduler of this process, for its status. Throws `NotStartedError` before the application has initialized. */
export function statusSource(runtime: ScheduleRuntime): StatusSource {
  const parts = partsOf(runtime);
  const failOverMs = runtime.options?.timing.ttlMs ?? Infinity;
  return {
    jobs: runtime.jobs.jobs.map(({ name }) => name),
    ask: send => askStores(runtime, send),
    own: () => ownStatus(runtime, parts, failOverMs),
    overdueTick: (name, mark, now) => {
      const job = runtime.jobs.find(name);
      return job && parts.engine.overdueTick(job, mark, now, failOverMs);
    },
  };
}

function ownStatus(
  runtime: ScheduleRuntime,
  { elector, executor, jobSets }: Assembled,
  failOverMs: number,
): OwnStatus {
  const { options, candidateId } = runtime;
  return {
    mode: options?.mode ?? 'redis',
    leaderKey: options?.mode === 'ram' ? '' : (options?.leaderKey ?? ''),
    candidateId,
    isLeader: elector.isLeader(),
    token: elector.currentTerm()?.token,
    leaseRemainingMs: elector.trustMs,
    clockAheadMs: elector.clockAheadMs,
    renewals: elector.renewals,
    runningHere: executor.running.length,
    stoppedJobs: stoppedJobs(runtime),
    difference: jobSets?.difference,
    leaderlessMs: elector.leaderlessMs,
    failOverMs,
  };
}

function stoppedJobs({ jobs, parts, candidateId }: ScheduleRuntime): StoppedJob[] {
  return jobs.jobs.flatMap(job => {
    const here = (parts?.engine.isStopped(job) ?? true) ? [candidateId] : [];
    const stoppedOn = [...here, ...(parts?.jobSets?.stoppedOn(job.name) ?? [])];
    return stoppedOn.length === 0 ? [] : [{ job: job.name, stoppedOn }];
  });
}
