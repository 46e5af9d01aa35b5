/*
 * Runs whose pod has died. A run is live until its lock lapses; after that it is nobody's, and the leader settles it:
 * given up, or run again where the job says so.
 *
 * It is looked for them when a term begins, when a renewal tells of more unfinished runs than this process has, and at
 * the moment at which a lock lapses that ticks wait for: a crashed run that is to be run again goes before them.
 */
import { elapsedMs, type Instant } from '../core/instant.js';
import type { Job, Run } from '../core/job.js';
import { tickFacts, type PodFacts } from '../core/run-facts.js';
import { remainingTrustMs } from '../core/term.js';
import type { ElectionTiming } from '../core/timing.js';
import type { Clock, Timer } from '../ports/clock.js';
import type { Entropy } from '../ports/entropy.js';
import type {
  AdoptAnswer,
  Adoption,
  RunRef,
  RunStore,
  UnfinishedPage,
  UnfinishedRun,
} from '../ports/run-store.js';
import { AbandonedTogether } from './abandoned-together.js';
import type { CatchUpGate } from './catch-up-gate.js';
import type { Claimer } from './claimer.js';
import type { EventBus } from './event-bus.js';
import type { JobRegistry } from './job-registry.js';
import type { LeaderElector } from './leader-elector.js';
import type { RunExecutor } from './run-executor.js';
import type { StoreClock } from './store-clock.js';
import type { TermAsker } from './term-asker.js';
import type { DueTick } from './tick-decider.js';
import type { TickDispatcher } from './tick-dispatcher.js';

export interface OrphanKeeperDeps {
  readonly candidateId: string;
  readonly pod: PodFacts;
  readonly jobs: JobRegistry;
  readonly elector: Pick<LeaderElector, 'isIn' | 'fenced'>;
  readonly runs: RunStore;
  readonly termAsker: TermAsker;
  readonly dispatcher: TickDispatcher;
  readonly gate: CatchUpGate;
  readonly claimer: Pick<Claimer, 'giveBack'>;
  readonly executor: RunExecutor;
  readonly timing: ElectionTiming;
  readonly clock: Clock;
  readonly storeClock: StoreClock;
  readonly entropy: Entropy;
  readonly events: EventBus;
}

/** An orphan whose job this application knows. */
interface KnownOrphan {
  readonly orphan: RunRef;
  readonly job: Job;
}

/** A crashed run that is this process's now. */
interface Recovered {
  readonly attempt: number;
  readonly askedAt: Instant;
  readonly token: number;
}

/** A run whose pods have died so often may be what kills them. */
const MAX_ATTEMPTS = 5;

/** For so long, runs of jobs that this pod does not have are left to pods that have them. */
const FOREIGN_WINDOW_MS = 3_600_000;
/** How much of a job's history is kept is for pods to say that have the job. */
const TRIM_NOTHING = { keep: Number.MAX_SAFE_INTEGER, maxAgeMs: Number.MAX_SAFE_INTEGER };

/** More runs than these that are left to others are looked at once a minute. */
const MANY = 200;
const LEFT_ALONE_MS = 60_000;

/** A look at all that has not ended, page by page. */
interface Look {
  readonly token: number;
  /** Resolves when the first page is settled, or there will be none. */
  readonly begun: Promise<void>;
  readonly done: Promise<void>;
}

export class OrphanKeeper {
  private settling: Look | undefined;
  private lastLook: { readonly left: number; readonly at: Instant };
  private nextLook: Timer | undefined;
  /** Jobs that this pod does not have, since their runs were first found without a pod. */
  private readonly foreignSince = new Map<string, Instant>();
  private isClosed = false;

  constructor(private readonly deps: OrphanKeeperDeps) {
    this.lastLook = { left: 0, at: deps.clock.now() };
  }

  /**
   * Settles the runs whose pod has died, if there can be any. Resolves when that is done, or the term has ended.
   *
   * @param unfinished how many runs of all pods have not ended, where that is known
   */
  async settle(token: number, unfinished = Infinity): Promise<void> {
    await this.lookFor(token, unfinished)?.done;
  }

  /**
   * The same, and resolves as soon as a page of them is settled: however many there are, jobs need not wait for all. A
   * run-lock that has lapsed bars no job but one that recovers its runs, and that one until its run is settled.
   */
  async settleFirst(token: number): Promise<void> {
    await this.lookFor(token, Infinity)?.begun;
  }

  /** Looks no more, and runs nothing more: what is recovered from now on is given back. */
  close(): void {
    this.isClosed = true;
    this.nextLook?.cancel();
  }

