/*
 * Claims, collected and asked for together: what falls due at one moment is claimed in one call.
 *
 * An answer that is unknown is asked for again with the same run id, for as long as the term lasts. When the term
 * ends first, the claim is given back: had it been granted, nobody would run it.
 */
import { elapsedMs, type Instant } from '../../core/election/instant.js';
import { remainingTrustMs } from '../../core/election/term.js';
import { RETRY_MAX_MS, RETRY_MIN_MS, type ElectionTiming } from '../../core/election/timing.js';
import type { Clock } from '../../ports/clock.js';
import type { Entropy } from '../../ports/entropy.js';
import type { Claim, ClaimAnswer, RunStore } from '../../ports/run-store.js';
import type { RunRef } from '../../core/run/run-ref.js';
import type { Asker, Unknown } from '../store-call.js';
import { Batcher } from './batcher.js';
import type { LeaderElector } from '../election/elector.js';

/** While the application closes, a store that does not answer is not waited for longer than this. */
const TRIES_WHEN_CLOSING = 2;

export interface ClaimerDeps {
  readonly candidateId: string;
  readonly elector: Pick<LeaderElector, 'isIn'>;
  readonly runs: RunStore;
  readonly asker: Asker;
  readonly timing: ElectionTiming;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

/** An answer, or none that came while the term lasted. */
export type SettledAnswer = ClaimAnswer | { readonly kind: 'unknown' };

export interface SettledClaim {
  readonly answer: SettledAnswer;
  /** Before the question was written: the run-lock cannot have been set earlier. */
  readonly askedAt: Instant;
}

interface Question {
  readonly claim: Claim;
  readonly token: number;
}

export class Claimer {
  private readonly batcher: Batcher<Question, ClaimAnswer>;
  private readonly pauses = new Set<() => void>();
  private retryPause: Promise<void> | undefined;
  private isClosing = false;

  constructor(private readonly deps: ClaimerDeps) {
    this.batcher = new Batcher(
      deps.clock,
      questions => this.ask(questions),
      ({ token }) => token,
    );
  }

  /** Claims one tick in the term of this token. Settles, always successfully, by the end of the term. */
  async claim(claim: Claim, token: number): Promise<SettledClaim> {
    for (;;) {
      const { answer, askedAt } = await this.batcher.ask({ claim, token });
      if (answer.kind !== 'unknown') return { answer, askedAt };
      await this.pauseBeforeRetry();
      if (this.mayGoOn(token)) continue;
      await this.giveBack(claim);
      return { answer: { kind: 'unknown' }, askedAt };
    }
  }

  /** Whether it makes sense to ask again in the term of this token. */
  mayGoOn(token: number): boolean {
    return !this.isClosing && this.deps.elector.isIn(token);
  }

  /**
   * Waits a moment before something that failed is tried again. All that waits goes on at one moment, in the order in
   * which it came: each by its own chance, a newer tick of a job could be ahead of an older one.
   */
  pauseBeforeRetry(): Promise<void> {
    this.retryPause ??= this.pause(this.deps.entropy.uniform(RETRY_MIN_MS, RETRY_MAX_MS)).then(() => {
      this.retryPause = undefined;
    });
    return this.retryPause;
  }

  /** Waits, but no longer than until `close`. */
  pause(ms: number): Promise<void> {
    if (this.isClosing) return Promise.resolve();
    return new Promise(resolve => {
      const wake = (): void => {
        this.pauses.delete(wake);
        timer.cancel();
        resolve();
      };
      const timer = this.deps.clock.timer(ms, wake);
      this.pauses.add(wake);
    });
  }

  /** Asks for nothing a second time from now on. */
  close(): void {
    this.isClosing = true;
    for (const wake of this.pauses) wake();
  }

  /** Whether the run-lock of a claim asked for then can still be trusted. */
  isTrusted(askedAt: Instant): boolean {
    return remainingTrustMs(askedAt, this.deps.clock.now(), this.deps.timing) > 0;
  }

  /**
   * Gives a tick back that is not going to be started. Whoever claims it again must do so under another run id: a
   * give-back that was given up may still arrive. Tried for as long as the claim may hold the run-lock; after that the
   * next leader finds it without a live run. Resolves to whether it is certain that nobody holds the tick
   * under this run id; never rejects.
   */
  async giveBack({ job, tick, runId, manual, handle }: RunRef): Promise<boolean> {
    const from = this.deps.clock.now();
    for (let tries = 1; this.mayTryOn(from, tries); tries += 1) {
      const { runs, asker } = this.deps;
      const answer = await asker.ask(signal => runs.release({ job, tick, runId, manual, handle }, signal));
      if (typeof answer === 'string') return true;
      await this.pauseBeforeRetry();
    }
    return false;
  }

  private mayTryOn(from: Instant, tries: number): boolean {
    const { clock, timing } = this.deps;
    return this.isClosing ? tries <= TRIES_WHEN_CLOSING : elapsedMs(from, clock.now()) <= timing.ttlMs;
  }

  private ask(questions: readonly Question[]): Promise<readonly ClaimAnswer[] | Unknown> {
    const { candidateId, timing, runs, asker } = this.deps;
    const claims = questions.map(({ claim }) => claim);
    const token = questions[0]?.token ?? 0;
    return asker.ask(signal => runs.claim({ candidateId, token, lockMs: timing.ttlMs, claims }, signal));
  }
}
