import type { Clock } from '../ports/clock.js';
import type { Entropy } from '../ports/entropy.js';
import { isUnknown, type Asker } from './asker.js';
import { RETRY_MAX_MS, RETRY_MIN_MS, type LeaderElector } from './leader-elector.js';

export interface TermAskerDeps {
  readonly asker: Asker;
  readonly elector: Pick<LeaderElector, 'isIn'>;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

/** Asks until there is an answer, for as long as a term lasts. */
export class TermAsker {
  constructor(private readonly deps: TermAskerDeps) {}

  /** Resolves to `undefined` when the term ended first; never rejects. */
  async ask<Answer>(
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
}
