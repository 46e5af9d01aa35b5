import type { Run } from '../core/job.js';
import type { Ticker } from '../ports/ticker.js';
import type { EventBus } from './event-bus.js';
import type { JobRegistry } from './job-registry.js';
import type { LeaderElector } from './leader-elector.js';
import type { RunExecutor } from './run-executor.js';
import type { TickDispatcher } from './tick-dispatcher.js';

export interface ScheduleEngineDeps {
  readonly jobs: JobRegistry;
  readonly ticker: Ticker;
  readonly elector: LeaderElector;
  readonly dispatcher: TickDispatcher;
  readonly executor: RunExecutor;
  readonly events: EventBus;
}

/** One scheduler: an election and the jobs that go by it, from start to shutdown. */
export class ScheduleEngine {
  private readonly wakeAll = new Set<() => void>();

  constructor(private readonly deps: ScheduleEngineDeps) {
    // A tick that fell into a suspension is due the moment trust is back, not at the next wake-up.
    deps.events.subscribe(event => {
      if (event.type === 'leader.resumed') for (const wake of this.wakeAll) wake();
    });
  }

  /** Puts the jobs on their timers, stopped. Throws `DuplicateJobError` when a timer's name is taken. */
  mount(): void {
    const { jobs, ticker, dispatcher } = this.deps;
    for (const job of jobs.jobs) {
      const timer = ticker.add(job, wake => dispatcher.wake(job, wake));
      this.wakeAll.add(() => timer.wake());
    }
  }

  /** Begins to compete and to tick. Does no I/O before it returns: a store that is away delays nothing. */
  start(): void {
    this.deps.elector.start();
    this.deps.ticker.start();
  }

  /**
   * Takes no new ticks, waits for the runs under way, then lets go of the lease: the lease is kept while they
   * drain, so that no other pod starts the same job beside them. Resolves to the runs that did not end in time.
   */
  async shutdown(drainTimeoutMs: number): Promise<readonly Run[]> {
    this.deps.ticker.stop();
    const leftover = await this.deps.executor.drain(drainTimeoutMs);
    await this.deps.elector.stop();
    return leftover;
  }
}
