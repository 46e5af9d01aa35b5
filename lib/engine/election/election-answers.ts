/*
 * How the answer to the question in flight changes a state. An answer to any other question changes nothing.
 */
import { remainingTrustMs } from '../../core/election/term.js';
import type { AcquireAnswer, HeldLease } from '../../ports/lease-store.js';
import {
  type ElectionEffect,
  type EventOf,
  type ElectionState,
  type Following,
  type HeldTerm,
  type Leading,
  type Question,
} from './election-state.js';
import { beginTerm, confirmTerm, endByDeadline, endTerm, type Decision } from './election-terms.js';
import {
  attemptAfter,
  retryDelayMs,
  untilFreeMs,
  untilRenewalMs,
  withFacts,
  type Moment,
} from './election-timing.js';

type RenewEvent = EventOf<'renew-answer'>;
type RenewQuestion = Extract<Question, { kind: 'renew' }>;
type Acquired = Extract<AcquireAnswer, { kind: 'acquired' }>;

export function onAcquireAnswer(
  state: ElectionState,
  event: EventOf<'acquire-answer'>,
  moment: Moment,
): Decision {
  const { question } = state.facts;
  if (question?.kind !== 'acquire' || question.id !== event.question) return { state, effects: [] };
  const { answer } = event;
  const { timing } = state.facts.rules;
  switch (answer.kind) {
    case 'acquired':
      return onAcquired(withFacts(state, { question: undefined }), answer, question, moment);
    case 'held':
      return onHeld(state, answer, question, moment);
    case 'wait':
      return nextAttempt(state, question, untilFreeMs(timing, answer.remainingMs, moment), moment);
    case 'unknown':
      return nextAttempt(state, question, retryDelayMs(timing, moment), moment);
  }
}

/** Begins a term, if the answer is still wanted and came in time. */
function onAcquired(state: ElectionState, answer: Acquired, question: Question, moment: Moment): Decision {
  const { now } = moment;
  if (state.kind !== 'following') return releaseUnwanted(state, answer.token);
  const { timing } = state.facts.rules;
  if (remainingTrustMs(question.askedAt, now, timing) <= 0) return nextAttempt(state, question, 0, moment);
  const term: HeldTerm = { token: answer.token, since: new Date(answer.acquiredAt), beganAt: now };
  const begun = beginTerm(state.facts, term, question);
  return nextAttempt(
    begun.state,
    question,
    untilRenewalMs(timing, question.askedAt, now),
    moment,
    begun.effects,
  );
}

function releaseUnwanted(state: ElectionState, token: number): Decision {
  const noted = state.kind === 'idle' ? 'draining' : 'resting';
  return { state, effects: [{ kind: 'release', token, state: noted, isHandOver: false }] };
}

/** The question stays in flight until the observer knows the lease: what it learns may defer the next attempt. */
function onHeld(state: ElectionState, lease: HeldLease, question: Question, moment: Moment): Decision {
  const then = { kind: 'held-observed', question: question.id, lease } as const;
  const observe: readonly ElectionEffect[] = [
    { kind: 'held', lease },
    { kind: 'then', event: then },
  ];
  if (state.kind !== 'following') return nextAttempt(state, question, 0, moment);
  const { holder, token } = lease;
  const isNew = state.followed?.token !== token;
  const followed = { kind: 'public', event: { type: 'leader.followed', podId: holder, token } } as const;
  return { state: seeLeader(state, lease, moment), effects: isNew ? [followed, ...observe] : observe };
}

/** A key that was set by a person has no token: no leader runs jobs by it. */
function seeLeader(state: Following, lease: HeldLease, { now }: Moment): Following {
  const { holder, token, presence, isProber } = lease;
  const leaderSeenAt = token !== 0 ? now : state.facts.leaderSeenAt;
  return withFacts({ ...state, followed: { holder, token, presence, isProber } }, { leaderSeenAt });
}

export function onHeldObserved(
  state: ElectionState,
  event: EventOf<'held-observed'>,
  moment: Moment,
): Decision {
  const { question, rules } = state.facts;
  if (question?.id !== event.question) return { state, effects: [] };
  const { remainingMs, missingMs = Infinity } = event.lease;
  const untilFree = untilFreeMs(rules.timing, remainingMs, moment);
  return nextAttempt(state, question, Math.min(untilFree, missingMs + 1 + moment.deferMs), moment);
}

export function onRenewAnswer(state: ElectionState, event: RenewEvent, moment: Moment): Decision {
  const { question } = state.facts;
  if (question?.kind !== 'renew' || question.id !== event.question) return { state, effects: [] };
  const { now } = moment;
  const { timing } = state.facts.rules;
  if (state.kind !== 'leading' || state.term.token !== question.token)
    return nextAttempt(state, question, retryDelayMs(timing, moment), moment, releaseAfter(question));
  if (remainingTrustMs(state.askedAt, now, timing) > 0)
    return onRenewal(state, event.answer, question, moment);
  const ended = endByDeadline(state, now);
  return nextAttempt(ended.state, question, retryDelayMs(timing, moment), moment, ended.effects);
}

function releaseAfter({ token, isReleasedAfter }: RenewQuestion): readonly ElectionEffect[] {
  return isReleasedAfter ? [{ kind: 'release', token, state: 'draining', isHandOver: false }] : [];
}

function onRenewal(
  state: Leading,
  answer: RenewEvent['answer'],
  question: RenewQuestion,
  moment: Moment,
): Decision {
  const { now } = moment;
  const { timing } = state.facts.rules;
  switch (answer.kind) {
    case 'renewed': {
      const { state: confirmed, effects } = confirmTerm(state, question, now);
      const delayMs = untilRenewalMs(timing, question.askedAt, now);
      const renewed = { kind: 'renewed', lease: answer } as const;
      const then = answer.shouldResign ? [resignRequest(question.token)] : [];
      return nextAttempt(confirmed, question, delayMs, moment, [...effects, renewed, ...then]);
    }
    case 'lost': {
      const ended = endTerm(state, 'lease-lost', now);
      return nextAttempt(ended.state, question, 0, moment, ended.effects);
    }
    case 'unknown':
      return nextAttempt(state, question, retryDelayMs(timing, moment), moment);
  }
}

function resignRequest(token: number): ElectionEffect {
  return { kind: 'then', event: { kind: 'resign-requested', token, job: '', mayStandStill: false } };
}

/** The question is answered. The next attempt follows after this delay, or earlier where it was hastened meanwhile. */
function nextAttempt(
  state: ElectionState,
  { hastenedMs }: Question,
  delayMs: number,
  { now }: Moment,
  effects: readonly ElectionEffect[] = [],
): Decision {
  const answered = withFacts(state, { question: undefined });
  if (answered.kind === 'idle' || answered.kind === 'cooldown') return { state: answered, effects };
  return { state: attemptAfter(answered, Math.min(delayMs, hastenedMs), now), effects };
}
