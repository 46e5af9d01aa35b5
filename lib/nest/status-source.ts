import type { OwnStatus, StatusSource } from '../client/read-status.js';
import type { StoppedJob } from '../client/status.js';
import type { Assembled, CompositionRoot } from './composition-root.js';
import { askStores, partsOf } from './root-access.js';

/** The scheduler of this process, for its status. Throws `NotStartedError` before the application has initialized. */
export function statusSource(root: CompositionRoot): StatusSource {
  const parts = partsOf(root);
  const failOverMs = root.options?.timing.ttlMs ?? Infinity;
  return {
    jobs: root.jobs.jobs.map(({ name }) => name),
    ask: send => askStores(root, send),
    own: () => ownStatus(root, parts, failOverMs),
    overdueTick: (name, found, now) => {
      const job = root.jobs.find(name);
      return job && parts.engine.overdueTick(job, found, now, failOverMs);
    },
  };
}

function ownStatus(
  root: CompositionRoot,
  { elector, storeClock, executor, jobSets }: Assembled,
  failOverMs: number,
): OwnStatus {
  const { options, podId } = root;
  return {
    mode: options?.mode ?? 'redis',
    leaderKey: options?.mode === 'ram' ? '' : (options?.leaderKey ?? ''),
    podId,
    isLeader: elector.isLeader(),
    token: elector.currentTerm()?.token,
    leaseRemainingMs: elector.trustMs,
    clockAheadMs: storeClock.aheadMs,
    renewals: elector.renewals,
    runningHere: executor.running.length,
    stoppedJobs: stoppedJobs(root),
    difference: jobSets?.difference,
    leaderlessMs: elector.leaderlessMs,
    failOverMs,
  };
}

function stoppedJobs({ jobs, parts, podId }: CompositionRoot): StoppedJob[] {
  return jobs.jobs.flatMap(job => {
    const here = (parts?.engine.isStopped(job) ?? true) ? [podId] : [];
    const stoppedOn = [...here, ...(parts?.jobSets?.stoppedOn(job.name) ?? [])];
    return stoppedOn.length === 0 ? [] : [{ job: job.name, stoppedOn }];
  });
}
