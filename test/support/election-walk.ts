/*
 * Walks the machine of the election through lists of steps, with no clock and no promise: each step lets time pass
 * and becomes an event that fits the state, or, on purpose, does not.
 */
import fc from 'fast-check';

import type { Instant } from '../../lib/core/election/instant.js';
import { electionTiming } from '../../lib/core/election/timing.js';
import { decide } from '../../lib/engine/election/election-machine.js';
import {
  initialState,
  type ElectionEffect,
  type ElectionEvent,
  type ElectionState,
  type Question,
} from '../../lib/engine/election/election-state.js';
import type { Unknown } from '../../lib/engine/store-call.js';
import type {
  AcquireAnswer,
  HeldLease,
  ProbeAnswer,
  RenewAnswer,
  RenewedLease,
} from '../../lib/ports/lease-store.js';

export const TIMING = electionTiming(3000, 10_000);
export const RULES = { timing: TIMING, restMs: TIMING.ttlMs, fastTakeover: true };
export const START: Instant = { wallMs: 1_000_000, monoMs: 5000 };

type AnswerKind = 'acquired' | 'held' | 'wait' | 'renewed' | 'lost' | 'unknown';

interface What {
  readonly kind:
    | Exclude<ElectionEvent['kind'], 'acquire-answer' | 'probe-answer' | 'renew-answer' | 'held-observed'>
    | 'answer'
    | 'fire'
    | 'repeat';
  readonly answer: AnswerKind;
  /** An answer is one to another question; a token is that of another term. */
  readonly isStale: boolean;
  readonly flag: boolean;
}

/** The next event, and how much time passes before. */
export interface Step extends What {
  readonly afterMs: number;
  /** The wall clock moves by this much more than the monotonic one. */
  readonly jumpMs: number;
  readonly chance: number;
  readonly deferMs: number;
}

const KINDS: readonly (readonly [number, What['kind']])[] = [
  [12, 'answer'],
  [12, 'fire'],
  [3, 'start'],
  [3, 'connected'],
  [2, 'disconnected'],
  [2, 'presence-lost'],
  [1, 'presence-found'],
  [1, 'holder-missing'],
  [2, 'timer'],
  [2, 'tick-due'],
  [1, 'clock-stepped'],
  [2, 'repeat'],
  [1, 'stop'],
  [1, 'fenced'],
  [1, 'lease-freed'],
  [1, 'resign'],
  [1, 'resign-requested'],
  [1, 'hand-over'],
  [1, 'report-soon'],
];

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(...KINDS.map(([weight, kind]) => ({ weight, arbitrary: fc.constant(kind) }))),
  answer: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<AnswerKind>('acquired', 'renewed') },
    { weight: 3, arbitrary: fc.constantFrom<AnswerKind>('held', 'wait', 'lost', 'unknown') },
  ),
  isStale: fc.oneof(
    { weight: 8, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  flag: fc.boolean(),
  afterMs: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 500 }) },
    { weight: 2, arbitrary: fc.integer({ min: 500, max: 12_000 }) },
  ),
  jumpMs: fc.oneof(
    { weight: 20, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: -20_000, max: 20_000 }) },
  ),
  chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
  deferMs: fc.constantFrom(0, 0, 0, 250),
});

type Chances = Pick<Step, 'chance' | 'deferMs'>;

export const steps = fc.array(step, { maxLength: 80, size: 'max' });

/** One event that was decided. */
export interface Taken {
  readonly before: ElectionState;
  readonly event: ElectionEvent;
  readonly effects: readonly ElectionEffect[];
  readonly state: ElectionState;
  readonly now: Instant;
  /** When the timer fires that the effects so far have set. */
  readonly timerDueMono: number | undefined;
}

export class Election {
  state: ElectionState = initialState(RULES);
  now: Instant = START;
  private timerDueMono: number | undefined;
  /** Questions that were asked and not answered. */
  inFlight = 0;
  private token = 0;
  private answered: ElectionEvent | undefined;

  /** Lets time pass and decides the event, and those that its effects post. */
  *take(what: Step): Generator<Taken> {
    this.now = pass(this.now, this.delayOf(what), what.jumpMs);
    const event = this.eventOf(what);
    if (event !== undefined) yield* this.decide(event, what);
  }

