/*
 * What a new leader settles before it runs anything: first the runs that nobody makes any more, then the ticks that
 * nobody decided; then the gate opens. In this order, because an orphan may hold the run-lock that a missed tick
 * would ask for.
 *
 * Every question is repeated until it is answered or the term has ended.
 */
import type { Job, Run } from '../core/job.js';
import { tickFacts, type PodFacts } from '../core/run-facts.js';
import type { ElectionTiming } from '../core/timing.js';
import type { Instant } from '../core/instant.js';
import { remainingTrustMs } from '../core/term.js';
import type { Clock } from '../ports/clock.js';
import type { Entropy } from '../ports/entropy.js';
import type { Pace } from '../ports/ticker.js';
import type {
  AdoptAnswer,
  Adoption,
  OpenAnswer,
  RunRef,
  RunStore,
  UnfinishedRun,
} from '../ports/run-store.js';
import { isUnknown, type Asker } from './asker.js';
import type { EventBus } from './event-bus.js';
import type { JobRegistry } from './job-registry.js';
import type { DueTick } from './tick-decider.js';
import { RETRY_MAX_MS, RETRY_MIN_MS, type LeaderElector } from './leader-elector.js';
import type { RunExecutor } from './run-executor.js';
import type { TickDispatcher } from './tick-dispatcher.js';

export interface TakeoverDeps {
  readonly candidateId: string;
  readonly pod: PodFacts;
  readonly jobs: JobRegistry;
  readonly elector: Pick<LeaderElector, 'isIn' | 'fenced'>;
  readonly runs: RunStore;
  readonly asker: Asker;
  readonly dispatcher: TickDispatcher;
  readonly executor: RunExecutor;
  readonly timing: ElectionTiming;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly events: EventBus;
}

/** A job that ticks on this pod. */
export interface PacedJob {
  readonly job: Job;
  readonly pace: Pace;
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

export class Takeover {
  /** Jobs whose place is being asked for. */
  private readonly opening = new Set<string>();
  private isSettling = false;
  private termUnderWay: number | undefined;

  constructor(private readonly deps: TakeoverDeps) {}

  /** Settles the past at the beginning of a term. Resolves when the gate is open, or the term has ended. */
  async run(paced: readonly PacedJob[], token: number): Promise<void> {
    this.termUnderWay = token;
    await this.settleOrphans(token);
    await this.open(paced, token);
    if (this.termUnderWay === token) this.termUnderWay = undefined;
  }

  /** Whether the past is being settled, so that no job is to be opened by itself. */
  get isUnderWay(): boolean {
    return this.termUnderWay !== undefined;
  }

  /** Asks where jobs stand, makes up what was missed, and lets their ticks through from then on. */
  async open(paced: readonly PacedJob[], token: number): Promise<void> {
    const closed = paced.filter(({ job }) => !this.opening.has(job.name));
    for (const { job } of closed) this.opening.add(job.name);
    const answer = closed.length === 0 ? undefined : await this.askMarks(closed, token);
    for (const { job } of closed) this.opening.delete(job.name);
    if (answer?.kind === 'fenced') this.deps.elector.fenced(token);
    if (answer?.kind !== 'opened') return;
    const { wallMs } = this.deps.clock.now();
    const { dispatcher } = this.deps;
    dispatcher.noteAhead(wallMs - answer.now);
    // By the slower clock: what is not due by the store's is not missed, and what is not due here comes by itself.
    const now = Math.min(wallMs, answer.now);
    for (const [index, { job, pace }] of closed.entries()) {
      const mark = Math.max(answer.marks[index] ?? now, pace.startedAt);
      dispatcher.place(job, pace, token, { mark, now });
      // With a long past to count, other work comes in between.
      if (index % 10 === 9) await this.breathe();
    }
  }

  /**
   * Settles the runs whose pod has died, if there can be any.
   *
   * @param unfinished how many runs of all pods have not ended, where that is known
   */
  async settleOrphans(token: number, unfinished = Infinity): Promise<void> {
    const { executor, dispatcher } = this.deps;
    if (this.isSettling || unfinished <= executor.running.length + dispatcher.queued) return;
    this.isSettling = true;
    const { runs } = this.deps;
    const found = await this.ask(token, signal => runs.unfinished(signal));
    const { own } = this;
    const orphans = found?.filter(run => run.liveMs <= 0 && !own.has(run.runId)) ?? [];
    if (orphans.length > 0) await this.adopt(orphans, token);
    this.isSettling = false;
  }

