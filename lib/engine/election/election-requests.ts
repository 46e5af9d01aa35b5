/*
 * Requests of others to the election, and what they notice: an earlier attempt, or the end of the term.
 */
import { BACK_AFTER_MS } from '../../core/election/leader-preference.js';
import { planProbe } from './election-probes.js';
import type { ElectionEffect, ElectionState, EventOf, Following, Leading } from './election-state.js';
import { endIfPast, endTerm, isTermOf, resign, type Decision } from './election-terms.js';
import { attemptAfter, attemptNow, hasten, postpone, spreadMs, type Moment } from './election-timing.js';

/** A leader that is asked to resign over a job has led for at least this many ttls: leadership does not go in circles. */
const MIN_TTLS_LED = 2;

type Request = EventOf<
  'tick-due' | 'clock-stepped' | 'lease-freed' | 'report-soon' | 'resign' | 'resign-requested' | 'hand-over'
>;

export function onRequest(state: ElectionState, event: Request, moment: Moment): Decision {
  switch (event.kind) {
    case 'tick-due':
      return state.kind === 'following' ? decision(planProbe(state, moment)) : endIfPast(state, moment);
    case 'clock-stepped':
      return endIfPast(state, moment);
    case 'lease-freed':
      return decision(state.kind === 'following' ? competeSoon(state, moment) : state);
    case 'report-soon':
      return decision(state.facts.connection === 'open' ? attemptNow(state, moment.now) : state);
    case 'resign':
      return state.kind === 'leading'
        ? resign(state, moment.now, event.call)
        : decision(state, { kind: 'declined', call: event.call });
    case 'resign-requested':
      return isTermOf(state, event.token) ? onResignRequested(state, event, moment) : decision(state);
    case 'hand-over':
      return isTermOf(state, event.token) ? handOver(state, event, moment) : decision(state);
  }
}

/** The lease is free. A pod that knows a better candidate lets that one go first, also by a probe that was due before. */
function competeSoon(state: Following, moment: Moment): ElectionState {
  const { deferMs, now } = moment;
  const delayMs = deferMs + spreadMs(moment);
  return deferMs > 0 ? postpone({ ...state, probe: undefined }, delayMs, now) : hasten(state, delayMs, now);
}

function onResignRequested(state: Leading, event: EventOf<'resign-requested'>, { now }: Moment): Decision {
  const { job, mayStandStill } = event;
  if (job === '') return resign(state, now);
  if (mayStandStill) return decision(state, { kind: 'resign-refused', job });
  // By the clock that is not set.
  const ledMs = now.monoMs - state.term.beganAt.monoMs;
  if (ledMs < MIN_TTLS_LED * state.facts.rules.restMs) return decision(state);
  const resigned = resign(state, now);
  return { ...resigned, effects: [{ kind: 'distrusted' }, ...resigned.effects] };
}

/** Resigns for a candidate with a larger job set, and competes again soon. */
function handOver(state: Leading, { token, isMove }: EventOf<'hand-over'>, { now }: Moment): Decision {
  const ended = endTerm(state, 'handed-over', now);
  const cooldown = attemptAfter({ kind: 'cooldown', facts: ended.state.facts }, BACK_AFTER_MS, now);
  const release = { kind: 'release', token, state: 'up', isHandOver: isMove } as const;
  return { state: cooldown, effects: [...ended.effects, release] };
}

function decision(state: ElectionState, ...effects: readonly ElectionEffect[]): Decision {
  return { state, effects };
}
