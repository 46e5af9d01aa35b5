/*
 * Runs whose pod has died. A run is live until its lock lapses; after that it belongs to no pod, and the leader settles it
 * (see `OrphanAdopter`).
 *
 * The store is polled for them when a term begins, when a renewal reports more unfinished runs than this process has, and
 * when a lock lapses that ticks wait for: a crashed run that is to be recovered goes before them.
 */
import { elapsedMs, type Instant } from '../../core/election/instant.js';
import type { Job } from '../../core/job/job.js';
import type { Timer } from '../../ports/clock.js';
import type { UnfinishedPage, UnfinishedRun } from '../../ports/run-store.js';
import type { CatchUpGate } from '../ticks/catch-up-gate.js';
import type { JobTimers } from '../job-timers.js';
import type { LeaderElector } from '../election/elector.js';
import { OrphanAdopter, type OrphanAdopterDeps } from './orphan-adopter.js';
import type { RunExecutor } from './run-executor.js';

export interface OrphanRecoveryDeps extends OrphanAdopterDeps {
  readonly elector: Pick<LeaderElector, 'isIn' | 'fenced'>;
  readonly gate: CatchUpGate;
  readonly executor: RunExecutor;
  readonly timers: Pick<JobTimers, 'isDelayed'>;
}

/** Runs of jobs that this pod does not have are left to pods that have them for this time, ms. */
const FOREIGN_WINDOW_MS = 3_600_000;

/** When more runs than these are left to other pods, the store is polled once a minute. */
const MANY = 200;
const LEFT_ALONE_MS = 60_000;

/** A reading of all runs that have not ended, page by page. */
interface Poll {
  readonly token: number;
  /** Resolves when the first page is settled, or there will be none. */
  readonly begun: Promise<void>;
  readonly done: Promise<void>;
}

export class OrphanRecovery {
  private settling: Poll | undefined;
  private lastPoll: { readonly left: number; readonly at: Instant };
  private nextPoll: Timer | undefined;
  /** Jobs that this pod does not have, since their runs were first found without a pod. */
  private readonly foreignSince = new Map<string, Instant>();
  /** Jobs in their initial delay whose runs were left alone. */
  private readonly delayed = new Set<string>();
  private isClosed = false;
  private readonly adopter: OrphanAdopter;

  constructor(private readonly deps: OrphanRecoveryDeps) {
    this.adopter = new OrphanAdopter(deps);
    this.lastPoll = { left: 0, at: deps.clock.now() };
  }

  /**
   * Settles the runs whose pod has died, if there can be any. Resolves when that is done, or the term has ended.
   *
   * @param unfinished how many runs of all pods have not ended, where that is known
   */
  async settle(token: number, unfinished = Infinity): Promise<void> {
    await this.pollIfNeeded(token, unfinished)?.done;
  }

  /**
   * The same, and resolves as soon as a page of them is settled: however many there are, jobs need not wait for all. A
   * run lock that has lapsed blocks no job but one that recovers its runs, and that one until its run is settled.
   */
  async settleFirst(token: number): Promise<void> {
    await this.pollIfNeeded(token, Infinity)?.begun;
  }

  /** Whether runs of the job were left until its initial delay is over. */
  hasDelayed(job: Job): boolean {
    return this.delayed.has(job.name);
  }

  /** Settles them: they are older than what the job has missed. */
  async settleDelayed(job: Job, token: number): Promise<void> {
    // A poll that began during the delay may have left it.
    await this.settled();
    await this.settle(token);
    this.delayed.delete(job.name);
  }

  /** The job is no more. */
  forget({ name }: Job): void {
    this.delayed.delete(name);
  }

  /** Polls no more, and runs nothing more: a run that is recovered from now on is released. */
  close(): void {
    this.isClosed = true;
    this.adopter.close();
    this.nextPoll?.cancel();
  }

  /** Resolves when no poll is in progress; at the latest when the term has ended. */
  async settled(): Promise<void> {
    await this.settling?.done;
  }

