import { hashTag } from '../../core/options/hash-tag.js';

/** The keys and channels of one scheduler. */
export interface RedisKeys {
  /** The lease itself: `<candidateId>|<token>`, with a TTL. */
  readonly lease: string;
  /** Hash: the last term. */
  readonly term: string;
  /** The last fencing token. */
  readonly fence: string;
  /** Channel on which resignations are published. */
  readonly events: string;
  /** Prefix of the channels that leaders listen to for no other reason than to be seen. */
  readonly alive: string;
  /** Sorted set: runs that have not ended, by the instant until which they count as live. */
  readonly unfinished: string;
  /** Hash: where a job stands. */
  readonly job: (name: string) => string;
  /** Set: the names of all jobs. */
  readonly jobs: string;
  /** Hash: the records of a job. */
  readonly runs: (name: string) => string;
  /** Sorted set: the ended runs of a job by tick. */
  readonly index: (name: string) => string;
  /** Hash: what holds for all jobs. */
  readonly control: string;
  /** Hash: requested runs. */
  readonly requests: string;
  /** Sorted set: handles of the versions at whose start a run of a job was requested, by when they last led. */
  readonly starts: (name: string) => string;
  /** Hash: the descriptions of the jobs that the leader announced. */
  readonly specs: string;
  /** Hash: the candidates. */
  readonly pods: string;
  /** Hash: which job set each candidate has. */
  readonly candidates: string;
  /** String: one page of a job set. */
  readonly jobSet: (digest: string, index: number) => string;
  /** Sorted set: the jobs that no pod has, by when that was noted. */
  readonly removed: string;
  /** Hash: which runs a leader abandoned with its last page, in case its answer is lost. */
  readonly settled: string;
}

/**
 * Names the siblings of a lease key. The whole key stands in each, so that no two schedulers share one; it is their
 * hash tag, or brings its own, so that in a Redis Cluster they share one slot.
 */
export function redisKeys(lease: string): RedisKeys {
  const prefix = hashTag(lease) === undefined ? `{${lease}}` : lease;
  return {
    lease,
    term: `${prefix}:term`,
    fence: `${prefix}:fence`,
    events: `${prefix}:events`,
    alive: `${prefix}:alive:`,
    unfinished: `${prefix}:unfinished`,
    job: name => `${prefix}:job:${name}`,
    jobs: `${prefix}:jobs`,
    runs: name => `${prefix}:runs:${name}`,
    index: name => `${prefix}:index:${name}`,
    control: `${prefix}:control`,
    requests: `${prefix}:requests`,
    starts: name => `${prefix}:starts:${name}`,
    specs: `${prefix}:specs`,
    pods: `${prefix}:pods`,
    candidates: `${prefix}:candidates`,
    jobSet: (digest, index) => `${prefix}:jobset:${digest}:${index}`,
    removed: `${prefix}:removed`,
    settled: `${prefix}:settled`,
  };
}
