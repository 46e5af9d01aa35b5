/*
 * Carries out the election: hands what happens to the machine (election-machine.ts), one event after the other, and
 * performs the effects that it answers with.
 *
 * An event that is posted while another one is handled waits for it. Effects that may call back are performed after
 * that: public events, news for the engine, and commands that release a lease. So a listener that resigns finds the
 * engine informed, and leading is over before `resign` returns.
 */
import type { RenewalCounts } from '../../core/election/renewal-counts.js';
import type { Timer } from '../../ports/clock.js';
import type { EngineErrors } from '../engine-errors.js';
import type { EventBus } from '../event-bus.js';
import { decide } from './election-machine.js';
import { callObserver, type ElectionObserver } from './election-observer.js';
import {
  initialState,
  type AskAcquire,
  type AskProbe,
  type AskRenew,
  type ElectionEffect,
  type ElectionEvent,
  type ElectionRules,
  type ElectionState,
  type Release,
} from './election-state.js';
import type { Moment } from './election-timing.js';
import { LeaseQuestions, type LeaseQuestionsDeps } from './lease-questions.js';

/** Performed while the event is handled; all other effects follow when the inbox is empty. */
const AT_ONCE: ReadonlySet<ElectionEffect['kind']> = new Set([
  'timer',
  'ask-acquire',
  'ask-probe',
  'ask-renew',
  'term-began',
  'term-resumed',
  'term-ended',
  'distrusted',
  'resign-refused',
]);

export interface ElectionLoopDeps extends LeaseQuestionsDeps, ElectionRules {
  readonly events: EventBus;
  /** An error that the engine throws is reported here, and the election goes on. */
  readonly errors: EngineErrors;
  /** The engine, which is made after the election. */
  readonly observer: () => ElectionObserver;
}

/** Settles a call of `resign`. */
type Resigned = (led: boolean | Promise<boolean>) => void;

export class ElectionLoop {
  /** Written here only. */
  state: ElectionState;
  private readonly inbox: ElectionEvent[] = [];
  private readonly outbox: ElectionEffect[] = [];
  private isHandling = false;
  private timer: Timer | undefined;
  private readonly calls = new Map<number, Resigned>();
  private callsMade = 0;
  private readonly questions: LeaseQuestions;
  /** Settles when the question in flight has been answered. */
  private answered: Promise<unknown> = Promise.resolve();
  private released: Promise<unknown> = Promise.resolve();

  constructor(private readonly deps: ElectionLoopDeps) {
    const { timing, restMs, fastTakeover } = deps;
    this.state = initialState({ timing, restMs, fastTakeover });
    this.questions = new LeaseQuestions(deps);
  }

  /** How the renewals of this process have been answered so far. */
  get renewals(): RenewalCounts {
    return this.questions.renewals;
  }

  /** See `LeaderElector`. */
  resign(): Promise<boolean> {
    return new Promise(resolve => {
      this.callsMade += 1;
      this.calls.set(this.callsMade, resolve);
      this.post({ kind: 'resign', call: this.callsMade });
    });
  }

  /** Settles when no question and no release is under way. Never rejects. */
  async settled(): Promise<void> {
    await Promise.allSettled([this.answered]);
    await Promise.allSettled([this.released]);
  }

  /** Handles the event: before this returns, or, where another one is being handled, after that one. */
  post(event: ElectionEvent): void {
    this.inbox.push(event);
    if (this.isHandling) return;
    this.isHandling = true;
    for (let next = this.inbox.shift(); next !== undefined; next = this.inbox.shift()) this.handle(next);
    this.isHandling = false;
    this.performOthers();
  }

  private handle(event: ElectionEvent): void {
    const { state, effects } = decide(this.state, event, this.moment());
    this.state = state;
    for (const effect of effects) {
      if (AT_ONCE.has(effect.kind)) this.tryToPerform(effect);
      else this.outbox.push(effect);
    }
  }

  private moment(): Moment {
    const { clock, entropy, observer } = this.deps;
    return {
      now: clock.now(),
      chance: () => entropy.uniform(0, 1),
      get deferMs() {
        return observer().deferMs;
      },
    };
  }

  /** Also while one of them is performed, in the same order: the bus, not this queue, holds events back. */
  private performOthers(): void {
    for (let next = this.outbox.shift(); next !== undefined; next = this.outbox.shift())
      this.tryToPerform(next);
  }

  private tryToPerform(effect: ElectionEffect): void {
    try {
      this.perform(effect);
    } catch (error) {
      this.deps.errors.report(error);
    }
  }

  private perform(effect: ElectionEffect): void {
    switch (effect.kind) {
      case 'timer':
        return this.setTimer(effect.delayMs);
      case 'ask-acquire':
        return this.acquire(effect);
      case 'ask-probe':
        return this.probe(effect);
      case 'ask-renew':
        return this.renew(effect);
      case 'release':
        return this.release(effect);
      case 'declined':
        return this.settle(effect.call, false);
      case 'public':
        return this.deps.events.emit(effect.event);
      case 'unavailable':
        return this.deps.call.noteUnavailable(effect.cause);
      case 'then':
        return this.post(effect.event);
      default:
        return callObserver(this.deps.observer(), effect);
    }
  }

  private setTimer(delayMs: number | undefined): void {
    this.timer?.cancel();
    this.timer =
      delayMs === undefined ? undefined : this.deps.clock.timer(delayMs, () => this.post({ kind: 'timer' }));
  }

  private acquire(effect: AskAcquire): void {
    const { question } = effect;
    this.answered = this.questions
      .acquire(effect)
      .then(answer => this.post({ kind: 'acquire-answer', question, answer }));
  }

  private probe(effect: AskProbe): void {
    const { question } = effect;
    this.answered = this.questions
      .probe(effect)
      .then(answer => this.post({ kind: 'probe-answer', question, answer }));
  }

  private renew(effect: AskRenew): void {
    const { question } = effect;
    this.answered = this.questions
      .renew(effect)
      .then(answer => this.post({ kind: 'renew-answer', question, answer }));
  }

  private release(effect: Release): void {
    const release = this.questions.release(effect);
    this.released = Promise.allSettled([this.released, release]);
    if (effect.call !== undefined)
      this.settle(
        effect.call,
        release.then(() => true),
      );
  }

  private settle(call: number, led: boolean | Promise<boolean>): void {
    this.calls.get(call)?.(led);
    this.calls.delete(call);
  }
}
