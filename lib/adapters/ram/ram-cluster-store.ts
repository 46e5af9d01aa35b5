import {
  type Announcement,
  type ClusterStore,
  type JobStates,
  type Pause,
  type PodsView,
  type RequestOutcome,
  type RunRequest,
  type StoredNames,
  type SweepRequest,
} from '../../ports/control-store.js';
import { requestAgeMs } from './request-age.js';
import { slotOf, type RamJob, type RamJobs } from './ram-jobs.js';

/** Removed jobs of which something is kept; beyond that number the jobs that were removed first are forgotten early. */
const MOST_REMOVED = 1000;

/** The state of the scheduler of one process, for display. */
export class RamClusterStore implements ClusterStore {
  private readonly since: number;

  /** @param podId the only candidate; `undefined`: there is none */
  constructor(
    private readonly jobs: RamJobs,
    private readonly podId: string | undefined,
    private readonly version = '',
  ) {
    this.since = jobs.now;
  }

  async announce({ jobs, isFirst = true }: Announcement): Promise<void> {
    const page = jobs.map(({ job, description }) => [job, description] as const);
    this.jobs.announced = new Map([...(isFirst ? [] : this.jobs.announced), ...page]);
  }

  async announced(): Promise<ReadonlyMap<string, string>> {
    return this.jobs.announced;
  }

  async states(jobs: readonly string[]): Promise<JobStates> {
    const { now } = this.jobs;
    const states = jobs.map(name => {
      const { pause, override, lastRun, hwm, schedule = '' } = this.jobs.read(name);
      const watermark = hwm === undefined ? undefined : { watermark: hwm, schedule };
      return { watermark, pause: goingOn(pause, now), override, lastRun };
    });
    return { now, pause: goingOn(this.jobs.pause, now), jobs: states };
  }

  async outcome({ id, job: name, tick }: RunRequest): Promise<RequestOutcome> {
    const standing = this.jobs.requests.get(id);
    if (standing !== undefined)
      return { kind: this.jobs.now - standing.tick < requestAgeMs(id) ? 'waiting' : 'expired' };
    const job = this.jobs.read(name);
    const slot = slotOf({ tick, runId: id, manual: true });
    const { lastManual } = job;
    const remembered = lastManual !== undefined && slotOf(lastManual) === slot ? lastManual : undefined;
    const record = job.open.get(slot)?.record ?? job.endedAs(slot) ?? remembered;
    return record === undefined ? { kind: 'gone' } : { kind: 'recorded', record };
  }

  async pods(): Promise<PodsView> {
    const { now } = this.jobs;
    if (this.podId === undefined) return { now, pods: [] };
    const { podId, since, version } = this;
    return { now, pods: [{ podId, since, seenAt: now, version, aheadMs: 0 }] };
  }

  async leave(): Promise<void> {
    // The candidates ended with the process.
  }

  async jobNames(): Promise<StoredNames> {
    return { names: this.jobs.names, next: undefined };
  }

  /** There is one pod, which says itself which jobs it has. */
  async sweep({ absent, present, kept }: SweepRequest): Promise<readonly string[]> {
    const { now } = this.jobs;
    for (const name of present) this.jobs.read(name).removedAt = undefined;
    const removed = absent.map(name => ({ name, job: this.jobs.read(name) }));
    for (const { job } of removed) job.removedAt ??= now;
    const requested = new Set([...this.jobs.requests.values()].map(({ job }) => job));
    const idle = removed
      .filter(({ name, job }) => job.open.size === 0 && !requested.has(name))
      .sort((a, b) => lastSeen(b.job) - lastSeen(a.job));
    const swept = idle.filter(({ job }, index) => {
      const { leastMs, mostMs, unknownMs } = kept;
      const keptMs = Math.max(leastMs, Math.min(mostMs, job.maxAgeMs ?? unknownMs));
      return index >= MOST_REMOVED || lastSeen(job) + keptMs <= now;
    });
    for (const { name } of swept) this.jobs.remove(name);
    return swept.map(({ name }) => name);
  }
}

/** When a removed job was last known to be there, Unix ms. */
function lastSeen({ removedAt = 0, aliveAt }: RamJob): number {
  return Math.max(removedAt, aliveAt);
}

function goingOn(pause: Pause | undefined, now: number): Pause | undefined {
  return pause !== undefined && pause.until > now ? pause : undefined;
}
