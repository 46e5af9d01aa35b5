/*
 * The life of a tick: due → waiting → (jittering) → claiming → starting → running → done. One object per job has all its
 * ticks in progress.
 *
 * A tick that enters a state starts what it then waits for (`enter`); the end of that wait is an event in the one inbox of
 * the job (`post`). After each event `proceed` reads the states, and starts what may start. So the next step depends on
 * the states alone, and not on the moment at which an event arrives; an event that a state does not know is out of date.
 *
 * - Ticks of the schedule are claimed in order: a claim moves the watermark past all older ticks. So newer ones stay due
 *   while an answer is awaited, and a tick that is put back takes along what waits behind it.
 * - A claim that may have been granted is released with certainty before its tick is claimed again, with a new run id.
 * - Jitter comes before the claim: whatever ends the term leaves the tick to the next leader.
 */
import type { Instant } from '../../core/election/instant.js';
import { remainingTrustMs } from '../../core/election/term.js';
import type { Job } from '../../core/job/job.js';
import type { PodFacts } from '../../core/run/run-facts.js';
import type { Wake, WakeListener } from '../../ports/ticker.js';
import type { LeaderElector } from '../election/elector.js';
import type { ActiveJob } from '../job-timers.js';
import type { RunExecutor } from '../runs/run-executor.js';
import { claimOf, runOf } from './claim-of.js';
import type { AnsweredEvent, JobEvent } from './job-event.js';
import { JobPosition, type JobPositionDeps } from './job-position.js';
import { blockedEvent, decidedEvent } from './tick-events.js';
import { TickList } from './tick-list.js';
import { TickWaits, type TickOwner, type TickWaitsDeps } from './tick-waits.js';
import type { Tick, TickState, TickStep } from './tick.js';

/** For each state of a tick, what can happen in it and which state follows. */
export const TICK_TRANSITIONS: Readonly<Record<TickState, Readonly<Partial<Record<TickStep, TickState>>>>> = {
  // In line behind older ticks.
  waiting: { jitter: 'jittering', claim: 'claiming', recover: 'starting', drop: 'done' },
  // Before its moment within the job's jitter.
  jittering: { claim: 'claiming', drop: 'done' },
  // An answer of the store is awaited.
  claiming: { grant: 'starting', queue: 'queued', refuse: 'refused', decide: 'done', 'put-back': 'done' },
  // Until a run ends that the store has named, or its lock may have lapsed.
  queued: { claim: 'claiming', settle: 'settling', withdraw: 'withdrawing', drop: 'done' },
  // That run may have crashed: orphans are settled before the tick is claimed again.
  settling: { claim: 'claiming', withdraw: 'withdrawing', drop: 'done' },
  // Nothing starts any more: it is released for the next leader.
  withdrawing: { released: 'done' },
  // The store could not decide, or what it granted must not start: it is released after a moment.
  refused: { release: 'releasing' },
  releasing: { released: 'released' },
  // Until older ticks are released too.
  released: { claim: 'claiming', drop: 'done' },
  // For a moment: what is due by now is not skipped because of a run that ends at once.
  starting: { started: 'running', end: 'done' },
  // Until its end is recorded.
  running: { end: 'done' },
  done: {},
};

export interface JobSchedulerDeps extends JobPositionDeps, TickWaitsDeps {
  readonly pod: PodFacts;
  readonly elector: Pick<LeaderElector, 'currentTerm' | 'isIn' | 'tickDue' | 'fenced'>;
  readonly executor: Pick<RunExecutor, 'execute' | 'atWork' | 'inRecord'>;
  /** Called when a job is due whose position is not known in this term. */
  readonly onUnplaced: (activeJob: ActiveJob, token: number) => void;
  /** Called when a run of a job has ended that is closed since; another job may have its name. */
  readonly onRunEnded: (job: string) => void;
}

/** An answer by which the tick does not start. */
type NotGranted = Exclude<AnsweredEvent['answer'], { readonly kind: 'go' | 'mine' }>;

/** An event beside the ordinary life of a tick. */
type RareEvent = Exclude<
  JobEvent,
  { readonly kind: 'due' | 'placed' | 'found' | 'answered' | 'started' | 'ended' | 'run-ended' }