  private pollIfNeeded(token: number, unfinished: number): Poll | undefined {
    const { executor, schedulers, gate } = this.deps;
    if (this.isClosed || !gate.isOpen) return undefined;
    if (unfinished <= executor.running.length + schedulers.queued + this.leftBehind) return undefined;
    // A poll of an earlier term finds nothing for this one.
    if (this.settling?.token === token) return this.settling;
    let onBegun = (): void => undefined;
    const begun = new Promise<void>(resolve => (onBegun = resolve));
    const done = this.poll(token, onBegun).then(() => {
      if (this.settling === poll) this.settling = undefined;
      onBegun();
    });
    const poll: Poll = { token, begun, done };
    this.settling = poll;
    return poll;
  }

  /** Many runs that wait for another pod, or the end of a pause, are not all read with every renewal. */
  private get leftBehind(): number {
    const { left, at } = this.lastPoll;
    const isRecent = elapsedMs(at, this.deps.clock.now()) < LEFT_ALONE_MS;
    return isRecent && left > MANY ? left : 0;
  }

  /** Page by page, up to the first runs that are live: locks lapse in the order of the pages. */
  private async poll(token: number, onPage: () => void): Promise<void> {
    const { runs, whileLeading, clock } = this.deps;
    let left = 0;
    for (let after: string | undefined = ''; after !== undefined && !this.isClosed; onPage()) {
      const from: string = after;
      const page = await whileLeading.call(token, signal => runs.unfinished(from, signal));
      if (page === undefined) return;
      const { own } = this;
      const foreign = page.runs.filter(({ runId }) => !own.has(runId));
      const mayBeDead = ({ liveMs, isOverlong = false }: UnfinishedRun): boolean => liveMs <= 0 || isOverlong;
      const orphans = foreign.filter(mayBeDead).filter(orphan => !this.isLeft(orphan));
      left += foreign.filter(mayBeDead).length;
      if (orphans.length > 0) left -= await this.adopter.adopt(orphans, token);
      const isLive = page.runs.some(({ liveMs }) => liveMs > 0);
      if (isLive || page.next === undefined) this.pollAgain(token, nextLapseMs(page, foreign));
      after = isLive ? undefined : page.next;
    }
    this.lastPoll = { left, at: clock.now() };
  }

  /** For later, or for others: pods that have the job may lead soon, and know whether the run is to be recovered. */
  private isLeft(orphan: UnfinishedRun): boolean {
    const job = this.deps.jobs.find(orphan.job);
    if (job !== undefined) {
      const isDelayed = this.deps.timers.isDelayed(job);
      if (isDelayed) this.delayed.add(job.name);
      return isDelayed;
    }
    const now = this.deps.clock.now();
    const since = this.foreignSince.get(orphan.job) ?? now;
    this.foreignSince.set(orphan.job, since);
    return (
      elapsedMs(since, now) < FOREIGN_WINDOW_MS ||
      this.deps.storeClock.nowMs - orphan.tick < FOREIGN_WINDOW_MS
    );
  }

  /** When the next lock lapses, unless its pod lives. */
  private pollAgain(token: number, delayMs: number): void {
    if (this.isClosed || !this.deps.elector.isIn(token)) return;
    this.nextPoll?.cancel();
    if (delayMs === Infinity) return;
    // No lock lasts longer than a ttl: one that seems to is read again all the same.
    const { clock, timing } = this.deps;
    this.nextPoll = clock.timer(Math.min(delayMs, timing.ttlMs), () => {
      if (this.deps.elector.isIn(token)) this.deps.errors.inBackground(this.settle(token));
    });
  }

  /** Run ids that this process takes care of itself. */
  private get own(): ReadonlySet<string> {
    const { executor, schedulers } = this.deps;
    return new Set([...executor.running.map(({ ref }) => ref.runId), ...schedulers.deciding]);
  }
}

/** How long until the next lock of another pod may lapse, by the last page that was read. */
function nextLapseMs({ runs, next }: UnfinishedPage, foreign: readonly UnfinishedRun[]): number {
  const live = foreign.flatMap(({ liveMs }) => (liveMs > 0 ? liveMs : []));
  if (live.length > 0) return Math.min(...live);
  // All of this page are this pod's own, and no lock of those behind it lapses before the last of them.
  return next === undefined ? Infinity : Math.max(...runs.map(({ liveMs }) => liveMs));
}