  /** Resolves when no look is under way; at the latest when the term has ended. */
  async settled(): Promise<void> {
    await this.settling?.done;
  }

  private lookFor(token: number, unfinished: number): Look | undefined {
    const { executor, dispatcher, gate } = this.deps;
    if (this.isClosed || !gate.isOpen) return undefined;
    if (unfinished <= executor.running.length + dispatcher.queued + this.leftBehind) return undefined;
    // A look of an earlier term finds nothing for this one.
    if (this.settling?.token === token) return this.settling;
    let onBegun = (): void => undefined;
    const begun = new Promise<void>(resolve => (onBegun = resolve));
    const done = this.look(token, onBegun).then(() => {
      if (this.settling === look) this.settling = undefined;
      onBegun();
    });
    const look: Look = { token, begun, done };
    this.settling = look;
    return look;
  }

  /** Of many runs that wait for another pod, or the end of a pause, not all are looked at with every renewal. */
  private get leftBehind(): number {
    const { left, at } = this.lastLook;
    const isRecent = elapsedMs(at, this.deps.clock.now()) < LEFT_ALONE_MS;
    return isRecent && left > MANY ? left : 0;
  }

  /** Page by page, up to the first runs that are live: locks lapse in the order of the pages. */
  private async look(token: number, onPage: () => void): Promise<void> {
    const { runs, termAsker, clock } = this.deps;
    let left = 0;
    for (let after: string | undefined = ''; after !== undefined && !this.isClosed; onPage()) {
      const from: string = after;
      const page = await termAsker.ask(token, signal => runs.unfinished(from, signal));
      if (page === undefined) return;
      const { own } = this;
      const foreign = page.runs.filter(({ runId }) => !own.has(runId));
      const orphans = foreign
        .filter(({ liveMs }) => liveMs <= 0)
        .filter(orphan => !this.isLeftToOthers(orphan));
      left += foreign.filter(({ liveMs }) => liveMs <= 0).length;
      if (orphans.length > 0) left -= await this.adopt(orphans, token);
      const isLive = page.runs.some(({ liveMs }) => liveMs > 0);
      if (isLive || page.next === undefined) this.lookAgain(token, nextLapseMs(page, foreign));
      after = isLive ? undefined : page.next;
    }
    this.lastLook = { left, at: clock.now() };
  }

  /** Pods that have the job may lead soon, and know whether the run is to be recovered. */
  private isLeftToOthers(orphan: UnfinishedRun): boolean {
    if (this.jobOf(orphan) !== undefined) return false;
    const now = this.deps.clock.now();
    const since = this.foreignSince.get(orphan.job) ?? now;
    this.foreignSince.set(orphan.job, since);
    return (
      elapsedMs(since, now) < FOREIGN_WINDOW_MS ||
      this.deps.storeClock.nowMs - orphan.tick < FOREIGN_WINDOW_MS
    );
  }

  /** When the next lock lapses, unless its pod lives. */
  private lookAgain(token: number, delayMs: number): void {
    if (this.isClosed || !this.deps.elector.isIn(token)) return;
    this.nextLook?.cancel();
    if (delayMs === Infinity) return;
    // No lock lasts longer than a ttl: one that seems to is looked at again all the same.
    const { clock, timing } = this.deps;
    this.nextLook = clock.timer(Math.min(delayMs, timing.ttlMs), () => {
      if (this.deps.elector.isIn(token)) void this.settle(token);
    });
  }

  /** Resolves to how many of them are settled. */
  private async adopt(orphans: readonly UnfinishedRun[], token: number): Promise<number> {
    const { runs, termAsker, candidateId, timing, clock, events, dispatcher } = this.deps;
    const adoptions = orphans.map(orphan => this.adoptionOf(orphan));
    const request = { candidateId, token, lockMs: timing.ttlMs, orphans: adoptions };
    let askedAt = clock.now();
    const ask = (signal: AbortSignal) => {
      askedAt = clock.now();
      return runs.adopt(request, signal);
    };
    // Past the end of the term too: a run that was abandoned is reported by the pod that did it.
    const answers = await termAsker.askToTheEnd(token, ask, () => this.isClosed);
    const abandoned = new AbandonedTogether(adoptions.filter((_, at) => answers?.[at]?.kind === 'abandoned'));
    answers?.forEach((answer, index) => {
      const adoption = adoptions[index];
      if (adoption === undefined) return;
      if (answer.kind !== 'abandoned') return this.take(adoption, answer, askedAt, token);
      events.emit(abandoned.eventOf(adoption.orphan));
      dispatcher.runEnded(adoption.orphan.job);
    });
    return answers?.filter(({ kind }) => kind !== 'left').length ?? 0;
  }