>;

export class JobScheduler implements TickOwner, WakeListener {
  readonly position: JobPosition;
  readonly ticks: TickList;
  private readonly waits: TickWaits;
  private readonly inbox: JobEvent[] = [];
  private isHandling = false;
  private readonly onSettled: (() => void)[] = [];
  /** When the store last refused to decide because of what it holds of the job; `undefined`: it has decided since. */
  refusedAt: Instant | undefined;

  constructor(
    readonly job: Job,
    private readonly deps: JobSchedulerDeps,
  ) {
    this.position = new JobPosition(job, this, deps);
    this.ticks = new TickList(job, deps.executor);
    this.waits = new TickWaits(job.name, this, this.ticks, deps);
  }

  /**
   * The timer of the job has fired. On a follower, the election checks that its leader is there to run the tick. Never
   * throws: the library of the timers would only print the error.
   */
  wake(wake: Wake): void {
    const { elector, errors } = this.deps;
    try {
      const token = elector.currentTerm()?.token;
      if (token === undefined) elector.tickDue();
      else if (wake.cause === 'manual') this.runManual(token);
      else this.post({ kind: 'due', activeSchedule: wake, token });
    } catch (error) {
      errors.report(error);
    }
  }

  /** Runs the job beside its schedule, which it does not move. */
  runManual(token: number): void {
    const { storeClock, entropy } = this.deps;
    const due = { tick: storeClock.nowMs, intent: 'run', manual: true, handle: entropy.id() } as const;
    this.post({ kind: 'found', due: [due], token });
  }

  /** Takes an event, and those that it causes at once. */
  post(event: JobEvent): void {
    this.inbox.push(event);
    if (this.isHandling) return;
    this.isHandling = true;
    for (let next = this.inbox.shift(); next !== undefined; next = this.inbox.shift()) {
      try {
        this.handle(next);
        this.proceed();
      } catch (error) {
        this.deps.errors.report(error);
      }
    }
    this.isHandling = false;
  }

  private handle(event: JobEvent): void {
    const { position, ticks } = this;
    switch (event.kind) {
      case 'due':
        if (!position.isOf(event.activeSchedule, event.token))
          return this.deps.onUnplaced({ job: this.job, activeSchedule: event.activeSchedule }, event.token);
        position.activeSchedule = event.activeSchedule;
        position.mayBeDue = true;
        return;
      case 'placed':
        return ticks.add(position.place(event), event.token);
      case 'found':
        return ticks.add(event.due, event.token);
      case 'answered':
        return this.answered(event);
      case 'started':
        return this.enter(event.tick, 'started');
      case 'ended':
        this.enter(event.tick, 'end');
        if (ticks.isClosed) this.deps.onRunEnded(this.job.name);
        return this.runEnded();
      case 'run-ended':
        return this.runEnded();
      default:
        return this.handleRare(event);
    }
  }

  private handleRare(event: RareEvent): void {
    const { position, ticks, waits } = this;
    switch (event.kind) {
      case 'recovered':
        // Missed ticks come after it, unless the job allows overlap.
        return this.enter(ticks.addRecovered(event.granted), 'recover');
      case 'displaced':
      case 'poll':
      case 'resume':
        return position.handle(event);
      case 'closed':
        ticks.isClosed = true;
        position.close();
        return waits.handle(event);
      default:
        return waits.handle(event);
    }
  }

  /** Takes what is due unless an answer is awaited, and starts the ticks whose turn it is. */
  private proceed(): void {
    const { position, ticks, waits } = this;
    if (position.mayBeDue && !ticks.isAsking()) ticks.add(position.take(), position.token);
    let isBehind = false;
    for (const tick of ticks.all) {
      if (tick.state !== 'waiting') continue;
      if (!this.deps.elector.isIn(tick.token)) this.enter(tick, 'drop');
      else if (!ticks.isNext(tick, isBehind)) isBehind = true;
      else if (this.job.policy.jitterMs > 0) waits.start(tick, this.job.policy.jitterMs);
      else this.enter(tick, 'claim');
    }
    if (ticks.isClosed && ticks.isSettled) for (const resolve of this.onSettled.splice(0)) resolve();
  }

