import type {
  AdoptRequest,
  ClaimAnswer,
  ClaimRequest,
  FinishAnswer,
  FinishRequest,
  HeartbeatRequest,
  OpenRequest,
  RunStore,
} from '../../lib/ports/run-store.js';
import type { RunRef } from '../../lib/core/run/run-ref.js';
import type { Fault } from './faulty-lease-store.js';

const INVALID: ClaimAnswer = { kind: 'failed', message: 'WRONGTYPE', isDataInvalid: true };

export type RunOperation = keyof RunStore;

/** One pod's way to a shared run store, which can be made to misbehave, as a whole or in one operation. */
export class FaultyRunStore implements RunStore {
  /** The fault of every operation that has no fault of its own. */
  fault: Fault = 'none';
  readonly faults: Partial<Record<RunOperation, Fault>> = {};
  /** Every operation that was sent, in order. */
  readonly sent: RunOperation[] = [];
  /** Every claim that was sent, in order: one entry per question, so a repeated question stands here twice. */
  readonly claimed: RunRef[] = [];
  /** The answer of the store to every claim instead of deciding it, such as that its memory is full. */
  refusal: string | undefined;
  /** A job of which the store holds what cannot be read: it refuses every claim of it, and its ends. */
  invalidJob: string | undefined;
  /** Whether it cannot record that runs have ended, for a reason that may be this pod's alone. */
  refusesEnds = false;
  /** Whether replicas do not confirm what is granted: the claim stands, and is answered as failed. */
  isUnconfirmed = false;
  /** The answer of the store instead of how long a run lock, or the time until a tick, still lasts, ms. */
  waitMs: number | undefined;
  /** Called when a claim is answered, before the pod gets to know: a pause of the pod at the worst moment. */
  onClaimAnswered: (answers: readonly ClaimAnswer[]) => void = () => undefined;
  /** Whether a release gets no answer. */
  losesRelease: (request: RunRef) => boolean = () => false;
  /** The answer of a claim arrives when this settles. */
  delivery: () => Promise<void> = () => Promise.resolve();
  /** The same of orphans. */
  onAdopted: () => void = () => undefined;

  constructor(private readonly inner: RunStore) {}

  open(request: OpenRequest, signal: AbortSignal) {
    return this.through('open', () => this.inner.open(request, signal));
  }

  claim(request: ClaimRequest, signal: AbortSignal) {
    this.claimed.push(...request.claims);
    return this.through('claim', async () => {
      const { refusal: message } = this;
      if (message !== undefined) return request.claims.map((): ClaimAnswer => ({ kind: 'failed', message }));
      const answers = (await this.claimValid(request, signal)).map(answer =>
        'waitMs' in answer ? { ...answer, waitMs: this.waitMs ?? answer.waitMs } : answer,
      );
      this.onClaimAnswered(answers);
      await this.delivery();
      if (!this.isUnconfirmed) return answers;
      return answers.map((answer): ClaimAnswer =>
        answer.kind === 'go' ? { kind: 'failed', message: 'Not confirmed' } : answer,
      );
    });
  }

  heartbeat(request: HeartbeatRequest, signal: AbortSignal) {
    return this.through('heartbeat', () => this.inner.heartbeat(request, signal));
  }

  finish(requests: readonly FinishRequest[], signal: AbortSignal) {
    return this.through('finish', async () => {
      if (this.refusesEnds) return requests.map((): FinishAnswer => 'failed');
      const isInvalid = requests.some(({ job }) => job === this.invalidJob);
      return isInvalid ? requests.map((): FinishAnswer => 'invalid') : this.inner.finish(requests, signal);
    });
  }

  release(request: RunRef, signal: AbortSignal) {
    return this.through('release', () =>
      this.losesRelease(request) ? new Promise<never>(() => undefined) : this.inner.release(request, signal),
    );
  }

  unfinished(after: string, signal: AbortSignal) {
    return this.through('unfinished', async () => {
      const page = await this.inner.unfinished(after, signal);
      const longer = (liveMs: number) => (liveMs > 0 ? (this.waitMs ?? liveMs) : liveMs);
      return { ...page, runs: page.runs.map(run => ({ ...run, liveMs: longer(run.liveMs) })) };
    });
  }

  adopt(request: AdoptRequest, signal: AbortSignal) {
    return this.through('adopt', async () => {
      const answers = await this.inner.adopt(request, signal);
      this.onAdopted();
      return answers;
    });
  }

  /** How often an operation was sent. */
  count(operation: RunOperation): number {
    return this.sent.filter(one => one === operation).length;
  }

  private async claimValid(request: ClaimRequest, signal: AbortSignal): Promise<ClaimAnswer[]> {
    const isValid = ({ job }: RunRef): boolean => job !== this.invalidJob;
    const claims = request.claims.filter(isValid);
    const decided = [...(await this.inner.claim({ ...request, claims }, signal))];
    return request.claims.map(claim => (isValid(claim) ? (decided.shift() ?? INVALID) : INVALID));
  }

  private async through<Answer>(operation: RunOperation, send: () => Promise<Answer>): Promise<Answer> {
    this.sent.push(operation);
    const fault = this.faults[operation] ?? this.fault;
    if (fault === 'fails') throw new Error('no connection');
    if (fault === 'hangs') return new Promise(() => undefined);
    const answer = await send();
    return fault === 'loses-replies' ? new Promise(() => undefined) : answer;
  }
}
