import { remainingTrustMs } from '../../core/election/term.js';
import type { Run } from '../../core/run/run.js';
import type { Instant } from '../../core/election/instant.js';
import { pagesOf } from '../../core/pages.js';
import type { ElectionTiming } from '../../core/election/timing.js';
import type { Clock, Timer } from '../../ports/clock.js';
import type { Entropy } from '../../ports/entropy.js';
import type { HeartbeatAnswer, RunStore } from '../../ports/run-store.js';
import type { RunRef } from '../../core/run/run-ref.js';
import type { EngineErrors } from '../engine-errors.js';
import type { StoreCall } from '../store-call.js';
import { abortedError, lockLostError } from './run-errors.js';
import { DEADLINE_CHECK_MS, RETRY_MAX_MS, RETRY_MIN_MS } from '../../core/election/timing.js';

export interface LockHeartbeatDeps {
  readonly runs: RunStore;
  readonly storeCall: StoreCall;
  readonly timing: ElectionTiming;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly errors: EngineErrors;
}

interface Kept {
  readonly ref: RunRef;
  /** Aborted when the lock is lost, or may be, and when an abort of the run is requested. */
  readonly life: AbortController;
  /** Before the last question whose answer was that the lock is kept. */
  askedAt: Instant;
}

/**
 * Keeps the run locks of this process: one heartbeat for all of them, each interval, while there are any. A lock is
 * held by the run and not by the lease, so it outlives the term. A run whose lock cannot be kept is aborted by its local
 * deadline, computed as that of the lease: after it another pod may start the job.
 */
export class LockHeartbeat {
  private readonly kept = new Map<string, Kept>();
  private isBeating = false;
  private timer: Timer | undefined;
  private readonly beatLater = (): void => this.deps.errors.inBackground(this.beat());
  /** One for all runs, no later than the first of their deadlines. */
  private deadline: Timer | undefined;
  /** When it fires, on the monotonic clock. */
  private checkMono = Infinity;
  private readonly checkDeadlines = (): void => this.check();

  constructor(private readonly deps: LockHeartbeatDeps) {}

  /**
   * Keeps the lock of a run from now on.
   *
   * @param askedAt before the claim was written
   */
  keep({ ref }: Run, askedAt: Instant, life: AbortController): void {
    const { clock, timing } = this.deps;
    this.kept.set(ref.runId, { ref, life, askedAt });
    this.checkWithin(remainingTrustMs(askedAt, clock.now(), timing));
    if (this.kept.size === 1 && !this.isBeating) this.timer = clock.timer(timing.intervalMs, this.beatLater);
  }

  /** Whether the lock is kept, by the clock now: timers are late after a suspension. If not, its run is aborted. */
  isKept(runId: string): boolean {
    const kept = this.kept.get(runId);
    if (kept === undefined) return false;
    const isKept = this.isTrusted(kept);
    if (!isKept) lose(kept);
    return isKept;
  }

  /** Its run has ended, or is not its own any more. */
  forget(runId: string): void {
    this.kept.delete(runId);
    if (this.kept.size > 0) return;
    this.timer?.cancel();
    this.deadline?.cancel();
    this.checkMono = Infinity;
  }

  private async beat(): Promise<void> {
    const { timing, clock } = this.deps;
    this.isBeating = true;
    let isAnswered = true;
    // Those first that were not answered for longest: what gets no answer is asked again soon, and goes on there.
    const oldestFirst = [...this.kept.values()].sort((a, b) => a.askedAt.monoMs - b.askedAt.monoMs);
    try {
      for (const page of pagesOf(oldestFirst)) isAnswered &&= await this.beatFor(page);
    } finally {
      this.isBeating = false;
    }
    const delayMs = isAnswered ? timing.intervalMs : this.retryDelay();
    if (this.kept.size > 0) this.timer = clock.timer(delayMs, this.beatLater);
  }

  /** Resolves to whether there was an answer. */
  private async beatFor(page: readonly Kept[]): Promise<boolean> {
    const { runs, storeCall, timing, clock } = this.deps;
    const askedAt = clock.now();
    const request = { lockMs: timing.ttlMs, runs: page.map(({ ref }) => ref) };
    const answers = await storeCall.call(signal => runs.heartbeat(request, signal));
    if ('kind' in answers) return false;
    page.forEach((kept, index) => this.take(kept, answers[index], askedAt));
    return true;
  }

  private take(kept: Kept, answer: HeartbeatAnswer | undefined, askedAt: Instant): void {
    if (this.kept.get(kept.ref.runId) !== kept) return;
    if (answer === 'kept' || answer === 'aborted') {
      kept.askedAt = askedAt;
      if (answer === 'aborted') kept.life.abort(abortedError());
      return;
    }
    this.forget(kept.ref.runId);
    lose(kept);
  }

  /** Checks deadlines in `ms` at the latest, and each second until then: after a suspension a timer is late. */
  private checkWithin(ms: number): void {
    const { clock } = this.deps;
    const delayMs = Math.min(ms, DEADLINE_CHECK_MS);
    const atMono = clock.now().monoMs + delayMs;
    if (ms === Infinity || atMono >= this.checkMono) return;
    this.deadline?.cancel();
    this.checkMono = atMono;
    this.deadline = clock.timer(delayMs, this.checkDeadlines);
  }

  private check(): void {
    const now = this.deps.clock.now();
    let leastMs = Infinity;
    this.checkMono = Infinity;
    for (const kept of this.kept.values()) {
      const leftMs = remainingTrustMs(kept.askedAt, now, this.deps.timing);
      if (leftMs <= 0) lose(kept);
      else leastMs = Math.min(leastMs, leftMs);
    }
    this.checkWithin(leastMs);
  }

  private isTrusted({ askedAt }: Kept): boolean {
    return remainingTrustMs(askedAt, this.deps.clock.now(), this.deps.timing) > 0;
  }

  private retryDelay(): number {
    return this.deps.entropy.uniform(RETRY_MIN_MS, RETRY_MAX_MS);
  }
}

function lose({ life }: Kept): void {
  life.abort(lockLostError());
}
