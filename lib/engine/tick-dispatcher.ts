/*
 * The walk of a tick: wake-up → due ticks → trust → claim → trust → run.
 *
 * A wake-up only says "look". Which ticks are due follows from the schedule and from the last tick handled, so
 * a wake-up that comes late (a busy event loop, a short pause) loses none, and one that comes twice starts
 * nothing twice. A tick belongs to this process if it fell due within its term: earlier ones were the
 * predecessor's.
 */
import type { SkipReason } from '../core/events.js';
import type { Job } from '../core/job.js';
import { TickCursor } from '../core/tick-cursor.js';
import type { Clock } from '../ports/clock.js';
import type { Entropy } from '../ports/entropy.js';
import type { RunStore } from '../ports/run-store.js';
import type { Wake } from '../ports/ticker.js';
import type { EventBus } from './event-bus.js';
import type { HeldTerm, LeaderElector } from './leader-elector.js';
import type { RunExecutor } from './run-executor.js';

export interface TickDispatcherDeps {
  readonly elector: Pick<LeaderElector, 'currentTerm'>;
  readonly runs: RunStore;
  readonly executor: RunExecutor;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly events: EventBus;
}

export class TickDispatcher {
  private readonly cursors = new Map<string, TickCursor>();
  /** Ends when the job's last dispatched tick was handled: the queue of jobs that wait for completion. */
  private readonly tails = new Map<string, Promise<void>>();

  constructor(private readonly deps: TickDispatcherDeps) {}

  /** Starts what is due. On a follower it returns at once. */
  wake(job: Job, wake: Wake): void {
    const term = this.deps.elector.currentTerm();
    if (term === undefined) return;
    if (wake.cause === 'manual') void this.runNow(job, term);
    else this.startDue(job, wake, term);
  }

  private startDue(job: Job, wake: Wake, term: HeldTerm): void {
    const now = this.deps.clock.now().wallMs;
    const since = Math.max(term.startedAt, wake.startedAt);
    const { ticks, passedOver } = this.cursorOf(job).due(wake.schedule, since, now);
    const punctual = ticks.filter(tick => now - tick <= job.thresholdMs);
    for (const tick of ticks) if (!punctual.includes(tick)) this.skip(job, tick, 'late');
    if (passedOver) this.skip(job, since, 'passed-over');
    if (job.waitForCompletion) this.startInTurn(job, punctual, term);
    else for (const tick of punctual) void this.start(job, tick, term);
  }

  /** Several ticks due at once run one after the other; ticks that fall due meanwhile are skipped. */
  private startInTurn(job: Job, ticks: readonly number[], term: HeldTerm): void {
    if (this.tails.has(job.name)) {
      for (const tick of ticks) this.skip(job, tick, 'running');
      return;
    }
    const inTurn = async (): Promise<void> => {
      for (const tick of ticks) await this.start(job, tick, term);
      this.tails.delete(job.name);
    };
    if (ticks.length > 0) this.tails.set(job.name, inTurn());
  }

  private async start(job: Job, tick: number, term: HeldTerm): Promise<void> {
    const { runs, executor, entropy } = this.deps;
    const run = { job, tick, runId: entropy.id(), token: term.token };
    const answer = await runs
      .claim({ job: job.name, tick, runId: run.runId, token: term.token })
      .catch((): { kind: 'unknown' } => ({ kind: 'unknown' }));
    switch (answer.kind) {
      case 'go':
      case 'mine':
        // The claim took time, and trust may have ended meanwhile.
        if (!this.stillIn(term)) return this.skip(job, tick, 'not-leader');
        return executor.execute(run);
      case 'taken':
      case 'past':
        return this.skip(job, tick, 'claimed');
      case 'fenced':
        return this.skip(job, tick, 'not-leader');
      case 'unknown':
        return this.skip(job, tick, 'store-unavailable');
    }
  }

  /** Somebody fired the job by hand: it runs now, beside its schedule, and claims no tick. */
  private runNow(job: Job, term: HeldTerm): Promise<void> {
    const { executor, clock, entropy } = this.deps;
    const tick = clock.now().wallMs;
    return executor.execute({ job, tick, runId: entropy.id(), token: term.token });
  }

  private stillIn(term: HeldTerm): boolean {
    return this.deps.elector.currentTerm()?.token === term.token;
  }

  private skip(job: Job, tick: number, reason: SkipReason): void {
    this.deps.events.emit({ type: 'job.skipped', job: job.name, tick: new Date(tick), reason });
  }

  private cursorOf(job: Job): TickCursor {
    const known = this.cursors.get(job.name);
    if (known !== undefined) return known;
    const cursor = new TickCursor();
    this.cursors.set(job.name, cursor);
    return cursor;
  }
}
