import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { elapsedMs, type Instant } from '../../../../lib/core/election/instant.js';
import { remainingTrustMs } from '../../../../lib/core/election/term.js';
import type { ElectionEffect, ElectionState } from '../../../../lib/engine/election/election-state.js';
import { timerOf, untilDueMs } from '../../../../lib/engine/election/election-timing.js';
import { Election, steps, TIMING, type Taken } from '../../../support/election-walk.js';

const RUNS = 150;
/** Of a property that few lists concern. */
const MANY_RUNS = 3000;
const TRUST_MS = TIMING.ttlMs - TIMING.marginMs;
const ROUNDING_MS = 1e-6;

/** Whether a property holds after an event. */
type Check = (taken: Taken, election: Election) => boolean;

/** Walks random lists of events, and makes a check after each event. */
function holds(checkOfList: () => Check, numRuns = RUNS): void {
  const property = fc.property(steps, list => {
    const election = new Election();
    const check = checkOfList();
    return list.every(step => [...election.take(step)].every(taken => check(taken, election)));
  });
  expect(fc.check(property, { numRuns })).toMatchObject({ failed: false, counterexample: null });
}

const kinds = (effects: readonly ElectionEffect[]) =>
  effects.map(effect => (effect.kind === 'public' ? effect.event.type : effect.kind));

const released = (effects: readonly ElectionEffect[]) =>
  effects.flatMap(effect => (effect.kind === 'release' ? [effect.token] : []));

/** How much longer the lease is trusted; nothing where there is none. */
const trustMs = (state: ElectionState, now: Instant): number =>
  state.kind === 'leading' ? remainingTrustMs(state.askedAt, now, TIMING) : 0;

/** Whether the process leads: as the elector answers. */
const leadsAt = (state: ElectionState, now: Instant): boolean =>
  state.kind === 'leading' && !state.isSuspended && trustMs(state, now) > 0;

/** The answer, where it is one to the question in flight. */
function answerTo({ before, event }: Taken) {
  if (event.kind !== 'acquire-answer' && event.kind !== 'renew-answer') return undefined;
  return event.question === before.facts.question?.id ? event.answer : undefined;
}

describe('whatever happens, the trust of the election', () => {
  it('does not trust its lease past the deadline, counted from a question that was confirmed', () => {
    holds(() => {
      const askedAt = new Map<number, Instant>();
      let confirmedAt: Instant | undefined;
      return taken => {
        const { before, effects, now, state } = taken;
        const kind = answerTo(taken)?.kind;
        if (kind === 'acquired' || kind === 'renewed')
          confirmedAt = askedAt.get(before.facts.question?.id ?? 0);
        for (const effect of effects)
          if (effect.kind === 'ask-acquire' || effect.kind === 'ask-renew') askedAt.set(effect.question, now);
        if (state.kind !== 'leading') return true;
        const leftMs = confirmedAt === undefined ? 0 : TRUST_MS - elapsedMs(confirmedAt, now);
        return trustMs(state, now) <= leftMs && (!leadsAt(state, now) || leftMs > 0);
      };
    });
  });

  it('does not trust a term again whose deadline has passed', () => {
    holds(() => ({ before, now, state }) => {
      const isPast = before.kind === 'leading' && trustMs(before, now) <= 0;
      return !isPast || !leadsAt(state, now);
    });
  });

  it('trusts no lease from the moment its connection closes until a renewal is confirmed', () => {
    holds(() => {
      let isClosed = false;
      let isUnconfirmed = false;
      return taken => {
        const { event, now, state } = taken;
        const kind = answerTo(taken)?.kind;
        if (event.kind === 'connected') isClosed = false;
        if (event.kind === 'disconnected') [isClosed, isUnconfirmed] = [true, true];
        if (kind === 'renewed') isUnconfirmed = false;
        if (kind === 'acquired') isUnconfirmed = isClosed;
        return !isUnconfirmed || !leadsAt(state, now);
      };
    });
  });
});

describe('whatever happens, a term of the election', () => {
  it('trusts no lease from the moment its presence is lost until a question that is asked later is confirmed', () => {
    holds(() => {
      let asked = 0;
      let lostAt = 0;
      let confirmed = 0;
      return taken => {
        const { before, effects, event, now, state } = taken;
        const kind = answerTo(taken)?.kind;
        if (event.kind === 'presence-lost') lostAt = asked;
        if (kind === 'renewed' || kind === 'acquired') confirmed = before.facts.question?.id ?? 0;
        for (const effect of effects)
          if (effect.kind === 'ask-acquire' || effect.kind === 'ask-renew') asked = effect.question;
        return confirmed > lostAt || !leadsAt(state, now);
      };
    });
  });

  it('renews at once when its presence is lost or missed, on a connection that is open', () => {
    holds(() => ({ event, now, state, timerDueMono = Infinity }) => {
      if (event.kind !== 'presence-lost' && event.kind !== 'holder-missing') return true;
      if (state.kind !== 'leading' || state.facts.connection === 'closed') return true;
      if (event.kind === 'holder-missing' && event.token !== state.term.token) return true;
      const { question } = state.facts;
      return question === undefined ? timerDueMono <= now.monoMs + ROUNDING_MS : question.hastenedMs === 0;
    });
  });

  it('begins a term only by an answer `acquired` that is still wanted; no renewal creates a lease', () => {
    holds(() => taken => {
      const { before, effects, now, state } = taken;
      const begun = effects.flatMap(effect => (effect.kind === 'term-began' ? [effect.term.token] : []));
      if (begun.length === 0) {
        if (state.kind !== 'leading') return true;
        return before.kind === 'leading' && before.term.token === state.term.token;
      }
      const answer = answerTo(taken);
      const isWanted = before.kind === 'following' && before.facts.question?.kind === 'acquire';
      const isOfAnswer = answer?.kind === 'acquired' && answer.token === begun[0] && begun.length === 1;
      return isWanted && isOfAnswer && state.kind === 'leading' && trustMs(state, now) > 0;
    });
  });

  it('ends a term in this order: leading is over, the engine is called, the public event follows, then Redis', () => {
    holds(() => ({ before, effects, state }) => {
      const order = kinds(effects).filter(kind => ['term-ended', 'leader.lost', 'release'].includes(kind));
      if (before.kind !== 'leading' || state.kind === 'leading')
        return order.every(kind => kind === 'release');
      return ['term-ended,leader.lost', 'term-ended,leader.lost,release'].includes(order.join());
    });
  });

  it('takes up no term again that has ended here', () => {
    holds(() => ({ before, state, effects }) => {
      const ended = before.kind === 'leading' && state.kind !== 'leading' ? before.term.token : 0;
      const { endedToken } = state.facts;
      const asked = effects.flatMap(effect => (effect.kind === 'ask-acquire' ? [effect.endedToken] : []));
      return (
        endedToken >= Math.max(ended, before.facts.endedToken) && asked.every(token => token === endedToken)
      );
    });
  });
});

