import type {
  Announcement,
  ClusterStore,
  ControlStore,
  PauseRequest,
  RunRequest,
  RunWish,
  StartRequest,
  SweepRequest,
} from '../../lib/ports/control-store.js';
import type { CandidateState, CandidateStore, JobSetPage } from '../../lib/ports/candidate-store.js';
import type { RunRef } from '../../lib/core/run/run-ref.js';
import type { Fault } from './faulty-lease-store.js';

/** A way to a store, which can be made to misbehave. */
class FaultyWay {
  fault: Fault = 'none';
  /** How many questions were sent. */
  asked = 0;
  private held: (() => void)[] | undefined;

  /** Keeps the answers from now on, until `letGo`. */
  hold(): void {
    this.held ??= [];
  }

  letGo(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const answer of held) answer();
  }

  protected async through<Answer>(send: () => Promise<Answer>): Promise<Answer> {
    this.asked += 1;
    if (this.fault === 'fails') throw new Error('no connection');
    if (this.fault === 'hangs') return new Promise(() => undefined);
    const answer = await send();
    const { held } = this;
    if (held !== undefined) await new Promise<void>(resolve => held.push(resolve));
    return this.fault === 'loses-replies' ? new Promise(() => undefined) : answer;
  }
}

/** One pod's access to the requests of users. */
export class FaultyControlStore extends FaultyWay implements ControlStore {
  constructor(private readonly inner: ControlStore) {
    super();
  }

  pause(request: PauseRequest, signal: AbortSignal) {
    return this.through(() => this.inner.pause(request, signal));
  }

  resume(job: string, signal: AbortSignal) {
    return this.through(() => this.inner.resume(job, signal));
  }

  requestRun(request: RunWish, signal: AbortSignal) {
    return this.through(() => this.inner.requestRun(request, signal));
  }

  requestStarts(request: StartRequest, signal: AbortSignal) {
    return this.through(() => this.inner.requestStarts(request, signal));
  }

  withdraw(id: string, signal: AbortSignal) {
    return this.through(() => this.inner.withdraw(id, signal));
  }

  requests(after: string, signal: AbortSignal) {
    return this.through(() => this.inner.requests(after, signal));
  }

  requestAbort(run: RunRef, signal: AbortSignal) {
    return this.through(() => this.inner.requestAbort(run, signal));
  }

  reschedule(job: string, order: string | undefined, signal: AbortSignal) {
    return this.through(() => this.inner.reschedule(job, order, signal));
  }
}

/** One pod's way to what can be seen of the cluster. */
export class FaultyClusterStore extends FaultyWay implements ClusterStore {
  constructor(private readonly inner: ClusterStore) {
    super();
  }

  announce(request: Announcement, signal: AbortSignal) {
    return this.through(() => this.inner.announce(request, signal));
  }

  announced(signal: AbortSignal) {
    return this.through(() => this.inner.announced(signal));
  }

  states(jobs: readonly string[], signal: AbortSignal) {
    return this.through(() => this.inner.states(jobs, signal));
  }

  outcome(request: RunRequest, signal: AbortSignal) {
    return this.through(() => this.inner.outcome(request, signal));
  }

  pods(signal: AbortSignal) {
    return this.through(() => this.inner.pods(signal));
  }

  leave(podId: string, signal: AbortSignal) {
    return this.through(() => this.inner.leave(podId, signal));
  }

  jobNames(after: string, signal: AbortSignal) {
    return this.through(() => this.inner.jobNames(after, signal));
  }

  sweep(request: SweepRequest, signal: AbortSignal) {
    return this.through(() => this.inner.sweep(request, signal));
  }
}

/** One pod's access to the messages of candidates. */
export class FaultyCandidateStore extends FaultyWay implements CandidateStore {
  /** Whether the pages of sets are found no more. */
  hasLostPages = false;

  constructor(private readonly inner: CandidateStore) {
    super();
  }

  digestOf(pages: readonly string[]): string {
    return this.inner.digestOf(pages);
  }

  pagesIn(jobSet: string): number | undefined {
    return this.inner.pagesIn(jobSet);
  }

  publish(page: JobSetPage, signal: AbortSignal) {
    return this.through(() => this.inner.publish(page, signal));
  }

  read(jobSet: string, index: number, signal: AbortSignal) {
    return this.through(async () =>
      this.hasLostPages ? undefined : await this.inner.read(jobSet, index, signal),
    );
  }

  candidates(signal: AbortSignal) {
    return this.through(() => this.inner.candidates(signal));
  }

  mark(podId: string, state: CandidateState, signal: AbortSignal) {
    return this.through(() => this.inner.mark(podId, state, signal));
  }
}
