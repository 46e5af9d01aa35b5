import type { RunRef } from '../../../lib/core/run/run-ref.js';
import type { RunRequest } from '../../../lib/ports/control-store.js';
import type { Claim } from '../../../lib/ports/run-store.js';
import { HOUR, MINUTE } from '../../support/durations.js';
import type { RunStores } from '../../support/run-stores.js';

export const never: AbortSignal = new AbortController().signal;
export const LONG = MINUTE;
/** A run lock, or a pause, that ends within the test. */
export const SHORT = 25;
const RETENTION = { keep: 100, maxAgeMs: HOUR };
export const A = { podId: 'a', token: 7 };
export const B = { podId: 'b', token: 8 };

/** The steps of a test on the stores, in short form: candidate `a` leads with token 7. */
export class Lab {
  static async of(this: void, stores: RunStores): Promise<Lab> {
    await stores.lead(A.podId, A.token);
    return new Lab(stores);
  }

  constructor(readonly stores: RunStores) {}

  now() {
    return this.stores.now();
  }

  pause(job: string, forMs = Infinity, reason = '') {
    return this.stores.control.pause({ job, forMs, reason }, never);
  }

  resume(job: string) {
    return this.stores.control.resume(job, never);
  }

  request(id: string, job = 'job') {
    return this.stores.control.requestRun({ id, job }, never);
  }

  async standing(): Promise<string[]> {
    return (await this.stores.control.requests('', never)).requests.map(({ id }) => id);
  }

  outcome(request: RunRequest) {
    return this.stores.cluster.outcome(request, never);
  }

  /** The claim of a tick; at `tick` by the store's clock. */
  async claim(tick: number, runId: string, more: Partial<Claim> = {}, term = A, lockMs = LONG) {
    const policy = { overlap: 'skip', recover: false, retention: RETENTION, facts: { pod: 'p' } } as const;
    const claim: Claim = {
      job: 'job',
      tick,
      runId,
      manual: false,
      intent: 'run',
      reason: '',
      ...policy,
      ...more,
    };
    const [answer] = await this.stores.runs.claim({ ...term, lockMs, claims: [claim] }, never);
    return answer;
  }

  /** The claim of a requested run. */
  claimRequested({ id, job, tick }: RunRequest, runId: string, more: Partial<Claim> = {}, term = A) {
    return this.claim(tick, runId, { job, manual: true, handle: id, isRequested: true, ...more }, term);
  }

  runOf({ id, job, tick }: RunRequest, runId: string): RunRef {
    return { job, tick, runId, manual: true, handle: id };
  }

  async finish(run: RunRef) {
    const end = { state: 'succeeded', attempt: 1, retention: RETENTION, facts: {} } as const;
    const [answer] = await this.stores.runs.finish([{ ...run, ...end }], never);
    return answer;
  }

  async beat(run: RunRef, lockMs = LONG) {
    const [answer] = await this.stores.runs.heartbeat({ lockMs, runs: [run] }, never);
    return answer;
  }

  async adopt(orphan: RunRef, wish: 'recover' | 'abandon' = 'abandon', term = B, runId = 'new') {
    const adoption = { orphan, wish, runId, facts: {}, retention: RETENTION };
    const [answer] = await this.stores.runs.adopt({ ...term, lockMs: LONG, orphans: [adoption] }, never);
    return answer;
  }

  abort(run: RunRef) {
    return this.stores.control.requestAbort(run, never);
  }

  reschedule(order?: string, job = 'job') {
    return this.stores.control.reschedule(job, order, never);
  }

  async open(schedule: string, order = '', term = A) {
    const answer = await this.stores.runs.open(
      { ...term, jobs: [{ job: 'job', schedule, override: order }] },
      never,
    );
    return answer.kind === 'opened' ? answer.watermarks[0] : answer.kind;
  }

  /** The records of ticks that have ended, newest first. */
  async past(): Promise<string[]> {
    const records = await this.stores.history.history({ job: 'job', limit: 100 }, never);
    return records.map(({ runId, state, reason }) => `${runId} ${state} ${reason}`.trim());
  }
}