describe('whatever happens, the election', () => {
  it('is not changed by the answer to a question that is not in flight', () => {
    holds(() => ({ before, event, effects, state }) => {
      if (!('question' in event) || event.question === before.facts.question?.id) return true;
      return state === before && effects.length === 0;
    });
  });

  it('has one question in flight at most', () => {
    holds(
      () =>
        (_, { inFlight }) =>
          inFlight <= 1,
    );
  });

  it('has a next attempt or a question in flight, and one timer, while it competes; idle, it has none', () => {
    holds(() => ({ state, now, timerDueMono }) => {
      const wanted = timerOf(state);
      const dueMono = wanted && now.monoMs + untilDueMs(wanted, now);
      const isSet = Math.abs((dueMono ?? 0) - (timerDueMono ?? 0)) < ROUNDING_MS;
      if (state.kind === 'idle') return isSet && timerDueMono === undefined;
      const { attempt, question } = state.facts;
      return isSet && (attempt !== undefined || question !== undefined);
    });
  });

  it('has a timer that fires by the deadline of a term, on the clock by which timers run', () => {
    holds(() => ({ state, timerDueMono = Infinity }) => {
      if (state.kind !== 'leading') return true;
      return timerDueMono <= state.askedAt.monoMs + TRUST_MS + ROUNDING_MS;
    });
  });

  it('ends a term whose deadline has passed at a firing of its timer, at a due tick and at a step of the clock', () => {
    holds(() => ({ event, now, state }) => {
      const isNoticed = ['timer', 'tick-due', 'clock-stepped'].includes(event.kind);
      return !isNoticed || state.kind !== 'leading' || trustMs(state, now) > 0;
    });
  });

  it('plans a probe only where the last answer has made it a prober', () => {
    let planned = 0;
    holds(() => {
      let isProber = false;
      return taken => {
        const { before, state } = taken;
        const answer = answerTo(taken);
        if (answer?.kind === 'held') ({ isProber } = answer);
        if (state.kind !== 'following' || state.probe === undefined) return true;
        if (before.kind === 'following' && before.probe === state.probe) return true;
        planned += 1;
        return isProber;
      };
    }, MANY_RUNS);
    expect(planned).toBeGreaterThan(0);
  });

  it('releases each lease that is granted when it is not wanted any more', () => {
    holds(() => taken => {
      const answer = answerTo(taken);
      if (answer?.kind !== 'acquired' || taken.before.kind === 'following') return true;
      return released(taken.effects).includes(answer.token);
    });
  });
});

describe('whatever happens, the end of the election', () => {
  it('does nothing after it stopped but release what it held, once', () => {
    holds(() => {
      let held: number | undefined;
      return taken => {
        const { before, event, effects, state } = taken;
        if (event.kind === 'stop' && before.kind === 'leading') held = before.term.token;
        const owed = held;
        // Also after a start: the answer to the last renewal of the ended term may come that late.
        if (released(effects).includes(owed ?? NaN)) held = undefined;
        if (state.kind !== 'idle') return true;
        const end = event.kind === 'stop' ? ['term-ended', 'leader.lost'] : [];
        const others = effects.filter(effect => effect.kind !== 'timer' || effect.delayMs !== undefined);
        const areAllowed = kinds(others).every(kind => ['release', 'declined', ...end].includes(kind));
        const answer = answerTo(taken);
        const granted = answer?.kind === 'acquired' ? answer.token : undefined;
        const areHeld = released(effects).every(token => token === owed || token === granted);
        return areAllowed && areHeld && (state.facts.question !== undefined || held === undefined);
      };
    });
  });

  it('comes in these lists to every state, and out of a term in every way', () => {
    const seen = new Set<string>();
    holds(() => ({ before, event, state }) => {
      seen.add(state.kind).add(`${before.kind} ${event.kind}`);
      return true;
    });
    const ways = ['resign', 'hand-over', 'fenced', 'disconnected', 'stop', 'renew-answer', 'timer'];
    const wanted = ['idle', 'following', 'leading', 'cooldown', ...ways.map(way => `leading ${way}`)];
    expect([...seen]).toEqual(expect.arrayContaining(wanted));
  });
});
