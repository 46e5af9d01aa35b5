import { RETRY_MAX_MS, RETRY_MIN_MS } from '../core/election/timing.js';
import type { Clock } from '../ports/clock.js';
import type { Entropy } from '../ports/entropy.js';
import type { PageListener } from '../ports/pages.js';
import { isUnknown, type Asker } from './store-call.js';
import type { LeaderElector } from './election/elector.js';

export interface TermAskerDeps {
  readonly asker: Asker;
  readonly elector: Pick<LeaderElector, 'isIn'>;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

type Send<Answer> = (signal: AbortSignal, onPage: PageListener) => Promise<Answer>;

/** Asks until there is an answer, for as long as a term lasts. */
export class TermAsker {
  constructor(private readonly deps: TermAskerDeps) {}

  /** Resolves to `undefined` when the term ended first; never rejects. */
  async ask<Answer>(token: number, send: Send<Answer>): Promise<Answer | undefined> {
    return this.askWhile(() => this.deps.elector.isIn(token), send);
  }

  /**
   * The same, and past the end of the term where it may have been asked in it, until `isClosed`: for what is reported by
   * the pod that did it.
   */
  async askToTheEnd<Answer>(
    token: number,
    send: Send<Answer>,
    isClosed: () => boolean,
  ): Promise<Answer | undefined> {
    let isAsked = false;
    const goesOn = (): boolean => this.deps.elector.isIn(token) || (isAsked && !isClosed());
    return this.askWhile(goesOn, (signal, onPage) => {
      isAsked = true;
      return send(signal, onPage);
    });
  }

  private async askWhile<Answer>(goesOn: () => boolean, send: Send<Answer>): Promise<Answer | undefined> {
    const { asker, clock, entropy } = this.deps;
    while (goesOn()) {
      const answer = await asker.ask(send);
      if (!isUnknown(answer)) return answer;
      await new Promise<void>(resolve => clock.timer(entropy.uniform(RETRY_MIN_MS, RETRY_MAX_MS), resolve));
    }
    return undefined;
  }
}
