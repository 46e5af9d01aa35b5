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
import type { Claim, RunStore } from '../../ports/run-store.js';
import { sleep } from '../../ports/time.js';
import type { EngineErrors } from '../engine-errors.js';
import type { LeaderElector } from '../election/elector.js';
import { isUnknown, type StoreCall } from '../store-call.js';
import type { JobInbox } from './job-event.js';
import type { Tick } from './tick.js';

/** More claims in one call would keep the store from answering others for long. */
const CLAIMS_A_CALL = 250;
/** Further claims wait here, where no time limit runs for them. */
const CALLS_AT_ONCE = 4;
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
  readonly errors: EngineErrors;
}

/** A claim, and where its answer goes. */
interface Question {
  readonly claim: Claim;
  readonly tick: Tick;
  readonly inbox: JobInbox;
}

export class ClaimQueue {
  private waiting: Question[] = [];
  private calls = 0;
  private isCollecting = false;
  private readonly closing = new AbortController();
  private retry: Promise<void> | undefined;
  private readonly flushLater = this.flush.bind(this);

  constructor(private readonly deps: ClaimQueueDeps) {}

  /** Claims a tick in its term. The answer, `unknown` when the term ended first, is posted to the inbox. */
  claim(claim: Claim, tick: Tick, inbox: JobInbox): void {
    this.waiting.push({ claim, tick, inbox });
    if (this.isCollecting) return;
    this.isCollecting = true;
    this.deps.clock.immediate(this.flushLater);
  }

  /** Sends what waits, in order: each call for one term. */
  private flush(): void {
    const { errors } = this.deps;
    this.isCollecting = false;
    for (
      let [first] = this.waiting;
      first !== undefined && this.calls < CALLS_AT_ONCE;
      [first] = this.waiting
    ) {
      let size = 1;
      while (size < CLAIMS_A_CALL && this.waiting[size]?.tick.token === first.tick.token) size += 1;
      errors.inBackground(this.call(this.waiting.splice(0, size), first.tick.token));
    }
  }

  private async call(questions: readonly Question[], token: number): Promise<void> {
    const { podId, timing, runs, storeCall, clock } = this.deps;
    this.calls += 1;
    const askedAt = clock.now();
    const claims: Claim[] = [];
    for (const { claim } of questions) claims.push(claim);
    const request = { podId, token, lockMs: timing.ttlMs, claims };
    const answers = await storeCall.call(signal => runs.claim(request, signal));
    this.calls -= 1;
    this.flush();
    const lost: Question[] = [];
    for (const [index, question] of questions.entries()) {
      const answer = 'kind' in answers ? undefined : answers[index];
      if (answer === undefined) lost.push(question);
      else question.inbox.post({ kind: 'answered', tick: question.tick, answer, askedAt });
    }
    if (lost.length > 0) await this.sendAgain(lost, askedAt);
  }

  private async sendAgain(lost: readonly Question[], askedAt: Instant): Promise<void> {
    await this.retryMoment();
    for (const question of lost) {
      const { claim, tick, inbox } = question;
      if (this.mayGoOn(tick.token)) this.claim(claim, tick, inbox);
      else this.deps.errors.inBackground(this.giveUp(question, askedAt));
    }
  }

  private async giveUp({ claim, tick, inbox }: Question, askedAt: Instant): Promise<void> {
    await this.release(claim);
    inbox.post({ kind: 'answered', tick, answer: { kind: 'unknown' }, askedAt });
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
