/*
 * Probes: after a due tick two followers make sure, soon, that their leader is there to run it; to the others a due tick
 * costs nothing. The store says with each attempt which two do so. A probe is a small question that changes nothing.
 * Where the leader is not seen, or anything else has changed, an attempt follows at once and settles what that means.
 * Attempts are due as without probes: they carry the notes and the watermarks, and renew the positions of the two.
 */
import { elapsedMs } from '../../core/election/instant.js';
import type { ProberRank } from '../../ports/lease-store.js';
import type { ElectionState, EventOf, Facts, Following } from './election-state.js';
import type { Decision } from './election-terms.js';
import { attemptNow, hasten, retryDelayMs, withFacts, type Moment } from './election-timing.js';

/** A follower that knows a due tick probes this much later whether the leader is still there. */
const PROBE_DELAY_MS = 100;
/** Probes are at least this far apart, however many ticks are due. */
const PROBE_GAP_MS = 500;

type ProbeEvent = EventOf<'probe-answer'>;

/** See `AcquireRequest`. Of those that know a better candidate, one probes where no other does: both may die together. */
export function proberRank({ rules }: Facts, { deferMs }: Moment): ProberRank | undefined {
  if (!rules.fastTakeover) return undefined;
  return deferMs > 0 ? 2 : 1;
}

/** A tick is due. A follower that does not probe does not compute whether it knows a better candidate. */
export function planProbe(state: Following, moment: Moment): Following {
  const { now } = moment;
  const { probedAt, followed, facts } = state;
  if (!facts.rules.fastTakeover || followed?.presence !== true || !followed.isProber) return state;
  if (probedAt !== undefined && elapsedMs(probedAt, now) < PROBE_GAP_MS) return state;
  const delayMs = PROBE_DELAY_MS + moment.deferMs;
  return { ...state, probedAt: now, probe: { setAt: now, delayMs } };
}

/** The probe is due. The answer to a question in flight may be older than the tick: then an attempt follows it. */
export function askToProbe(state: Following, { now }: Moment): Decision {
  const { followed, facts } = state;
  const due = { ...state, probe: undefined };
  if (followed === undefined || facts.question !== undefined)
    return { state: attemptNow(due, now), effects: [] };
  const asked = facts.asked + 1;
  const question = { id: asked, askedAt: now, hastenedMs: Infinity, kind: 'probe' } as const;
  const { holder, token } = followed;
  const ask = { kind: 'ask-probe', question: asked, holder, token } as const;
  return { state: withFacts(due, { asked, question }), effects: [ask] };
}

/** The attempt that was due stays due, unless it was made meanwhile: then it had no question to ask. */
export function onProbeAnswer(
  state: ElectionState,
  { question: id, answer }: ProbeEvent,
  moment: Moment,
): Decision {
  const { question } = state.facts;
  if (question?.kind !== 'probe' || question.id !== id) return { state, effects: [] };
  const answered = seen(withFacts(state, { question: undefined }), answer, moment);
  if (answered.kind !== 'following') return { state: answered, effects: [] };
  const isMissed = answered.facts.attempt === undefined;
  const delayMs = isMissed ? 0 : Math.min(question.hastenedMs, delayAfter(state, answer, moment));
  return { state: hasten(answered, delayMs, moment.now), effects: [] };
}

function seen(state: ElectionState, { kind }: ProbeEvent['answer'], { now }: Moment): ElectionState {
  return kind === 'there' ? withFacts(state, { leaderSeenAt: now }) : state;
}

function delayAfter({ facts }: ElectionState, { kind }: ProbeEvent['answer'], moment: Moment): number {
  if (kind === 'there') return Infinity;
  return kind === 'changed' ? 0 : retryDelayMs(facts.rules.timing, moment);
}
