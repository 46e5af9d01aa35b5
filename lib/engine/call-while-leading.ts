import type { Clock } from '../ports/clock.js';
import type { Entropy } from '../ports/entropy.js';
import type { Send } from '../ports/time.js';
import type { LeaderElector } from './election/elector.js';
import { retry, sleepBeforeRetry } from './retry.js';
import { isUnknown, type StoreCall } from './store-call.js';

export interface CallWhileLeadingDeps {
  readonly storeCall: StoreCall;
  readonly elector: Pick<LeaderElector, 'isIn'>;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

/** Repeats a call of a store until there is an answer, for as long as a term lasts. */
export class CallWhileLeading {
  constructor(private readonly deps: CallWhileLeadingDeps) {}

  /** Resolves to `undefined` when the term ended first; never rejects. */
  async call<Answer>(token: number, send: Send<Answer>): Promise<Answer | undefined> {
    return this.callWhile(() => this.deps.elector.isIn(token), send);
  }

  /**
   * The same. A call that was first made in the term is also repeated after its end, until `isClosed`: what this pod may
   * have done is reported by this pod.
   */
  async callToTheEnd<Answer>(
    token: number,
    send: Send<Answer>,
    isClosed: () => boolean,
  ): Promise<Answer | undefined> {
    let isSent = false;
    const goesOn = (): boolean => this.deps.elector.isIn(token) || (isSent && !isClosed());
    return this.callWhile(goesOn, (signal, onPage) => {
      isSent = true;
      return send(signal, onPage);
    });
  }

  private async callWhile<Answer>(goesOn: () => boolean, send: Send<Answer>): Promise<Answer | undefined> {
    if (!goesOn()) return undefined;
    const answer = await retry(
      () => this.deps.storeCall.call(send),
      async () => {
        await sleepBeforeRetry(this.deps);
        return goesOn();
      },
    );
    return isUnknown(answer) ? undefined : answer;
  }
}
