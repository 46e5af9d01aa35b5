/*
 * Settles runs whose pod has died: each is given up, or run again where the job says so; one that was queued or released
 * and never started is claimed as any tick.
 */
import type { Instant } from '../../core/election/instant.js';
import type { Job } from '../../core/job/job.js';
import type { Run } from '../../core/run/run.js';
import { tickFacts, type PodFacts } from '../../core/run/run-facts.js';
import { remainingTrustMs } from '../../core/election/term.js';
import type { ElectionTiming } from '../../core/election/timing.js';
import type { Clock } from '../../ports/clock.js';
import type { Entropy } from '../../ports/entropy.js';
import type { AdoptAnswer, Adoption, RunStore, UnfinishedRun } from '../../ports/run-store.js';
import { toRunRef, type RunRef } from '../../core/run/run-ref.js';
import type { ClaimQueue } from '../ticks/claim-queue.js';
import { CountedTogether } from './counted-together.js';
import type { EngineErrors } from '../engine-errors.js';
import type { EventBus } from '../event-bus.js';
import type { JobRegistry } from '../control/job-registry.js';
import type { LeaderElector } from '../election/elector.js';
import type { StoreClock } from '../election/store-clock.js';
import type { CallWhileLeading } from '../call-while-leading.js';
import type { DueTick } from '../ticks/tick.js';
import type { JobSchedulers } from '../ticks/job-schedulers.js';

export interface OrphanAdopterDeps {
  readonly podId: string;
  readonly pod: PodFacts;
  readonly jobs: JobRegistry;
  readonly elector: Pick<LeaderElector, 'fenced'>;
  readonly runs: RunStore;
  readonly whileLeading: CallWhileLeading;
  readonly schedulers: JobSchedulers;
  readonly claims: Pick<ClaimQueue, 'release'>;
  readonly timing: ElectionTiming;
  readonly clock: Clock;
  readonly storeClock: StoreClock;
  readonly entropy: Entropy;
  readonly events: EventBus;
  readonly errors: EngineErrors;
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

/** A run that has had this many attempts may be the cause of the crashes. */
const MAX_ATTEMPTS = 5;

/** Only pods that have a job know how much of its history is kept. */
const TRIM_NOTHING = { keep: Number.MAX_SAFE_INTEGER, maxAgeMs: Number.MAX_SAFE_INTEGER };

export class OrphanAdopter {
  private isClosed = false;

  constructor(private readonly deps: OrphanAdopterDeps) {}

  /** Runs nothing more: a run that is recovered from now on is released. */
  close(): void {
    this.isClosed = true;
  }

  /** Resolves to how many of them are settled. */
  async adopt(orphans: readonly UnfinishedRun[], token: number): Promise<number> {
    const { runs, whileLeading, podId, timing, clock, events, schedulers } = this.deps;
    const adoptions = orphans.map(orphan => this.adoptionOf(orphan));
    const request = { podId, token, lockMs: timing.ttlMs, orphans: adoptions };
    let askedAt = clock.now();
    const ask = (signal: AbortSignal) => {
      askedAt = clock.now();
      return runs.adopt(request, signal);
    };
    // Past the end of the term too: a run that was abandoned is reported by the pod that did it.
    const answers = await whileLeading.callToTheEnd(token, ask, () => this.isClosed);
    const abandoned = adoptions.filter((_, at) => answers?.[at]?.kind === 'abandoned');
    const counts = new CountedTogether(abandoned.map(({ orphan }) => orphan.job));
    answers?.forEach((answer, index) => {
      const adoption = adoptions[index];
      if (adoption === undefined) return;
      if (answer.kind !== 'abandoned') return this.take(adoption, answer, askedAt, token);
      const { job, tick, runId } = adoption.orphan;
      events.emit({ type: 'job.abandoned', job, tick: new Date(tick), runId, ...counts.next(job) });
      schedulers.runEnded(job);
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
        if (this.isClosed) return this.release(adoption);
        if (job !== undefined) this.recover(job, adoption, { attempt: answer.attempt, askedAt, token });
        return;
      case 'unconfirmed':
        return this.release(adoption);
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
    // This process was paused since the call: the lock has lapsed, and the next poll finds the run again.
    if (remainingTrustMs(askedAt, clock.now(), timing) <= 0) return;
    const ref = toRunRef({ ...orphan, job: job.name, runId });
    const run: Run = { job, ref, facts, ...claimed, catchUp: false, recovering: true };
    this.deps.schedulers.of(job).post({ kind: 'recovered', granted: { run, askedAt } });
  }

  /** The next poll finds it again, and its attempt is counted on from there. */
  private release({ orphan, runId }: Adoption): void {
    this.deps.errors.inBackground(this.deps.claims.release({ ...orphan, runId }));
  }

  /**
   * It never started. A manual run was promised to its caller; any other is a missed tick within the window, and is given
   * up after that.
   */
  private claimAgain({ orphan, job }: KnownOrphan, token: number): void {
    const { tick, manual, handle } = orphan;
    if (manual) {
      const due = { tick, intent: 'run', manual, handle, isReleased: true } as const;
      return this.deps.schedulers.add(job, due, token);
    }
    const isOld = this.deps.storeClock.nowMs - tick > job.policy.catchUpWindowMs;
    const due: DueTick = isOld ? { tick, intent: 'missed' } : { tick, intent: 'run', catchUp: true };
    this.deps.schedulers.add(job, { ...due, isReleased: true }, token);
  }

  /** Its job is not of this application, and other versions of it have had their time to lead and run it. */
  private giveUp(orphan: RunRef, token: number): void {
    const { whileLeading, runs, podId, timing, pod, errors } = this.deps;
    const note = { intent: 'missed', reason: '', overlap: 'allow', recover: false } as const;
    const claims = [{ ...toRunRef(orphan), ...note, retention: TRIM_NOTHING, facts: { ...pod } }];
    const request = { podId, token, lockMs: timing.ttlMs, claims };
    errors.inBackground(whileLeading.call(token, signal => runs.claim(request, signal)));
  }

  private jobOf({ job: name }: RunRef): Job | undefined {
    return this.deps.jobs.find(name);
  }
}