  /** Takes a tick to the state that follows, if this can happen in the present one, and starts what it waits for there. */
  enter(tick: Tick, step: TickStep, waitMs = 0): void {
    const { errors, clock, executor } = this.deps;
    const before = tick.state;
    const state = TICK_TRANSITIONS[before][step];
    if (state === undefined) return;
    tick.timer?.cancel();
    tick.state = state;
    if (state === 'done') this.ticks.all.delete(tick);
    switch (state) {
      case 'jittering':
      case 'queued':
        tick.timer = clock.timer(waitMs, () => this.post({ kind: 'moment', tick }));
        return;
      case 'claiming':
        return this.claim(tick, before);
      case 'settling':
        return errors.inBackground(this.waits.settle(tick));
      case 'refused':
        return errors.inBackground(this.waits.awaitRetry(tick));
      case 'withdrawing':
      case 'releasing':
        return errors.inBackground(this.waits.release(tick));
      case 'starting':
        clock.immediate(() => this.post({ kind: 'started', tick }));
        return errors.inBackground(tick.granted && executor.execute(tick.granted, tick, this));
      default:
        return;
    }
  }

  /** A queued tick is claimed under its run id, any other one under a new one. */
  private claim(tick: Tick, before: TickState): void {
    const { pod, entropy, executor, claims, errors } = this.deps;
    const known = before === 'queued' || before === 'settling' ? tick.claim : undefined;
    const isRunning = executor.atWork.has(this.job.name);
    const claim = known ?? claimOf(this.job, tick.due, entropy.id(), pod, isRunning);
    tick.claim = claim;
    tick.isOutdated = false;
    errors.inBackground(claims.claim(claim, tick, this));
  }

  /**
   * A run does not start after a pause since its claim was sent: the lock may have lapsed, and belong to another run. Nor
   * beside a run of this very process, should the store have lost its lock.
   */
  private answered({ tick, answer, askedAt }: AnsweredEvent): void {
    this.refusedAt = undefined;
    if (answer.kind !== 'go' && answer.kind !== 'mine') return this.notGranted(tick, answer, askedAt);
    const { executor, clock, timing } = this.deps;
    const { name, policy } = this.job;
    const isBeside = policy.overlap !== 'allow' && executor.atWork.has(name);
    const isTrusted = remainingTrustMs(askedAt, clock.now(), timing) > 0;
    tick.granted = tick.claim && { run: runOf(this.job, tick, tick.claim, answer.attempt ?? 1), askedAt };
    this.enter(tick, isTrusted && !isBeside && !this.ticks.isClosed ? 'grant' : 'refuse');
  }

  private notGranted(tick: Tick, answer: NotGranted, askedAt: Instant): void {
    const { clock, events, elector } = this.deps;
    switch (answer.kind) {
      case 'failed':
        if (answer.isDataInvalid === true) this.refusedAt = clock.now();
        if (!tick.hasFailed) events.emit(blockedEvent(this.job.name, tick.due, answer.message));
        tick.hasFailed = true;
        return this.enter(tick, 'refuse');
      case 'queued':
        return this.waits.queue(tick, answer.waitMs);
      case 'early':
      case 'blocked':
        return this.waits.putBack(this.position, tick, answer, askedAt);
      default:
        if (answer.kind === 'fenced') elector.fenced(tick.token);
        events.emit(decidedEvent(this.job.name, tick.due, answer));
        return this.enter(tick, 'decide');
    }
  }

  private runEnded(): void {
    if (this.position.standing !== 'placed') this.position.resume();
    for (const tick of this.ticks.all) {
      // The notification comes on another connection, and may be here before the answer.
      tick.isOutdated = true;
      if (tick.state === 'queued') this.waits.poll(tick);
    }
  }

  /** Starts nothing more. Resolves when no claim is under way and all that waited is released. */
  close(): Promise<void> {
    return new Promise(resolve => {
      this.onSettled.push(resolve);
      this.post({ kind: 'closed' });
    });
  }
}
