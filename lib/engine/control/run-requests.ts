/*
 * Requested runs. A request stays in the store until a leader has decided about it, in one step with that decision: any
 * leader finds it, and none finds it twice. A request that no pod takes expires.
 */
import type { PodFacts } from '../../core/run/run-facts.js';
import { isStartHandle, startHandle } from '../../core/run/start-handle.js';
import {
  REQUESTS_A_PAGE,
  type ControlStore,
  type RequestsPage,
  type RunRequest,
} from '../../ports/control-store.js';
import type { CatchUpGate } from '../ticks/catch-up-gate.js';
import { CountedTogether } from '../runs/counted-together.js';
import type { EventBus } from '../event-bus.js';
import type { JobRegistry } from './job-registry.js';
import type { LeaderElector } from '../election/elector.js';
import type { CallWhileLeading } from '../call-while-leading.js';
import type { JobSchedulers } from '../ticks/job-schedulers.js';

export interface RunRequestsDeps {
  readonly control: ControlStore;
  readonly jobs: JobRegistry;
  readonly elector: Pick<LeaderElector, 'isIn'>;
  readonly whileLeading: CallWhileLeading;
  readonly schedulers: JobSchedulers;
  readonly pod: PodFacts;
  /** Requests wait while it is closed. */
  readonly gate: CatchUpGate;
  readonly events: EventBus;
}

export class RunRequests {
  /** Of the term in which requests are being read. */
  private reading: number | undefined;
  private asked = 0;
  /** Where the next page begins that is read with a renewal. */
  private after = '';

  constructor(private readonly deps: RunRequestsDeps) {}

  /** Starts the requested runs, in the term of this token. Requests that arrive meanwhile are read afterwards. */
  async settle(token: number): Promise<void> {
    if (!this.deps.gate.isOpen) return;
    this.asked += 1;
    if (this.reading === token) return;
    this.reading = token;
    for (let answered = 0; answered !== this.asked && this.deps.elector.isIn(token);) {
      answered = this.asked;
      await this.read(token);
    }
    if (this.reading === token) this.reading = undefined;
  }

  /**
   * The same with each renewal: a client that requests a run notifies the leader, and this finds notifications that got lost.
   * Of many requests, which are there because no pod has their job, one page is read at a time.
   *
   * @param standing how many there are
   */
  async poll(token: number, standing: number): Promise<void> {
    if (!this.deps.gate.isOpen) return;
    if (standing <= REQUESTS_A_PAGE) return this.settle(token);
    if (this.reading === token) return;
    const page = await this.readPage(token, this.after);
    this.after = page?.next ?? '';
  }

  private async read(token: number): Promise<void> {
    for (let after: string | undefined = ''; after !== undefined;) {
      const page: RequestsPage | undefined = await this.readPage(token, after);
      after = page?.next;
    }
  }

  private async readPage(token: number, after: string): Promise<RequestsPage | undefined> {
    const { control, whileLeading, jobs, elector, schedulers, events } = this.deps;
    const page = await whileLeading.call(token, signal => control.requests(after, signal));
    const expired = page?.expired ?? [];
    const counts = new CountedTogether(expired.map(({ job }) => job));
    for (const { id, job, tick } of expired)
      events.emit({ type: 'request.expired', job, tick: new Date(tick), requestId: id, ...counts.next(job) });
    for (const request of page?.requests ?? []) {
      // One for a job that this version of the application does not have waits for a leader that has it.
      const job = jobs.find(request.job);
      if (job !== undefined && this.isOfThisVersion(request) && elector.isIn(token))
        schedulers.runRequested(job, request, token);
    }
    return page;
  }

  /** The run at the start of another version waits for a leader of that version. */
  private isOfThisVersion({ id, job }: RunRequest): boolean {
    return !isStartHandle(id) || id === startHandle(this.deps.pod.version, job);
  }
}
