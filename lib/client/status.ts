import { errorFacts } from '../core/errors/error-facts.js';
import type { JobStates, Pod } from '../ports/control-store.js';
import type { LeaseView } from '../ports/lease-store.js';
import type { PageListener } from '../ports/pages.js';
import type { Job } from '../core/job/job.js';
import { isBehind, SLACK_MS } from '../core/tick/overdue.js';
import { isUnknown } from '../engine/store-call.js';
import type { FoundDifference } from '../core/election/job-set-difference.js';
import type { RenewalCounts } from '../core/election/renewal-counts.js';
import { partsOf } from '../nest/runtime-access.js';
import { differenceText } from '../core/election/difference-text.js';
import type { Stores } from '../ports/stores.js';
import type { ScheduleRuntime } from '../nest/composition-root.js';
import { toPauseInfo, type PauseInfo } from './control.js';

/** How the scheduler is, as one pod sees it. */
export interface ScheduleStatus {
  readonly mode: 'redis' | 'ram';
  /** Empty in RAM mode. */
  readonly leaderKey: string;
  /** Identity of this pod among the candidates. */
  readonly candidateId: string;
  readonly isLeader: boolean;
  /** Of the term in which this pod leads. */
  readonly token: number | undefined;
  /** How much longer this pod trusts its lease unless it is renewed, ms; 0 when it does not lead. */
  readonly leaseRemainingMs: number;
  /** How far the clock of this pod is ahead of that of Redis, ms; `undefined`: not known yet. */
  readonly clockAheadMs: number | undefined;
  /** Whether Redis answers; what follows is empty where it does not. */
  readonly isStoreAvailable: boolean;
  /** Why it does not, without credentials. */
  readonly storeError: string | undefined;
  /** Who leads; `undefined`: nobody, or it is not known. */
  readonly leader: StatusLeader | undefined;
  /**
   * Whether nobody leads though Redis answers, for longer than any fail-over takes: a `leader.ttl` and 5 s. The lease key
   * was set by hand, or Redis refuses to write.
   */
  readonly isStuck: boolean;
  /** How the renewals of this pod have been answered since it started. */
  readonly renewals: RenewalCounts;
  /** The pods that compete, the oldest first. */
  readonly pods: readonly PodInfo[];
  /** Of all jobs. */
  readonly pause: PauseInfo | undefined;
  /** Runs under way on this pod. */
  readonly runningHere: number;
  /** The jobs that this pod has. */
  readonly jobs: number;
  /** Jobs whose last tick should have been decided long since. */
  readonly overdue: readonly OverdueJob[];
  /**
   * How the jobs of this pod differ from those of the leader, so that some do not run, or not as they should; `undefined`:
   * they do not. That the leader has more jobs is no difference.
   */
  readonly jobDifference: JobDifference | undefined;
  /** Jobs of this pod that do not tick on some pod: they are disabled there, or were stopped. */
  readonly stoppedJobs: readonly StoppedJob[];
}

/** A job that does not tick everywhere. */
export interface StoppedJob {
  readonly job: string;
  /** The pods on which it does not tick, as far as this pod knows; this one, if it is among them, first. */
  readonly stoppedOn: readonly string[];
}

/** A difference, in words and in names: see the event `jobs.different`. */
export interface JobDifference extends FoundDifference {
  /** What differs, and what to do about it. */
  readonly message: string;
}

/** The pod that holds the lease. */
export interface StatusLeader {
  readonly candidateId: string;
  /** 0: the key was set by hand, and nobody runs jobs. */
  readonly token: number;
  /** Of the lease, ms; `Infinity` where it does not expire. */
  readonly remainingMs: number;
}

/** A pod that competes. Instants by the clock of Redis. */
export interface PodInfo {
  readonly candidateId: string;
  readonly isLeader: boolean;
  readonly since: Date;
  /** With its last attempt or renewal, which comes at each `leader.interval`. */
  readonly lastSeen: Date;
  /** Of the application; empty where there is none. */
  readonly version: string;
  /** How far its clock is ahead of that of Redis, ms; `undefined`: not known yet. */
  readonly clockAheadMs: number | undefined;
}

/** A job that nobody runs. */
export interface OverdueJob {
  readonly job: string;
  /** The tick that should have been decided. */
  readonly tick: Date;
  /** The newest tick that was. */
  readonly mark: Date;
}

/** What the stores say at one moment. */
interface Seen {
  readonly lease: LeaseView;
  readonly pods: readonly Pod[];
  readonly states: JobStates;
}

