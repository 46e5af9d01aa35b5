/*
 * The ticks of one job, in their order.
 *
 * A tick that falls due alone is put to the store at once, which decides by the job's overlap. Ticks that are due
 * together (a late wake-up, a catch-up) would bar each other's way; unless the job allows overlap they are worked
 * off one after the other, each run to its end. What falls due meanwhile stays behind them: a tick decided out of
 * turn would move the job's mark past those that still wait. For the same reason the ticks of a job with jitter always
 * come one after the other: each waits for its moment, and only then is asked for.
 */
import type { Instant } from '../../core/election/instant.js';
import type { Job } from '../../core/job/job.js';
import type { Run } from '../../core/run/run.js';
import { toRunRef } from '../../core/run/run-ref.js';
import type { LeaderElector } from '../election/elector.js';
import type { RunExecutor } from '../runs/run-executor.js';
import { TickDecider, type DueTick, type Granted, type Order, type TickDeciderDeps } from './tick-decider.js';

export interface JobLaneDeps extends TickDeciderDeps {
  readonly elector: Pick<LeaderElector, 'isIn' | 'fenced'>;
  readonly executor: RunExecutor;
  /** Called when a run of the job has ended and that is recorded. */
  readonly onRunEnded: () => void;
}

/** A tick that was decided. */
interface Decided {
  /** Settles, always successfully, when its run has ended; at once when it does not run. */
  readonly run: Promise<void>;
}

/** A tick that waits for its turn. */
interface Waiting extends Order {
  /** Whether it was due together with others. */
  readonly isTogether: boolean;
}

export class JobLane {
  private readonly backlog: Waiting[] = [];
  private readonly undecided = new Set<Promise<undefined>>();
  private readonly decider: TickDecider;
  private isWorkingOff = false;
  private onAdded = (): void => undefined;
  private afterRecord: (() => void) | undefined;

  constructor(
    readonly job: Job,
    private readonly deps: JobLaneDeps,
  ) {
    this.decider = new TickDecider(job, deps, order => this.putBackAfter(order));
  }

  /** Takes ticks, oldest first, in the term of this token. */
  add(ticks: readonly DueTick[], token: number): void {
    const orders = ticks.map(due => ({ due, token })).filter(order => !this.isWaiting(order));
    // What is made up may come in several parts, which would bar each other's way as well.
    const isTogether = orders.length > 1 || orders[0]?.due.catchUp === true;
    if (this.isDecidedNow(orders, isTogether)) {
      for (const order of orders) void this.decideNow(order);
      return;
    }
    // A job with overlap does not wait for runs, only for its turn.
    const waitsForRuns = isTogether && this.job.policy.overlap !== 'allow';
    this.backlog.push(...orders.map(order => ({ ...order, isTogether: waitsForRuns })));
    if (this.isWorkingOff) this.onAdded();
    else void this.workOff();
  }

  /** Run ids under which ticks are asked for, or wait to be asked for again. */
  get deciding(): ReadonlySet<string> {
    return this.decider.deciding;
  }

  /** How many of them the store has queued. */
  get queued(): number {
    return this.decider.queued;
  }

  /** Whether a tick waits for its moment within the job's jitter. */
  get isSpreading(): boolean {
    return this.decider.isSpreading;
  }

  /** Whether the store has lately refused to decide because of what it holds of the job, as it would for any leader. */
  get isRefused(): boolean {
    return this.decider.isRefused;
  }

  /**
   * Whether an answer of the store is awaited, about a tick or about the end of a run that would seem to go on. If so,
   * `then` is called when it has come.
   */
  isAsking(then: () => void): boolean {
    if (this.decider.isAsking(then)) return true;
    const { name, policy } = this.job;
    if (policy.overlap === 'allow' || !this.deps.executor.isRecording(name)) return false;
    this.afterRecord = then;
    return true;
  }

  /** Makes a run whose tick is this process's already. What is made up comes after it, unless the job allows overlap. */
  async run(run: Run, askedAt: Instant): Promise<void> {
    const ended = this.execute(run, askedAt);
    if (this.job.policy.overlap === 'allow' || this.isWorkingOff) return ended;
    this.isWorkingOff = true;
    await this.during(ended);
    await this.workOff();
  }

  /** A run of the job has ended: ticks that wait for it ask again at once. */
  runEnded(): void {
    this.decider.wakeWaiting();
  }

