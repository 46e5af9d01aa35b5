import type { Instant } from '../core/election/instant.js';
import type { Clock } from '../ports/clock.js';
import { nextTurn } from '../ports/time.js';
import type { StoreCall } from './store-call.js';

/** More requests in one call would keep the store from answering others for long. */
const REQUESTS_A_CALL = 250;
/** Further calls wait here, where no time limit runs for them. */
const CALLS_AT_ONCE = 4;

export interface BatchedCallDeps<Request, Answer> {
  readonly clock: Clock;
  readonly storeCall: StoreCall;
  /** Sends requests of one term; one answer each, in the same order. */
  readonly send: (
    requests: readonly Request[],
    signal: AbortSignal,
    token: number,
  ) => Promise<readonly Answer[]>;
}

/** The answer to one request; `undefined`: there was none in time. */
export interface Reply<Answer> {
  readonly answer: Answer | undefined;
  /** Before the call was written. */
  readonly askedAt: Instant;
}

interface Batch<Request, Answer> {
  readonly token: number;
  readonly requests: Request[];
  readonly answers: Promise<{ readonly answers: readonly Answer[]; readonly askedAt: Instant }>;
}

/** Requests that are made at one moment go to the store in one call, in order. */
export class BatchedCall<Request, Answer> {
  /** It takes requests until it is sent. */
  private batch: Batch<Request, Answer> | undefined;
  private calls = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly deps: BatchedCallDeps<Request, Answer>) {}

  /**
   * Sends a request with the others of its term. Rejects only by a bug.
   *
   * @param token of the term; 0: of none
   */
  async call(request: Request, token: number): Promise<Reply<Answer>> {
    if (this.batch?.token !== token || this.batch.requests.length === REQUESTS_A_CALL) {
      const requests: Request[] = [];
      this.batch = { token, requests, answers: this.send(requests, token) };
    }
    const { batch } = this;
    const index = batch.requests.push(request) - 1;
    const { answers, askedAt } = await batch.answers;
    return { answer: answers[index], askedAt };
  }

  /** Sends a batch as soon as its turn is over and few calls are under way. */
  private async send(requests: readonly Request[], token: number): Batch<Request, Answer>['answers'] {
    const { clock, storeCall } = this.deps;
    await nextTurn(clock);
    if (this.calls < CALLS_AT_ONCE) this.calls += 1;
    else await new Promise<void>(resolve => this.waiting.push(resolve));
    if (this.batch?.requests === requests) this.batch = undefined;
    const askedAt = clock.now();
    const answers = await storeCall.call(signal => this.deps.send(requests, signal, token));
    // The call that has waited longest is sent in its stead.
    const next = this.waiting.shift();
    if (next === undefined) this.calls -= 1;
    else next();
    return { answers: 'kind' in answers ? [] : answers, askedAt };
  }
}