/** Reads how the scheduler is. Rejects with `NotStartedError` only. */
export async function readStatus(runtime: ScheduleRuntime): Promise<ScheduleStatus> {
  const { asker, stores, elector, executor } = partsOf(runtime);
  const names = runtime.jobs.jobs.map(({ name }) => name);
  const seen = await asker.ask(async (signal, onPage) => {
    await stores.ready(signal);
    return look(stores, names, signal, onPage);
  });
  const answer = isUnknown(seen) ? undefined : seen;
  return {
    mode: runtime.options?.mode ?? 'redis',
    leaderKey: runtime.options?.mode === 'ram' ? '' : (runtime.options?.leaderKey ?? ''),
    candidateId: runtime.candidateId,
    isLeader: elector.isLeader(),
    token: elector.currentTerm()?.token,
    leaseRemainingMs: elector.trustMs,
    clockAheadMs: elector.clockAheadMs,
    isStoreAvailable: answer !== undefined,
    storeError: isUnknown(seen) ? errorFacts(seen.cause).errorMessage : undefined,
    leader: answer && leaderOf(answer.lease),
    isStuck: answer !== undefined && isStuck(runtime, answer.lease),
    renewals: elector.renewals,
    pods: answer === undefined ? [] : podsOf(answer),
    pause: answer?.states.pause && toPauseInfo(answer.states.pause),
    runningHere: executor.running.length,
    jobs: names.length,
    overdue: answer === undefined ? [] : overdueIn(runtime, answer.states),
    jobDifference: differenceOn(runtime),
    stoppedJobs: stoppedIn(runtime),
  };
}

async function look(
  stores: Stores,
  names: readonly string[],
  signal: AbortSignal,
  onPage: PageListener,
): Promise<Seen> {
  const [lease, { pods }, states] = await Promise.all([
    stores.lease.read(signal),
    stores.cluster.pods(signal, onPage),
    stores.cluster.states(names, signal, onPage),
  ]);
  return { lease, pods, states };
}

function differenceOn({ parts }: ScheduleRuntime): JobDifference | undefined {
  const found = parts?.jobSets?.difference;
  return found && { ...found, message: differenceText(found) };
}

function stoppedIn({ jobs, parts, candidateId }: ScheduleRuntime): StoppedJob[] {
  return jobs.jobs.flatMap(job => {
    const here = (parts?.engine.isStopped(job) ?? true) ? [candidateId] : [];
    const stoppedOn = [...here, ...(parts?.jobSets?.stoppedOn(job.name) ?? [])];
    return stoppedOn.length === 0 ? [] : [{ job: job.name, stoppedOn }];
  });
}

function leaderOf(lease: LeaseView): StatusLeader | undefined {
  if (lease.kind === 'free') return undefined;
  const { holder, token, remainingMs } = lease;
  return { candidateId: holder, token, remainingMs };
}

function isStuck(runtime: ScheduleRuntime, lease: LeaseView): boolean {
  const { options, parts } = runtime;
  const isLed = lease.kind === 'held' && lease.token !== 0;
  const longestMs = (options?.timing.ttlMs ?? Infinity) + SLACK_MS;
  return !isLed && (parts?.elector.leaderlessMs ?? 0) > longestMs;
}

/** The pods that compete, as users see them. */
export function podsOf({ pods, lease }: Pick<Seen, 'pods' | 'lease'>): PodInfo[] {
  const holder = lease.kind === 'held' ? lease.holder : undefined;
  return pods.map(({ candidateId, since, seenAt, version, aheadMs }) => ({
    candidateId,
    isLeader: candidateId === holder,
    since: new Date(since),
    lastSeen: new Date(seenAt),
    version,
    clockAheadMs: aheadMs,
  }));
}

/** Jobs that tick on this pod, and whose marks do not move. One whose run goes on is not: its ticks may wait for it. */
function overdueIn(runtime: ScheduleRuntime, { jobs: states, now }: JobStates): OverdueJob[] {
  return runtime.jobs.jobs.flatMap((job, index) => {
    const mark = states[index]?.mark;
    const due = lastDue(runtime, job, now);
    if (due === undefined || mark === undefined) return [];
    if (runtime.parts?.engine.goesBy(job, due.schedule, mark) !== true) return [];
    if (!isBehind(mark.mark, due.tick, now)) return [];
    return [{ job: job.name, tick: new Date(due.tick), mark: new Date(mark.mark) }];
  });
}

/** The tick that should have been decided by now at the latest. */
function lastDue(runtime: ScheduleRuntime, job: Job, now: number) {
  const { parts, options, startedAt } = runtime;
  const pace = parts?.engine.paceOf(job);
  if (pace === undefined || options === undefined || parts?.executor.isRunning(job.name) === true)
    return undefined;
  const until = now - options.timing.ttlMs - SLACK_MS - job.policy.jitterMs;
  const tick = pace.schedule.latest(Math.max(startedAt, pace.startedAt), until);
  if (tick === undefined || parts?.engine.isExcused(job, tick) === true) return undefined;
  return { tick, schedule: pace.schedule.fingerprint };
}