  /** The term is over: whoever waits looks at once what that means. */
  endTerm(): void {
    this.decider.endTerm();
  }

  /** Starts nothing more; settles when no claim is under way and every tick that waited was given back. */
  async close(): Promise<void> {
    this.backlog.length = 0;
    this.decider.close();
    await Promise.all(this.undecided);
  }

  private isDecidedNow(orders: readonly Order[], isTogether: boolean): boolean {
    const { overlap, jitterMs } = this.job.policy;
    const isBeside = orders.every(({ due }) => due.manual === true || due.isGivenBack === true);
    if (jitterMs > 0 && !isBeside) return false;
    // What has no turn in the schedule does not wait for the moment of a tick.
    return overlap === 'allow' || this.isSpreading || !(isTogether || this.isWorkingOff);
  }

  private async workOff(): Promise<void> {
    this.isWorkingOff = true;
    for (let next = this.backlog.shift(); next !== undefined; next = this.backlog.shift())
      await this.takeTurn(next);
    this.isWorkingOff = false;
  }

  /** Those that are due together are run to their end; of the others only the next question must not be ahead. */
  private async takeTurn(order: Waiting): Promise<void> {
    // What was left over when a term ended is for the next leader to decide.
    if (!this.deps.elector.isIn(order.token)) return;
    const decided = this.decideNow(order);
    await Promise.race([decided, this.decider.answered()]);
    if (order.isTogether) await this.during(decided.then(({ run }) => run));
  }

  /**
   * Waits for a run to end. What comes next and does not wait for that is decided meanwhile: were the job's mark to
   * stand still for as long as a run takes, other pods would think that its leader does nothing.
   */
  private async during(run: Promise<void>): Promise<void> {
    const progress = { isOver: false };
    void run.then(() => {
      progress.isOver = true;
      this.onAdded();
    });
    for (;;) {
      // What is over already says so now.
      await Promise.resolve();
      const [next] = this.backlog;
      if (progress.isOver) return;
      if (next === undefined || (next.isTogether && next.due.intent === 'run'))
        await new Promise<void>(resolve => (this.onAdded = resolve));
      else await this.takeTurn(this.backlog.shift() ?? next);
    }
  }

  private async execute(run: Run, askedAt: Instant): Promise<void> {
    await this.deps.executor.execute(run, askedAt);
    this.deps.onRunEnded();
    const then = this.afterRecord;
    this.afterRecord = undefined;
    if (then !== undefined) this.deps.clock.immediate(then);
  }

  /**
   * One that was given back, or requested, is found again with every look, until it is decided. While the decider still
   * asks for it, a second question would be answered that the first one has the tick.
   */
  private isWaiting(order: Order): boolean {
    const { tick, isGivenBack = false, handle } = order.due;
    if (handle === undefined && !isGivenBack) return false;
    if (this.decider.isDeciding(order)) return true;
    return this.backlog.some(({ due: one }) =>
      handle === undefined ? one.isGivenBack === true && one.tick === tick : one.handle === handle,
    );
  }

  /** What waits behind a tick that was put back is found due again together with it. */
  private putBackAfter({ due, token }: Order): void {
    if (due.isGivenBack === true) return;
    const isAfter = (one: Waiting): boolean =>
      one.token === token &&
      one.due.manual !== true &&
      one.due.isGivenBack !== true &&
      one.due.tick > due.tick;
    this.backlog.splice(0, this.backlog.length, ...this.backlog.filter(one => !isAfter(one)));
  }

  /** Has one tick decided. Resolves when it is, while its run, if it runs, goes on. */
  private async decideNow(order: Order): Promise<Decided> {
    const decision = this.decider.decide(order);
    const decided = decision.then(() => undefined);
    this.undecided.add(decided);
    const granted = await decision;
    this.undecided.delete(decided);
    if (granted === undefined) return { run: Promise.resolve() };
    return { run: this.execute(this.runOf(granted, order), granted.askedAt) };
  }

  private runOf({ claim, attempt }: Granted, { due, token }: Order): Run {
    const recovering = attempt > 1;
    const facts = recovering ? { ...claim.facts, recovering } : claim.facts;
    const { catchUp = false } = due;
    return { job: this.job, ref: toRunRef(claim), token, facts, catchUp, recovering, attempt };
  }
}
