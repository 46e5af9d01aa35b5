import { beforeEach, describe, expect, it } from '@jest/globals';

import {
  absenceTimer,
  callWithin,
  nextTurn,
  settlesWithin,
  sleep,
  type Send,
} from '../../../lib/ports/time.js';
import { SECOND } from '../../support/durations.js';
import { VirtualClock } from '../../support/virtual-clock.js';

let clock: VirtualClock;

beforeEach(() => {
  clock = new VirtualClock();
});

/** The state of a promise after the clock has been moved on by `ms`. */
async function after(ms: number, work: Promise<unknown>): Promise<unknown> {
  let state: unknown = 'pending';
  work.then(
    value => (state = value),
    (error: unknown) => (state = error),
  );
  await clock.advance(ms);
  return state;
}

describe('a sleep', () => {
  it('ends with its time', async () => {
    const slept = sleep(clock, SECOND);
    expect(await after(SECOND - 1, slept)).toBe('pending');
    expect(await after(1, slept)).toBe(true);
  });

  it('ends with its signal, and leaves no timer', async () => {
    const { signal, abort } = controller();
    const slept = sleep(clock, SECOND, signal);
    abort();
    expect(await after(0, slept)).toBe(false);
    expect(clock.pending).toBe(0);
  });

  it('does not begin when its signal has aborted', async () => {
    expect(await after(0, sleep(clock, SECOND, AbortSignal.abort()))).toBe(false);
    expect(clock.pending).toBe(0);
  });
});

describe('the next turn', () => {
  it('comes without time moving on', async () => {
    expect(await after(0, nextTurn(clock))).toBeUndefined();
  });
});

describe('work that settles within a limit', () => {
  it.each([
    ['resolves', () => Promise.resolve('done')],
    ['rejects', () => Promise.reject(new Error('failed'))],
  ])('is noticed when it %s, and leaves no timer', async (_, work) => {
    expect(await after(0, settlesWithin(clock, SECOND, work()))).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('is given up with the limit', async () => {
    const never = new Promise(() => undefined);
    expect(await after(SECOND, settlesWithin(clock, SECOND, never))).toBe(false);
  });
});

describe('a timer for the absence of something', () => {
  it.each([
    ['fires once everything that is due was read', false, 1],
    ['can still be cancelled until then', true, 0],
  ])('%s', async (_, isCancelled, expected) => {
    const unread: (() => void)[] = [];
    let fired = 0;
    const busy = {
      now: () => clock.now(),
      timer: (ms: number, fire: () => void) => clock.timer(ms, fire),
      immediate: (fire: () => void) => void unread.push(fire),
    };
    const timer = absenceTimer(busy, SECOND, () => (fired += 1));
    await clock.advance(SECOND);
    expect(fired).toBe(0);
    if (isCancelled) timer.cancel();
    for (const fire of unread) fire();
    expect(fired).toBe(expected);
  });
});

describe('a call with a time limit', () => {
  const limit = (ms: number): Error => new Error(`no answer within ${ms} ms`);
  const silent: Send<never> = () => new Promise(() => undefined);

  it.each([
    ['answer', () => Promise.resolve('answer'), 'answer'],
    ['error', () => Promise.reject(new Error('refused')), new Error('refused')],
  ])('passes on an %s, and leaves no timer', async (_, send, expected) => {
    expect(await after(0, callWithin(clock, SECOND, send, limit))).toEqual(expected);
    expect(clock.pending).toBe(0);
  });

  it('rejects with the limit, and aborts its signal', async () => {
    let signal: AbortSignal | undefined;
    const call = callWithin(
      clock,
      SECOND,
      (given, onPage) => {
        signal = given;
        return silent(given, onPage);
      },
      limit,
    );
    expect(await after(SECOND, call)).toEqual(new Error('no answer within 1000 ms'));
    expect(signal?.aborted).toBe(true);
  });

  it('gives the whole limit to each page', async () => {
    let page = (): void => undefined;
    const call = callWithin(
      clock,
      SECOND,
      (signal, onPage) => {
        page = onPage;
        return silent(signal, onPage);
      },
      limit,
    );
    expect(await after(SECOND - 1, call)).toBe('pending');
    page();
    expect(await after(SECOND - 1, call)).toBe('pending');
    expect(await after(1, call)).toBeInstanceOf(Error);
    // A page that comes after that sets no timer.
    page();
    expect(clock.pending).toBe(0);
  });
});

function controller(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const own = new AbortController();
  return { signal: own.signal, abort: () => own.abort() };
}
