/*
 * The ticks of one job, in their order.
 *
 * A tick that falls due alone is put to the store at once, which decides by the job's overlap. Ticks that are due
 * together (a late wake-up, a catch-up) would bar each other's way; unless the job allows overlap they are worked
 * off one after the other, and what falls due meanwhile is decided here, behind them: a tick noted out of turn
 * would move the job's mark past those that still wait.
 */
import type { SkipReason } from '../core/events.js';
import type { Instant } from '../core/instant.js';
import type { CronSchedule } from '../core/cron-schedule.js';
import type { Job, Run } from '../core/job.js';
import { tickFacts, type PodFacts } from '../core/run-facts.js';
import type { ElectionTiming } from '../core/timing.js';
import type { Clock } from '../ports/clock.js';
import type { Entropy } from '../ports/entropy.js';
import type { Claim, Intent } from '../ports/run-store.js';
import type { Claimer, SettledAnswer } from './claimer.js';
import type { EventBus } from './event-bus.js';
import type { LeaderElector } from './leader-elector.js';
import type { RunExecutor } from './run-executor.js';

export interface JobLaneDeps {
  readonly pod: PodFacts;
  readonly elector: Pick<LeaderElector, 'isIn' | 'fenced'>;
  readonly claimer: Claimer;
  readonly executor: RunExecutor;
  readonly timing: ElectionTiming;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly events: EventBus;
}

/** A tick and what is to become of it. */
export interface DueTick {
  /** Unix ms. */
  readonly tick: number;
  readonly intent: Intent;
  /** Why it does not run, where it is not to. */
  readonly reason?: SkipReason;
  readonly catchUp?: boolean;
  readonly manual?: boolean;
  /** The schedule that names it, where that is not the job's own any more. */
  readonly schedule?: CronSchedule;
  /** With intent `missed`: the ticks after this instant (Unix ms) were missed, so many of them. */
  readonly since?: number;
  readonly count?: number;
}

/** A tick, and the term in which it is asked for. */
interface Order {
  readonly due: DueTick;
  readonly token: number;
}

/** An answer that needs no waiting. */
interface ToGoBy {
  readonly answer: Exclude<SettledAnswer, { kind: 'queued' | 'early' }>;
  readonly askedAt: Instant;
}

/** A tick that is this process's to run. */
interface Granted {
  readonly claim: Claim;
  readonly askedAt: Instant;
}

export class JobLane {
  private readonly backlog: Order[] = [];
  private readonly wakers = new Set<() => void>();
  private readonly undecided = new Set<Promise<undefined>>();
  private readonly runIds = new Set<string>();
  private asking = 0;
  private afterAnswer: (() => void) | undefined;
  private isWorkingOff = false;
  private isClosed = false;

  constructor(
    private readonly job: Job,
    private readonly deps: JobLaneDeps,
  ) {}

  /** Takes ticks, oldest first, in the term of this token. */
  add(ticks: readonly DueTick[], token: number): void {
    const orders = ticks.map(due => ({ due, token }));
    const isFree = !this.isWorkingOff && orders.length <= 1;
    if (isFree || this.job.policy.overlap === 'allow') {
      for (const order of orders) void this.decideNow(order);
    } else if (this.isWorkingOff) {
      for (const order of orders) this.backlog.push({ ...order, due: this.behind(order.due) });
    } else {
      this.backlog.push(...orders);
      void this.workOff();
    }
  }

  /** Run ids under which ticks are asked for, or wait to be asked for again. */
  get deciding(): ReadonlySet<string> {
    return this.runIds;
  }

  /** Whether an answer of the store is awaited. If so, `then` is called when it has come. */
  isAsking(then: () => void): boolean {
    if (this.asking === 0) return false;
    this.afterAnswer = then;
    return true;
  }

  /** Makes a run whose tick is this process's already. */
  async run(run: Run, askedAt: Instant): Promise<void> {
    await this.deps.executor.execute(run, askedAt);
    this.wakeWaiting();
  }

  /** The term is over: whoever waits looks at once what that means. */
  wakeWaiting(): void {
    for (const wake of this.wakers) wake();
  }

  /** Starts nothing more; settles when no claim is under way and every tick that waited was given back. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.backlog.length = 0;
    this.wakeWaiting();
    await Promise.all(this.undecided);
  }

  private async workOff(): Promise<void> {
    this.isWorkingOff = true;
    for (let order = this.backlog.shift(); order !== undefined; order = this.backlog.shift()) {
      // What was left over when a term ended is for the next leader to decide.
      if (this.deps.elector.isIn(order.token)) await this.decideNow(order);
    }
    this.isWorkingOff = false;
  }

  /** What becomes of a tick that falls due while others wait. */
  private behind(due: DueTick): DueTick {
    if (due.intent !== 'run') return due;
    const isQueueFree =
      this.job.policy.overlap === 'queue' && !this.backlog.some(({ due: { intent } }) => intent === 'run');
    if (isQueueFree) return due;
    const reason = this.job.policy.overlap === 'queue' ? 'queue-full' : 'running';
    return { ...due, intent: 'skipped', reason };
  }

  /** Decides about one tick. Resolves to the end of its run, if it runs. */
  private async decideNow(order: Order): Promise<void> {
    const decision = this.decide(order);
    const decided = decision.then(() => undefined);
    this.undecided.add(decided);
    const granted = await decision;
    this.undecided.delete(decided);
    if (granted !== undefined) await this.run(this.runOf(granted.claim, order), granted.askedAt);
  }