  private adoptionOf(orphan: UnfinishedRun): Adoption {
    const { entropy, pod } = this.deps;
    const job = this.jobOf(orphan);
    const wish = job?.policy.recover === true && orphan.attempt < MAX_ATTEMPTS ? 'recover' : 'abandon';
    const origin = { catchUp: false, recovering: wish === 'recover' };
    return {
      orphan,
      wish,
      runId: entropy.id(),
      facts: job === undefined ? { ...pod } : tickFacts(pod, job.schedule, orphan.tick, origin),
      retention: job?.policy.retention ?? TRIM_NOTHING,
    };
  }

  private take(
    adoption: Adoption,
    answer: Exclude<AdoptAnswer, { kind: 'abandoned' }>,
    askedAt: Instant,
    token: number,
  ): void {
    const { elector } = this.deps;
    const { orphan } = adoption;
    const job = this.jobOf(orphan);
    switch (answer.kind) {
      case 'recovered':
        if (this.isClosed) return this.giveBack(adoption);
        if (job !== undefined) this.recover(job, adoption, { attempt: answer.attempt, askedAt, token });
        return;
      case 'unconfirmed':
        return this.giveBack(adoption);
      case 'released':
        return job === undefined ? this.giveUp(orphan, token) : this.claimAgain({ orphan, job }, token);
      case 'fenced':
        return elector.fenced(token);
      case 'left':
        return;
    }
  }

  private recover(job: Job, { orphan, runId, facts }: Adoption, { askedAt, ...claimed }: Recovered): void {
    const { clock, timing } = this.deps;
    // Paused since the question: the lock has lapsed, and the next look finds the run again.
    if (remainingTrustMs(askedAt, clock.now(), timing) <= 0) return;
    const { tick, manual, handle } = orphan;
    const run: Run = {
      job,
      tick,
      manual,
      handle,
      runId,
      facts,
      ...claimed,
      catchUp: false,
      recovering: true,
    };
    void this.deps.dispatcher.laneOf(job).run(run, askedAt);
  }

  /** The next look finds it again, and its attempt is counted on from there. */
  private giveBack({ orphan, runId }: Adoption): void {
    const { job, tick, manual, handle } = orphan;
    void this.deps.claimer.giveBack({ job, tick, runId, manual, handle });
  }

  /**
   * It never started. One fired by hand was promised to somebody; any other is a missed tick within the window, and
   * after that it is given up.
   */
  private claimAgain({ orphan, job }: KnownOrphan, token: number): void {
    const { tick, manual, handle } = orphan;
    if (manual) {
      const byHand = { intent: 'run', manual, handle, isGivenBack: true } as const;
      return this.deps.dispatcher.laneOf(job).add([{ tick, ...byHand }], token);
    }
    const isOld = this.deps.storeClock.nowMs - tick > job.policy.catchUpWindowMs;
    const due: DueTick = isOld ? { tick, intent: 'missed' } : { tick, intent: 'run', catchUp: true };
    this.deps.dispatcher.laneOf(job).add([{ ...due, isGivenBack: true }], token);
  }

  /** Its job is not of this application, and other versions of it have had their time to lead and run it. */
  private giveUp(orphan: RunRef, token: number): void {
    const { termAsker, runs, candidateId, timing, pod } = this.deps;
    const { job, tick, runId, manual, handle } = orphan;
    const note = { intent: 'missed', reason: '', overlap: 'allow', recover: false } as const;
    const claims = [
      { job, tick, runId, manual, handle, ...note, retention: TRIM_NOTHING, facts: { ...pod } },
    ];
    const request = { candidateId, token, lockMs: timing.ttlMs, claims };
    void termAsker.ask(token, signal => runs.claim(request, signal));
  }

  /** Run ids that this process takes care of itself. */
  private get own(): ReadonlySet<string> {
    const { executor, dispatcher } = this.deps;
    return new Set([...executor.running.map(({ runId }) => runId), ...dispatcher.deciding]);
  }

  private jobOf({ job: name }: RunRef): Job | undefined {
    return this.deps.jobs.find(name);
  }
}

/** How long until the next lock of another pod may lapse, by the last page that was looked at. */
function nextLapseMs({ runs, next }: UnfinishedPage, foreign: readonly UnfinishedRun[]): number {
  const live = foreign.flatMap(({ liveMs }) => (liveMs > 0 ? liveMs : []));
  if (live.length > 0) return Math.min(...live);
  // All of this page are this pod's own, and no lock of those behind it lapses before the last of them.
  return next === undefined ? Infinity : Math.max(...runs.map(({ liveMs }) => liveMs));
}