  private async adopt(orphans: readonly UnfinishedRun[], token: number): Promise<void> {
    const { runs, candidateId, timing, clock } = this.deps;
    const adoptions = orphans.map(orphan => this.adoptionOf(orphan));
    const request = { candidateId, token, lockMs: timing.ttlMs, orphans: adoptions };
    let askedAt = clock.now();
    const answers = await this.ask(token, signal => {
      askedAt = clock.now();
      return runs.adopt(request, signal);
    });
    answers?.forEach((answer, index) => {
      const adoption = adoptions[index];
      if (adoption !== undefined) this.take(adoption, answer, askedAt, token);
    });
  }

  private adoptionOf(orphan: UnfinishedRun): Adoption {
    const { entropy, pod } = this.deps;
    const job = this.jobOf(orphan);
    const wish = job?.policy.recover === true ? 'recover' : 'abandon';
    const origin = { catchUp: false, recovering: wish === 'recover' };
    return {
      orphan,
      wish,
      runId: entropy.id(),
      facts: job === undefined ? { ...pod } : tickFacts(pod, job.schedule, orphan.tick, origin),
      retention: job?.policy.retention ?? FOREIGN_RETENTION,
    };
  }

  private take(adoption: Adoption, answer: AdoptAnswer, askedAt: Instant, token: number): void {
    const { events, elector } = this.deps;
    const { orphan } = adoption;
    const job = this.jobOf(orphan);
    switch (answer.kind) {
      case 'recovered':
        if (job !== undefined) this.recover(job, adoption, { attempt: answer.attempt, askedAt, token });
        return;
      case 'abandoned':
        return events.emit({ type: 'job.abandoned', job: orphan.job, tick: new Date(orphan.tick) });
      case 'released':
        if (job !== undefined) this.claimAgain({ orphan, job }, token);
        return;
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
    const { tick, manual } = orphan;
    const run: Run = { job, tick, manual, runId, facts, ...claimed, catchUp: false, recovering: true };
    void this.deps.dispatcher.laneOf(job).run(run, askedAt);
  }

  /** It never started: within the window it is a missed tick like others, after that it is given up. */
  private claimAgain({ orphan, job }: KnownOrphan, token: number): void {
    const { tick, manual } = orphan;
    const isOld = this.deps.clock.now().wallMs - tick > job.policy.catchUpWindowMs;
    const due: DueTick = isOld ? { tick, intent: 'missed' } : { tick, intent: 'run', catchUp: true };
    this.deps.dispatcher.laneOf(job).add([{ ...due, manual, isGivenBack: true }], token);
  }

  /** Run ids that this process takes care of itself. */
  private get own(): ReadonlySet<string> {
    const { executor, dispatcher } = this.deps;
    return new Set([...executor.running.map(({ runId }) => runId), ...dispatcher.deciding]);
  }

  private jobOf({ job: name }: RunRef): Job | undefined {
    return this.deps.jobs.find(name);
  }

  private askMarks(paced: readonly PacedJob[], token: number): Promise<OpenAnswer | undefined> {
    const { runs, candidateId } = this.deps;
    const jobs = paced.map(({ job, pace }) => ({ job: job.name, schedule: pace.schedule.fingerprint }));
    return this.ask(token, signal => runs.open({ candidateId, token, jobs }, signal));
  }

  /** Asks until there is an answer; `undefined` when the term ended first. */
  private async ask<Answer>(
    token: number,
    send: (signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    const { asker, elector, clock, entropy } = this.deps;
    while (elector.isIn(token)) {
      const answer = await asker.ask(send);
      if (!isUnknown(answer)) return answer;
      await new Promise<void>(resolve => clock.timer(entropy.uniform(RETRY_MIN_MS, RETRY_MAX_MS), resolve));
    }
    return undefined;
  }

  private breathe(): Promise<void> {
    return new Promise(resolve => this.deps.clock.immediate(resolve));
  }
}

/** Of jobs that this application does not have (any more). */
const FOREIGN_RETENTION = { keep: 100, maxAgeMs: 30 * 24 * 3_600_000 };