  /** Each question under a run id of its own, until the tick is granted or it is certain that it is not. */
  private async decide(order: Order): Promise<Granted | undefined> {
    for (let tries = 1; !this.isClosed; tries += 1) {
      const claim = this.claimOf(order.due, this.deps.entropy.id());
      this.runIds.add(claim.runId);
      const settled = await this.settle(claim, order.token);
      this.runIds.delete(claim.runId);
      if (settled === undefined) break;
      const { answer, askedAt } = settled;
      if (answer.kind === 'go' || answer.kind === 'mine') {
        if (this.mayStart(askedAt)) return { claim, askedAt };
      } else if (answer.kind !== 'failed') {
        this.tell(order, answer);
        break;
      } else if (tries === 1) this.blocked(order.due, answer.message);
      if (!(await this.mayAskAnew(claim, order))) break;
    }
    return undefined;
  }

  /** Not when it closes, nor after a pause since the question: the lock may have lapsed, and be somebody else's. */
  private mayStart(askedAt: Instant): boolean {
    return !this.isClosed && this.deps.claimer.isTrusted(askedAt);
  }

  /** Gives back what may have been granted, after a moment. Without certainty the tick is left to the next leader. */
  private mayAskAnew(claim: Claim, { due, token }: Order): Promise<boolean> {
    const { claimer } = this.deps;
    return this.whileAsking(async () => {
      await claimer.pauseBeforeRetry();
      const isCertain = await claimer.giveBack(claim);
      const mayGoOn = isCertain && claimer.mayGoOn(token);
      if (!mayGoOn) this.skipped(due, 'store-unavailable');
      return mayGoOn;
    });
  }

  /** Asks until there is an answer to go by; `undefined` when the term ended, or the lane was closed, first. */
  private async settle(claim: Claim, token: number): Promise<ToGoBy | undefined> {
    const { claimer } = this.deps;
    for (;;) {
      const { answer, askedAt } = await this.whileAsking(() => claimer.claim(claim, token));
      if (answer.kind !== 'queued' && answer.kind !== 'early') return { answer, askedAt };
      // So that a pod whose clock is fast neither doubles a tick nor runs ahead.
      if (answer.kind === 'early') await claimer.pause(answer.waitMs);
      else await this.untilFree(answer.waitMs);
      if (this.isClosed && answer.kind === 'queued') await claimer.giveBack(claim);
      // When the term is over, the next leader finds the tick waiting, or undecided.
      if (!claimer.mayGoOn(token)) return undefined;
    }
  }

  private async whileAsking<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    this.asking += 1;
    const answer = await ask();
    this.asking -= 1;
    const then = this.asking === 0 ? this.afterAnswer : undefined;
    if (then !== undefined) {
      this.afterAnswer = undefined;
      this.deps.clock.immediate(then);
    }
    return answer;
  }

  private claimOf(due: DueTick, runId: string): Claim {
    const { name, policy } = this.job;
    const isOverlap = due.intent === 'run' && policy.overlap === 'skip' && this.deps.executor.isRunning(name);
    const { intent, reason = '' } =
      isOverlap && due.manual !== true ? ({ intent: 'skipped', reason: 'running' } as const) : due;
    const origin = { catchUp: due.catchUp ?? false, recovering: false };
    const span = due.since === undefined ? {} : { since: due.since, count: due.count ?? 1 };
    return {
      job: name,
      tick: due.tick,
      runId,
      manual: due.manual ?? false,
      intent,
      reason,
      overlap: policy.overlap,
      retention: policy.retention,
      facts: { ...tickFacts(this.deps.pod, due.schedule ?? this.job.schedule, due.tick, origin), ...span },
    };
  }

  private runOf({ tick, runId, manual, facts }: Claim, { due, token }: Order): Run {
    const origin = { catchUp: due.catchUp ?? false, recovering: false, attempt: 1 };
    return { job: this.job, tick, runId, token, manual, facts, ...origin };
  }

  /** Waits until the run that bars the way may have ended: a local one tells, another one is looked after. */
  private untilFree(waitMs: number): Promise<void> {
    const { clock, timing } = this.deps;
    return new Promise(resolve => {
      const wake = (): void => {
        this.wakers.delete(wake);
        timer.cancel();
        resolve();
      };
      const timer = clock.timer(Math.min(timing.intervalMs, waitMs + 1), wake);
      this.wakers.add(wake);
      if (this.isClosed) wake();
    });
  }

  private tell(
    { due, token }: Order,
    answer: Exclude<ToGoBy['answer'], { kind: 'go' | 'mine' | 'failed' }>,
  ): void {
    switch (answer.kind) {
      case 'noted':
        return this.tellNoted(due);
      case 'taken':
      case 'past':
        return this.skipped(due, 'claimed');
      case 'paused':
        return this.skipped(due, 'paused');
      case 'overlap':
        return this.skipped(due, answer.reason);
      case 'fenced':
        this.deps.elector.fenced(token);
        return this.skipped(due, 'not-leader');
      case 'unknown':
        return this.skipped(due, 'store-unavailable');
    }
  }

  private tellNoted(due: DueTick): void {
    if (due.intent !== 'missed') return this.skipped(due, due.reason ?? 'running');
    const { tick, since = tick - 1, count = 1 } = due;
    const event = { job: this.job.name, tick: new Date(tick), since: new Date(since), count };
    this.deps.events.emit({ type: 'job.missed', ...event });
  }

  private blocked({ tick }: DueTick, message: string): void {
    this.deps.events.emit({ type: 'job.blocked', job: this.job.name, tick: new Date(tick), message });
  }

  private skipped({ tick }: DueTick, reason: SkipReason): void {
    this.deps.events.emit({ type: 'job.skipped', job: this.job.name, tick: new Date(tick), reason });
  }
}