  private *decide(event: ElectionEvent, { chance, deferMs }: Chances): Generator<Taken> {
    const before = this.state;
    const { now } = this;
    const isMine = 'question' in event && event.question === before.facts.question?.id;
    const { state, effects } = decide(before, event, { now, chance: () => chance, deferMs });
    if (event.kind === 'timer') this.timerDueMono = undefined;
    if (isMine && state.facts.question?.id !== event.question) this.inFlight -= 1;
    this.state = state;
    for (const effect of effects) this.perform(effect);
    yield { before, event, effects, state, now, timerDueMono: this.timerDueMono };
    for (const effect of effects)
      if (effect.kind === 'then') yield* this.decide(effect.event, { chance, deferMs });
  }

  private perform(effect: ElectionEffect): void {
    if (effect.kind === 'ask-acquire' || effect.kind === 'ask-probe' || effect.kind === 'ask-renew')
      this.inFlight += 1;
    if (effect.kind === 'timer')
      this.timerDueMono = effect.delayMs === undefined ? undefined : this.now.monoMs + effect.delayMs;
  }

  private delayOf({ kind, afterMs }: Step): number {
    if (kind !== 'fire') return afterMs;
    return Math.max(0, (this.timerDueMono ?? this.now.monoMs) - this.now.monoMs) + (afterMs % 5);
  }

  private eventOf({ kind, answer, isStale, flag }: Step): ElectionEvent | undefined {
    const token = this.state.kind === 'leading' && !isStale ? this.state.term.token : 1;
    switch (kind) {
      case 'answer':
        return this.answerOf(answer, isStale, flag);
      case 'repeat':
        return this.answered;
      case 'fire':
        return this.timerDueMono === undefined ? undefined : { kind: 'timer' };
      case 'disconnected':
        return { kind, cause: 'closed' };
      case 'fenced':
      case 'holder-missing':
        return { kind, token };
      case 'resign':
        return { kind, call: 1 };
      case 'resign-requested':
        return { kind, token, job: flag ? '' : 'job', mayStandStill: isStale };
      case 'hand-over':
        return { kind, token, isMove: flag };
      default:
        return { kind };
    }
  }

  private answerOf(answer: AnswerKind, isStale: boolean, flag: boolean): ElectionEvent | undefined {
    const { question } = this.state.facts;
    if (question === undefined) return undefined;
    const id = isStale ? question.id - 1 : question.id;
    this.answered = this.answerTo(question.kind, id, answer, flag);
    return this.answered;
  }

  private answerTo(
    asked: Question['kind'],
    question: number,
    answer: AnswerKind,
    flag: boolean,
  ): ElectionEvent {
    if (asked === 'acquire')
      return { kind: 'acquire-answer', question, answer: this.acquireAnswer(answer, flag) };
    if (asked === 'probe') return { kind: 'probe-answer', question, answer: probeAnswer(answer, flag) };
    return { kind: 'renew-answer', question, answer: renewAnswer(answer, flag) };
  }

  private acquireAnswer(answer: AnswerKind, flag: boolean): AcquireAnswer | Unknown {
    switch (answer) {
      case 'held':
        return { ...HELD, token: (this.token += 1), missingMs: flag ? 250 : undefined, isProber: !flag };
      case 'wait':
        return { kind: 'wait', remainingMs: 700 };
      case 'unknown':
        return UNKNOWN;
      default:
        this.token += 1;
        return { kind: 'acquired', token: this.token, acquiredAt: this.now.wallMs, now: this.now.wallMs };
    }
  }
}

export const HELD: HeldLease = {
  kind: 'held',
  holder: 'other',
  token: 1,
  remainingMs: 4000,
  presence: true,
  missingMs: undefined,
  isProber: true,
  overrides: 0,
  now: START.wallMs,
  watermarks: [],
};
export const RENEWED: RenewedLease = {
  kind: 'renewed',
  unfinished: 0,
  requests: 0,
  overrides: 0,
  jobs: 0,
  shouldResign: false,
  now: START.wallMs,
};
export const UNKNOWN: Unknown = { kind: 'unknown', cause: 'no answer' };

function probeAnswer(answer: AnswerKind, flag: boolean): ProbeAnswer | Unknown {
  if (answer === 'unknown') return UNKNOWN;
  return { kind: flag ? 'there' : 'changed' };
}

function renewAnswer(answer: AnswerKind, flag: boolean): RenewAnswer | Unknown {
  if (answer === 'lost') return { kind: 'lost' };
  if (answer === 'unknown' || answer === 'wait') return UNKNOWN;
  return { ...RENEWED, shouldResign: flag && answer === 'held' };
}

export function pass({ wallMs, monoMs }: Instant, ms: number, jumpMs = 0): Instant {
  return { wallMs: wallMs + ms + jumpMs, monoMs: monoMs + ms };
}
