import type { JobContext, Run } from '../core/job.js';
import { elapsedMs } from '../core/instant.js';
import type { Clock } from '../ports/clock.js';
import type { EventBus } from './event-bus.js';

/** Runs handlers. What a handler throws becomes an event and goes no further. */
export class RunExecutor {
  private readonly underWay = new Map<Run, Promise<void>>();

  constructor(
    private readonly clock: Clock,
    private readonly events: EventBus,
  ) {}

  /** Calls the handler. Settles, always successfully, when the handler has settled. */
  execute(run: Run): Promise<void> {
    const settled = this.call(run).finally(() => this.underWay.delete(run));
    this.underWay.set(run, settled);
    return settled;
  }

  /** Whether a run of this job goes on in this process. */
  isRunning(job: string): boolean {
    return this.running.some(run => run.job.name === job);
  }

  /** The runs that go on in this process. */
  get running(): readonly Run[] {
    return [...this.underWay.keys()];
  }

  /** Waits until no run goes on, but no longer than `timeoutMs`. Resolves to the runs that still go on. */
  async drain(timeoutMs: number): Promise<readonly Run[]> {
    const timedOut = new Promise<void>(resolve => {
      const timer = this.clock.timer(timeoutMs, resolve);
      void this.settled().then(() => {
        timer.cancel();
        resolve();
      });
    });
    await timedOut;
    return this.running;
  }

  private async settled(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay.values());
  }

  private async call(run: Run): Promise<void> {
    const context = contextOf(run);
    const startedAt = this.clock.now();
    const durationMs = (): number => elapsedMs(startedAt, this.clock.now());
    this.events.emit({ type: 'job.started', ...context });
    try {
      await run.job.handler(context);
      this.events.emit({ type: 'job.succeeded', ...context, durationMs: durationMs() });
    } catch (error) {
      this.events.emit({ type: 'job.failed', ...context, durationMs: durationMs(), error });
    }
  }
}

function contextOf({ job, tick, runId, token }: Run): JobContext {
  return { job: job.name, tick: new Date(tick), runId, token };
}
