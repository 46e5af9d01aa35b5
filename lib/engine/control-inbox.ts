/*
 * Runs that people ask for. A request stands in the store until a leader has decided about it, in one step with that
 * decision: whoever leads finds it, and nobody finds it twice.
 */
import type { ControlStore } from '../ports/control-store.js';
import type { CatchUpGate } from './catch-up-gate.js';
import type { JobRegistry } from './job-registry.js';
import type { LeaderElector } from './leader-elector.js';
import type { TermAsker } from './term-asker.js';
import type { TickDispatcher } from './tick-dispatcher.js';

export interface ControlInboxDeps {
  readonly control: ControlStore;
  readonly jobs: JobRegistry;
  readonly elector: Pick<LeaderElector, 'isIn'>;
  readonly termAsker: TermAsker;
  readonly dispatcher: TickDispatcher;
  /** Requests wait while it is closed. */
  readonly gate: CatchUpGate;
}

export class ControlInbox {
  /** Of the term in which requests are being read. */
  private reading: number | undefined;
  private asked = 0;

  constructor(private readonly deps: ControlInboxDeps) {}

  /** Puts what is asked for on its way, in the term of this token. What is asked for meanwhile is read after it. */
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

  private async read(token: number): Promise<void> {
    const { control, termAsker, jobs, elector, dispatcher } = this.deps;
    const requests = await termAsker.ask(token, signal => control.requests(signal));
    for (const request of requests ?? []) {
      // One for a job that this version of the application does not have waits for a leader that has it.
      const job = jobs.find(request.job);
      if (job !== undefined && elector.isIn(token)) dispatcher.dispatchRequested(job, request, token);
    }
  }
}
