/*
 * The claims of all jobs that fall due at one moment go to the store in one call.
 *
 * A claim without an answer is sent again with the same run id, for as long as the term lasts. When the term ends first,
 * the claim is released: had it been granted, its tick would be run by no pod.
 */
import { elapsedMs, type Instant } from '../../core/election/instant.js';
import { RETRY_MAX_MS, RETRY_MIN_MS, type ElectionTiming } from '../../core/election/timing.js';
import { toRunRef, type RunRef } from '../../core/run/run-ref.js';
import type { Clock } from '../../ports/clock.js';
import type { Entropy } from '../../ports/entropy.js';
import type { Claim, ClaimAnswer, RunStore } from '../../ports/run-store.js';
import { sleep } from '../../ports/time.js';
import { BatchedCall, type Reply } from '../batched-call.js';
import type { LeaderElector } from '../election/elector.js';
import { isUnknown, type StoreCall } from '../store-call.js';
import type { JobInbox } from './job-event.js';
import type { SettledAnswer, Tick } from './tick.js';

/** While the application closes, a release that gets no answer is not repeated more often. */
const TRIES_WHEN_CLOSING = 2;

export interface ClaimQueueDeps {
  readonly podId: string;
  readonly elector: Pick<LeaderElector, 'isIn'>;
  readonly runs: RunStore;
  readonly storeCall: StoreCall;
  readonly timing: ElectionTiming;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

export class ClaimQueue {
  private readonly calls: BatchedCall<Claim, ClaimAnswer>;
  private readonly closing = new AbortController();
  private retry: Promise<void> | undefined;

  constructor(private readonly deps: ClaimQueueDeps) {
    const { podId, timing, runs } = deps;
    this.calls = new BatchedCall({
      ...deps,
      send: (claims, signal, token) => runs.claim({ podId, token, lockMs: timing.ttlMs, claims }, signal),
    });
  }

  /** Claims a tick in its term. The answer, `unknown` when the term ended first, is posted to the inbox. */
  async claim(claim: Claim, tick: Tick, inbox: JobInbox): Promise<void> {
    let { answer, askedAt }: Reply<SettledAnswer> = await this.calls.call(claim, tick.token);
    while (answer === undefined) {
      await this.retryMoment();
      if (this.mayGoOn(tick.token)) ({ answer, askedAt } = await this.calls.call(claim, tick.token));
      else answer = await this.giveUp(claim);
    }
    inbox.post({ kind: 'answered', tick, answer, askedAt });
  }

  private async giveUp(claim: Claim): Promise<SettledAnswer> {
    await this.release(claim);
    return { kind: 'unknown' };
  }

  /** Whether it makes sense to claim again in the term of this token. */
  mayGoOn(token: number): boolean {
    return !this.closing.signal.aborted && this.deps.elector.isIn(token);
  }

  /**
   * Resolves after a moment, before something that failed is tried again; at once from `close` on. All that waits goes on
   * at one moment, in the order in which it came: with a delay of its own, a newer tick of a job could come before an older
   * one.
   */
  retryMoment(): Promise<void> {
    this.retry ??= this.nextRetry();
    return this.retry;
  }

  private async nextRetry(): Promise<void> {
    const { clock, entropy } = this.deps;
    await sleep(clock, entropy.uniform(RETRY_MIN_MS, RETRY_MAX_MS), this.closing.signal);
    this.retry = undefined;
  }

  /** Claims nothing a second time from now on. */
  close(): void {
    this.closing.abort();
  }

  /**
   * Releases a claim whose run is not going to start. Its tick must be claimed under another run id after that: a release
   * without an answer may still arrive. Tried for as long as the claim may hold the run lock; after that the next leader
   * finds the run without a live lock. Resolves to whether it is certain that no pod holds the tick under this run id;
   * never rejects.
   */
  async release(run: RunRef): Promise<boolean> {
    const { runs, storeCall, clock } = this.deps;
    const ref = toRunRef(run);
    const from = clock.now();
    for (let tries = 1; this.mayRelease(from, tries); tries += 1) {
      const answer = await storeCall.call(signal => runs.release(ref, signal));
      if (!isUnknown(answer)) return true;
      await this.retryMoment();
    }
    return false;
  }

  /** The same, and for as long as the term lasts. */
  async releaseInTerm(run: RunRef, token: number): Promise<boolean> {
    let isCertain = await this.release(run);
    while (!isCertain && this.mayGoOn(token)) isCertain = await this.release(run);
    return isCertain;
  }

  private mayRelease(from: Instant, tries: number): boolean {
    const { clock, timing } = this.deps;
    return this.closing.signal.aborted
      ? tries <= TRIES_WHEN_CLOSING
      : elapsedMs(from, clock.now()) <= timing.ttlMs;
  }
}
