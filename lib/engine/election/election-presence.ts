/*
 * The presence by which other candidates judge this one, where a connection of its own shows it. It says that a leader
 * has gone, never that it leads: trust is suspended with it, and begins with no more than a renewal.
 */
import { elapsedMs } from '../../core/election/instant.js';
import type { ElectionState, EventOf } from './election-state.js';
import { isTermOf, publicTerm, type Decision } from './election-terms.js';
import { attemptNow, hasten, withFacts, type Moment } from './election-timing.js';

/** Renewals that record a presence which is back are at least this far apart, however often it comes and goes. */
const RECORD_GAP_MS = 1000;

type PresenceEvent = EventOf<'presence-lost' | 'presence-found' | 'holder-missing'>;

export function onPresence(state: ElectionState, event: PresenceEvent, moment: Moment): Decision {
  switch (event.kind) {
    case 'presence-lost':
      return onLost(state, moment);
    case 'presence-found':
      return { state: onFound(state, moment), effects: [] };
    case 'holder-missing':
      return { state: isTermOf(state, event.token) ? renewNow(state, moment) : state, effects: [] };
  }
}

/** From now on others may end the term. A renewal takes that back: it records that they cannot see this process. */
function onLost(state: ElectionState, moment: Moment): Decision {
  const lost = renewNow(withFacts(state, { presenceLostAt: state.facts.asked }), moment);
  if (lost.kind !== 'leading' || lost.isSuspended) return { state: lost, effects: [] };
  const suspended = { type: 'leader.suspended', term: publicTerm(lost.term) } as const;
  return { state: { ...lost, isSuspended: true }, effects: [{ kind: 'public', event: suspended }] };
}

/** Only a holder is judged by it: what a follower asks now may make it one. */
function onFound(state: ElectionState, { now }: Moment): ElectionState {
  if (state.kind === 'leading')
    return hasten(state, Math.max(0, RECORD_GAP_MS - elapsedMs(state.askedAt, now)), now);
  return state.facts.question === undefined ? state : hasten(state, RECORD_GAP_MS, now);
}

function renewNow(state: ElectionState, { now }: Moment): ElectionState {
  const { connection, question } = state.facts;
  const mayLead = state.kind === 'leading' || question !== undefined;
  return mayLead && connection !== 'closed' ? attemptNow(state, now) : state;
}
