/*
 * How terms begin and end. `endTerm` leads to following; where another state follows, it is made of the
 * same facts.
 */
import type { Instant } from '../../core/election/instant.js';
import { remainingTrustMs, type Term } from '../../core/election/term.js';
import type { LossReason } from '../../core/events.js';
import type {
  ElectionEffect,
  ElectionState,
  Facts,
  Following,
  HeldTerm,
  Leading,
  Question,
} from './election-state.js';
import { attemptAfter, checkOf, hasten, retryDelayMs, type Moment } from './election-timing.js';

export interface Decision<State extends ElectionState = ElectionState> {
  readonly state: State;
  readonly effects: readonly ElectionEffect[];
}

/** The term that an answer to an acquisition begins. */
export function beginTerm(facts: Facts, term: HeldTerm, question: Question): Decision<Leading> {
  const isSuspended = facts.connection === 'closed' || !mayConfirm(question, facts);
  const { askedAt } = question;
  const state: Leading = { kind: 'leading', facts, term, askedAt, isSuspended, check: undefined };
  const effects: readonly ElectionEffect[] = [
    { kind: 'term-began', term: publicTerm(term) },
    { kind: 'public', event: { type: 'leader.elected', term: publicTerm(term) } },
  ];
  return { state: { ...state, check: checkOf(state, term.beganAt) }, effects };
}

/** Extends trust after a renewal; this also ends a suspension, unless it was asked before others lost sight. */
export function confirmTerm(state: Leading, question: Question, now: Instant): Decision<Leading> {
  const isSuspended = state.isSuspended && !mayConfirm(question, state.facts);
  const confirmed = { ...state, askedAt: question.askedAt, isSuspended };
  const term = publicTerm(state.term);
  const effects: readonly ElectionEffect[] = [
    { kind: 'term-resumed' },
    { kind: 'public', event: { type: 'leader.resumed', term } },
  ];
  return {
    state: { ...confirmed, check: checkOf(confirmed, now) },
    effects: state.isSuspended && !isSuspended ? effects : [],
  };
}

/** Trust that ends early when others miss this process needs a renewal by which they know that they cannot see it. */
function mayConfirm({ id }: Question, { presenceLostAt }: Facts): boolean {
  return id > presenceLostAt;
}

/** Ends a term. The lease is released, if at all, after these effects. */
export function endTerm({ term, facts }: Leading, reason: LossReason, now: Instant): Decision<Following> {
  const endedToken = Math.max(facts.endedToken, term.token);
  const event = { type: 'leader.lost', term: publicTerm(term), reason } as const;
  return {
    state: follow({ ...facts, leaderSeenAt: now, endedToken, lastLoss: reason }),
    effects: [{ kind: 'term-ended' }, { kind: 'public', event }],
  };
}

export function endByDeadline(state: Leading, now: Instant): Decision<Following> {
  const ended = endTerm(state, 'deadline', now);
  return { ...ended, effects: [{ kind: 'distrusted' }, ...ended.effects] };
}

/** Ends a term whose deadline has passed, whatever has shown that, and competes again soon. */
export function endIfPast(state: ElectionState, moment: Moment): Decision {
  const { now } = moment;
  const { timing } = state.facts.rules;
  if (state.kind !== 'leading' || remainingTrustMs(state.askedAt, now, timing) > 0)
    return { state, effects: [] };
  const ended = endByDeadline(state, now);
  return { ...ended, state: hasten(ended.state, retryDelayMs(timing, moment), now) };
}

/** Releases the lease and does not compete for a while, so that another candidate leads. */
export function resign(state: Leading, now: Instant, call?: number): Decision {
  const ended = endTerm(state, 'resigned', now);
  const { token } = state.term;
  const cooldown = { kind: 'cooldown', facts: ended.state.facts } as const;
  const release = { kind: 'release', token, state: 'resting', isHandOver: false } as const;
  return {
    state: attemptAfter(cooldown, state.facts.rules.restMs, now),
    effects: [...ended.effects, call === undefined ? release : { ...release, call }],
  };
}

export function follow(facts: Facts): Following {
  return { kind: 'following', facts, followed: undefined, probedAt: undefined, probe: undefined };
}

export function isTermOf(state: ElectionState, token: number): state is Leading {
  return state.kind === 'leading' && state.term.token === token;
}

export function publicTerm({ token, since }: HeldTerm): Term {
  return { token, since };
}
