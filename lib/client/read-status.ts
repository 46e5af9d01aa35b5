import { differenceText } from '../core/election/difference-text.js';
import type { FoundDifference } from '../core/election/job-set-difference.js';
import { errorFacts } from '../core/errors/error-facts.js';
import { SLACK_MS } from '../core/tick/overdue.js';
import type { JobStates, Pod } from '../ports/control-store.js';
import type { JobWatermark, LeaseView } from '../ports/lease-store.js';
import type { PageListener } from '../ports/pages.js';
import type { Stores } from '../ports/stores.js';
import { addFormerNames, FORMER_NAMES } from '../deprecated.js'; // until 1.0
import { toPauseInfo } from './control.js';
import type { JobDifference, OverdueJob, PodInfo, ScheduleStatus, StatusLeader } from './status.js';

/** A pod whose status is read. */
export interface StatusSource {
  /** The names of its jobs, in order. */
  readonly jobs: readonly string[];
  /** Sends a question to the stores. Rejects when there is no answer in time. */
  readonly ask: <Answer>(
    send: (stores: StatusStores, signal: AbortSignal, onPage: PageListener) => Promise<Answer>,
  ) => Promise<Answer>;
  /** The facts that the pod knows without a store. */
  readonly own: () => OwnStatus;
  /** The tick with which a job is overdue, Unix ms; `undefined`: it is not. `now` is by the clock of the store. */
  readonly overdueTick: (job: string, found: JobWatermark, now: number) => number | undefined;
}

export type StatusStores = Pick<Stores, 'lease' | 'cluster'>;

/** The part of a status for which no store is asked. */
export interface OwnStatus extends Pick<ScheduleStatus, OwnFact> {
  /** How the jobs of this pod differ from those of the leader; `undefined`: they do not. */
  readonly difference: FoundDifference | undefined;
  /** For how long no pod has led, ms. */
  readonly leaderlessMs: number;
  /** How long a fail-over may take, ms. */
  readonly failOverMs: number;
}

type OwnFact =
  | 'mode'
  | 'leaderKey'
  | 'podId'
  | 'isLeader'
  | 'token'
  | 'leaseRemainingMs'
  | 'clockAheadMs'
  | 'renewals'
  | 'runningHere'
  | 'stoppedJobs';

/** The answers of the stores at one instant. */
interface Seen {
  readonly lease: LeaseView;
  readonly pods: readonly Pod[];
  readonly states: JobStates;
}

/** Reads the status of a pod. Does not reject when the stores do not answer: the status says so. */
export async function readStatus(source: StatusSource): Promise<ScheduleStatus> {
  const { jobs } = source;
  const answer = await source
    .ask((stores, signal, onPage) => readStores(stores, jobs, signal, onPage))
    .then(
      seen => ({ seen }),
      (cause: unknown) => ({ storeError: errorFacts(cause).errorMessage }),
    );
  const { difference, leaderlessMs, failOverMs, ...own } = source.own();
  const status = {
    ...own,
    ...('seen' in answer
      ? { ...factsOf(answer.seen, source), isStuck: isStuck(answer.seen.lease, leaderlessMs, failOverMs) }
      : { ...NOT_KNOWN, storeError: answer.storeError }),
    jobCount: jobs.length,
    jobDifference: difference && toJobDifference(difference),
  };
  addFormerNames(status, FORMER_NAMES.status); // until 1.0
  return status;
}

function toJobDifference(found: FoundDifference): JobDifference {
  const difference = { ...found, message: differenceText(found) };
  addFormerNames(difference, FORMER_NAMES.difference); // until 1.0
  return difference;
}

async function readStores(
  stores: StatusStores,
  jobs: readonly string[],
  signal: AbortSignal,
  onPage: PageListener,
): Promise<Seen> {
  const [lease, { pods }, states] = await Promise.all([
    stores.lease.read(signal),
    stores.cluster.pods(signal, onPage),
    stores.cluster.states(jobs, signal, onPage),
  ]);
  return { lease, pods, states };
}

/** The facts where the stores do not answer. */
const NOT_KNOWN = {
  isStoreAvailable: false,
  leader: undefined,
  isStuck: false,
  pods: [],
  pause: undefined,
  overdue: [],
};

function factsOf(seen: Seen, source: StatusSource) {
  const { lease, states } = seen;
  return {
    isStoreAvailable: true,
    storeError: undefined,
    leader: leaderOf(lease),
    pods: podsOf(seen),
    pause: states.pause && toPauseInfo(states.pause),
    overdue: overdueIn(states, source),
  };
}

function leaderOf(lease: LeaseView): StatusLeader | undefined {
  if (lease.kind === 'free') return undefined;
  const { holder, token, remainingMs } = lease;
  const leader = { podId: holder, token, remainingMs };
  addFormerNames(leader, FORMER_NAMES.pod); // until 1.0
  return leader;
}

function isStuck(lease: LeaseView, leaderlessMs: number, failOverMs: number): boolean {
  const isLed = lease.kind === 'held' && lease.token !== 0;
  return !isLed && leaderlessMs > failOverMs + SLACK_MS;
}

/** The pods that compete, as users see them. */
export function podsOf({ pods, lease }: Pick<Seen, 'pods' | 'lease'>): PodInfo[] {
  const holder = lease.kind === 'held' ? lease.holder : undefined;
  return pods.map(({ podId, since, seenAt, version, aheadMs }) => {
    const pod = {
      podId,
      isLeader: podId === holder,
      since: new Date(since),
      lastSeen: new Date(seenAt),
      version,
      clockAheadMs: aheadMs,
    };
    addFormerNames(pod, FORMER_NAMES.pod); // until 1.0
    return pod;
  });
}

function overdueIn({ jobs: states, now }: JobStates, { jobs, overdueTick }: StatusSource): OverdueJob[] {
  return jobs.flatMap((job, index) => {
    const found = states[index]?.watermark;
    const tick = found && overdueTick(job, found, now);
    if (found === undefined || tick === undefined) return [];
    const overdue = { job, tick: new Date(tick), watermark: new Date(found.watermark) };
    addFormerNames(overdue, FORMER_NAMES.overdueJob); // until 1.0
    return [overdue];
  });
}
