import { StoreUnavailableError } from '../../core/errors/errors.js';
import type { Instant } from '../../core/election/instant.js';
import type { ElectionTiming } from '../../core/election/timing.js';
import type { Candidacy } from '../../ports/candidate-store.js';
import type { Clock } from '../../ports/clock.js';
import type { Entropy } from '../../ports/entropy.js';
import { sleep } from '../../ports/time.js';
import type {
  AcquireAnswer,
  LeaseStore,
  PodNote,
  ProbeAnswer,
  RenewAnswer,
} from '../../ports/lease-store.js';
import { retry } from '../retry.js';
import { isUnknown, type StoreCall, type Unknown } from '../store-call.js';
import type { ElectionObserver } from './election-observer.js';
import type { AskAcquire, AskProbe, AskRenew, Release } from './election-state.js';
import { retryDelayMs } from './election-timing.js';
import { RenewalCounter } from './renewal-counter.js';
import type { StoreClock } from './store-clock.js';

/** A release that gets no answer is repeated this often; after that the lease ends by its ttl. */
const RELEASE_TRIES = 3;

export interface LeaseQuestionsDeps {
  readonly podId: string;
  /** Of the application; shown to people. */
  readonly version: string;
  readonly timing: ElectionTiming;
  readonly store: LeaseStore;
  readonly call: StoreCall;
  readonly clock: Clock;
  readonly storeClock: StoreClock;
  readonly entropy: Entropy;
  readonly observer: () => Pick<ElectionObserver, 'watched' | 'candidacy'>;
}

/** Puts the questions of the election to the lease store, with what goes along: a note of the pod, and its candidacy. */
export class LeaseQuestions {
  private readonly counter = new RenewalCounter();

  constructor(private readonly deps: LeaseQuestionsDeps) {}

  /** How the renewals have been answered so far. */
  get renewals() {
    return this.counter.counts;
  }

  /** Never rejects. */
  async acquire({ askedAt, endedToken, evidence, proberRank }: AskAcquire): Promise<AcquireAnswer | Unknown> {
    const { store, podId, timing, observer, call } = this.deps;
    const watched = observer().watched();
    const asked = { podId, ttlMs: timing.ttlMs, endedToken, evidence, proberRank };
    const request = { ...asked, watched, ...this.notes() };
    const answer = await call.call(signal => store.acquire(request, signal));
    if (answer.kind === 'acquired' || answer.kind === 'held') this.readClock(askedAt, answer.now);
    return answer;
  }

  /** Never rejects. */
  probe({ holder, token }: AskProbe): Promise<ProbeAnswer | Unknown> {
    const { store, call } = this.deps;
    return call.call(signal => store.probe({ podId: holder, token }, signal));
  }

  /** Never rejects. */
  async renew({ askedAt, token, limitMs }: AskRenew): Promise<RenewAnswer | Unknown> {
    const { store, podId, timing, call } = this.deps;
    const request = { podId, token, ttlMs: timing.ttlMs, ...this.notes() };
    const answer = await call.call(signal => store.renew(request, signal), limitMs);
    this.counter.count(answer.kind);
    if (answer.kind === 'renewed') this.readClock(askedAt, answer.now);
    return answer;
  }

  /** Rejects with `StoreUnavailableError` when the store confirms none of a few tries. */
  async release({ token, state, isHandOver }: Release): Promise<void> {
    const { store, podId, call } = this.deps;
    const request = { podId, token, state, isHandOver };
    const answer = await retry(
      () => call.call(signal => store.resign(request, signal)),
      async tries => tries < RELEASE_TRIES && this.sleepBeforeRetry(),
    );
    if (isUnknown(answer)) throw notConfirmed(answer.cause);
  }

  private sleepBeforeRetry(): Promise<boolean> {
    const { clock, timing, entropy } = this.deps;
    return sleep(clock, retryDelayMs(timing, { chance: () => entropy.uniform(0, 1) }));
  }

  private readClock(askedAt: Instant, storeNow: number): void {
    this.deps.storeClock.answered(askedAt, storeNow);
  }

  private notes(): { readonly pod: PodNote; readonly candidacy?: Candidacy } {
    const { storeClock, version, observer } = this.deps;
    const { aheadMs } = storeClock;
    const pod = { version, aheadMs: aheadMs === undefined ? undefined : Math.round(aheadMs) };
    const candidacy = observer().candidacy();
    return candidacy === undefined ? { pod } : { pod, candidacy };
  }
}

function notConfirmed(cause: unknown): StoreUnavailableError {
  return new StoreUnavailableError({
    problem: 'The resignation was not confirmed',
    remedy: 'This process no longer leads; the lease itself ends by its ttl',
    cause,
  });
}
