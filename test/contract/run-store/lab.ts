import type { RunFacts } from '../../../lib/core/run/run-facts.js';
import type { RunRef } from '../../../lib/core/run/run-ref.js';
import type { Adoption, Claim } from '../../../lib/ports/run-store.js';
import { allUnfinished } from '../../support/all-unfinished.js';
import { HOUR, MINUTE, SECOND } from '../../support/durations.js';
import type { RunStores } from '../../support/run-stores.js';

export const never: AbortSignal = new AbortController().signal;
export const LONG = MINUTE;
/** A run lock that expires within the test. */
export const SHORT = 25;
export const EVERYTHING = { keep: 100, maxAgeMs: HOUR };
export const A = { podId: 'a', token: 7 };
export const B = { podId: 'b', token: 8 };

/** The steps of a test on the stores, in short form: candidate `a` leads with token 7, ticks are seconds from a start. */
export class Lab {
  static async of(this: void, stores: RunStores): Promise<Lab> {
    await stores.lead(A.podId, A.token);
    return new Lab(stores, (await stores.now()) - 1000 * SECOND);
  }

  constructor(
    readonly stores: RunStores,
    readonly start: number,
  ) {}

  run(second: number, runId: string, more: Partial<RunRef> = {}): RunRef {
    return { job: 'job', tick: this.start + second * SECOND, runId, manual: false, ...more };
  }

  wish(second: number, runId: string, more: Partial<Claim> = {}): Claim {
    const policy = {
      intent: 'run',
      reason: '',
      overlap: 'skip',
      recover: false,
      retention: EVERYTHING,
    } as const;
    return { ...this.run(second, runId), ...policy, facts: { pod: 'p' }, ...more };
  }

  claim(claims: readonly Claim[], lockMs = LONG, term = A) {
    return this.stores.runs.claim({ ...term, lockMs, claims }, never);
  }

  async claimOne(second: number, runId: string, more: Partial<Claim> = {}, lockMs = LONG, term = A) {
    const [answer] = await this.claim([this.wish(second, runId, more)], lockMs, term);
    return answer;
  }

  open(schedule = 's', term = A) {
    return this.stores.runs.open({ ...term, jobs: [{ job: 'job', schedule }] }, never);
  }

  async finish(
    run: RunRef,
    state: 'succeeded' | 'failed' = 'succeeded',
    retention = EVERYTHING,
    facts: RunFacts = { ms: 5 },
  ) {
    const request = { ...run, state, attempt: 1, retention, facts };
    const [answer] = await this.stores.runs.finish([request], never);
    return answer;
  }

  heartbeat(runs: readonly RunRef[], lockMs = LONG) {
    return this.stores.runs.heartbeat({ lockMs, runs }, never);
  }

  release(run: RunRef) {
    return this.stores.runs.release(run, never);
  }

  async adopt(orphan: RunRef, more: Partial<Adoption> = {}, term = A, lockMs = LONG) {
    const wish = { wish: 'recover', runId: 'new', facts: { pod: 'q' }, retention: EVERYTHING } as const;
    const [answer] = await this.stores.runs.adopt(
      { ...term, lockMs, orphans: [{ orphan, ...wish, ...more }] },
      never,
    );
    return answer;
  }

  adoption(orphan: RunRef, wish: Adoption['wish'] = 'abandon'): Adoption {
    const runId = `new-${orphan.runId}`;
    return { orphan, wish, runId, facts: { pod: 'q' }, retention: EVERYTHING };
  }

  async unfinished() {
    return allUnfinished(this.stores.runs, never);
  }

  history(query: Partial<Parameters<RunStores['history']['history']>[0]> = {}) {
    return this.stores.history.history({ job: 'job', limit: 100, ...query }, never);
  }

  /** States by second, newest first. */
  async past(query = {}) {
    return (await this.history(query)).map(({ tick, state }) => `${(tick - this.start) / SECOND} ${state}`);
  }
}
