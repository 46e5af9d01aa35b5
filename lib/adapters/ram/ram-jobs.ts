import type { Clock } from '../../ports/clock.js';
import type { Pause, RunRequest } from '../../ports/control-store.js';
import type { RunRecord } from '../../ports/history-store.js';
import type { RunState } from '../../core/run/run-outcome.js';
import type { Retention } from '../../ports/run-store.js';
import type { RunFacts } from '../../core/run/run-facts.js';
import type { RunRef } from '../../core/run/run-ref.js';

/** Until when a run is live, where that is no instant. */
export const NOT_LIVE = 0;
/** Another run took its run lock. */
export const DISPOSSESSED = -1;

/** The end of a run drops at most this many of the records beyond those kept. */
const TRIMMED_AT_ONCE = 100;

/** The slot of a tick among those of its job. A manual run has a slot of its own. */
export function slotOf({ tick, runId, manual, handle = runId }: Omit<RunRef, 'job'>): string {
  return manual ? `${tick}@${handle}` : `${tick}`;
}

/** A record that has not ended. */
export interface OpenRun {
  record: RunRecord;
  liveUntil: number;
}

/** Where a job stands, and its past. */
export class RamJob {
  hwm: number | undefined;
  schedule: string | undefined;
  /** The highest token seen. */
  token = 0;
  pause: Pause | undefined;
  /** A schedule in place of its own; empty: none. */
  override = '';
  /** Slot of the run that holds the run lock. */
  lock: string | undefined;
  /** Slot of the tick that waits. */
  queued: string | undefined;
  /** When a run of an earlier term last blocked a tick, Unix ms. */
  blockedAt = -Infinity;
  lastRun: RunRecord | undefined;
  lastSuccess: RunRecord | undefined;
  /** The manual run that was decided or ended last, with any outcome. */
  lastManual: RunRecord | undefined;
  /** For how long its history is kept; `undefined`: no run of it has ended. */
  maxAgeMs: number | undefined;
  /** When it was noted that no pod has it, Unix ms. */
  removedAt: number | undefined;
  /** Ids of the runs whose abort was requested. */
  readonly aborts = new Set<string>();
  /** By slot. */
  readonly open = new Map<string, OpenRun>();
  /** Oldest tick first, equal ticks by slot. */
  readonly ended: RunRecord[] = [];
  private readonly endedSlots = new Set<string>();

  hasEnded(slot: string): boolean {
    return this.endedSlots.has(slot);
  }

  endedAs(slot: string): RunRecord | undefined {
    return this.hasEnded(slot) ? this.ended.find(record => slotOf(record) === slot) : undefined;
  }

  /** Writes the last word on a tick, and drops what is more or older than is kept. */
  end(record: RunRecord, { keep, maxAgeMs }: Retention, now: number): void {
    this.open.delete(slotOf(record));
    if (record.manual) this.lastManual = record;
    this.insert(record);
    this.trim(keep, now - maxAgeMs);
  }

  /** As in Redis: few records at a time, and the rest with the runs that end next. */
  private trim(keep: number, oldest: number): void {
    const surplus = this.ended.length - keep;
    const oldestRecords = this.ended.slice(0, Math.max(2, Math.min(surplus, TRIMMED_AT_ONCE)));
    const dropped = oldestRecords.filter(({ tick }, at) => at < surplus || tick < oldest);
    this.ended.splice(0, dropped.length);
    for (const record of dropped) this.endedSlots.delete(slotOf(record));
  }

  /** Remembers a run that ended after it had started, for longer than its record. */
  remember(record: RunRecord, { maxAgeMs }: Retention): void {
    this.lastRun = record;
    if (maxAgeMs < Number.MAX_SAFE_INTEGER) this.maxAgeMs = maxAgeMs;
    if (record.state === 'succeeded') this.lastSuccess = record;
  }

  /**
   * Releases the run lock and the queue slot, where they are this run's. Returns whether another term waits for
   * that: the run has blocked a tick of it, or a tick of it is queued behind the run.
   */
  letGo(run: RunRecord): boolean {
    const slot = slotOf(run);
    if (this.queued === slot) this.queued = undefined;
    if (this.lock !== slot) return false;
    this.lock = undefined;
    const queued = this.queued === undefined ? undefined : this.open.get(this.queued)?.record;
    return this.blockedAt >= run.at || (queued?.state === 'queued' && queued.token !== run.token);
  }

  /** The lock of a run that is no longer live goes to another one; the loser's next heartbeat reports the loss. */
  lockFor(slot: string): void {
    const loser = this.lock === undefined || this.lock === slot ? undefined : this.open.get(this.lock);
    if (loser) loser.liveUntil = DISPOSSESSED;
    this.lock = slot;
  }

  /** Unix ms. */
  get aliveAt(): number {
    return Math.max(this.hwm ?? 0, this.ended.at(-1)?.tick ?? 0, this.lastRun?.at ?? 0);
  }

  private insert(record: RunRecord): void {
    let at = this.ended.length;
    while (at > 0 && isAfter(this.ended[at - 1], record)) at -= 1;
    this.ended.splice(at, 0, record);
    this.endedSlots.add(slotOf(record));
  }
}

function isAfter(earlier: RunRecord | undefined, record: RunRecord): boolean {
  if (earlier === undefined || earlier.tick !== record.tick)
    return (earlier?.tick ?? -Infinity) > record.tick;
  return slotOf(earlier) > slotOf(record);
}

/** Whether nothing starts for a pause: during it, nor, of ticks that fell into it, afterwards. */
export function isPaused(pause: Pause | undefined, tick: number, now: number): boolean {
  if (pause === undefined) return false;
  return pause.until > now || (pause.from <= tick && tick < pause.until);
}

/** The jobs of one process: what its run store, its history and its control have in common. */
export class RamJobs {
  /** Of all jobs. */
  pause: Pause | undefined;
  /** Handles of the runs that were requested at the start of the process. */
  readonly started = new Set<string>();
  /** Runs that are requested and not decided, by handle. */
  readonly requests = new Map<string, RunRequest>();
  /** The descriptions of the jobs that the leader announced. */
  announced: ReadonlyMap<string, string> = new Map();
  private readonly jobs = new Map<string, RamJob>();

  constructor(private readonly clock: Clock) {}

  get now(): number {
    return this.clock.now().wallMs;
  }

  get(name: string): RamJob {
    const job = this.jobs.get(name) ?? new RamJob();
    this.jobs.set(name, job);
    return job;
  }

  /** The same for who only reads: nothing is kept of a job that is not known. */
  read(name: string): RamJob {
    return this.jobs.get(name) ?? new RamJob();
  }

  get names(): readonly string[] {
    return [...this.jobs.keys()];
  }

  /** Drops what belongs to a job. */
  remove(name: string): void {
    this.jobs.delete(name);
  }

  all(): readonly RamJob[] {
    return [...this.jobs.values()];
  }

  /** A record of now. */
  record(run: RunRef, state: RunState, rest: RecordRest): RunRecord {
    const { job, tick, runId, manual } = run;
    const handle = manual ? (run.handle ?? runId) : undefined;
    const { token, attempt = 1, reason = '', facts } = rest;
    return {
      job,
      tick,
      runId,
      manual,
      handle,
      state,
      token,
      attempt,
      reason,
      at: this.now,
      facts: { ...facts },
    };
  }
}

/** The other fields of a record. */
interface RecordRest {
  readonly token: number;
  readonly attempt?: number;
  readonly reason?: string;
  readonly facts: RunFacts;
}
