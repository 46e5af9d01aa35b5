/* Waiting on a clock, for engine, client and adapters: one sleep, one timer that is late on purpose, one time limit. */
import type { Clock, Timer } from './clock.js';
import type { PageListener } from './pages.js';

/** Sends a command. The signal aborts when its answer is no longer awaited; `onPage` is called for each page read. */
export type Send<Answer> = (signal: AbortSignal, onPage: PageListener) => Promise<Answer>;

/** Resolves after `ms` to `true`, or to `false` as soon as the signal aborts. Never rejects. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted === true) return Promise.resolve(false);
  return new Promise(resolve => {
    const onAbort = (): void => {
      timer.cancel();
      resolve(false);
    };
    const timer = clock.timer(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve(true);
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Resolves when the signal aborts. Never rejects. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Resolves after everything that is due now. */
export function nextTurn(clock: Clock): Promise<void> {
  return new Promise(resolve => clock.immediate(resolve));
}

/** Resolves to whether the work settled within the limit. Never rejects. */
export function settlesWithin(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise(resolve => {
    const timer = clock.timer(limitMs, () => resolve(false));
    const onSettled = (): void => {
      timer.cancel();
      resolve(true);
    };
    work.then(onSettled, onSettled);
  });
}

/**
 * A timer for the absence of something. After a busy moment, what was awaited may lie in the socket: it is read first,
 * and may still cancel the timer.
 */
export function absenceTimer(clock: Clock, ms: number, fire: () => void): Timer {
  let isCancelled = false;
  const fireUnlessCancelled = (): void => void (isCancelled || fire());
  const timer = clock.timer(ms, () => clock.immediate(fireUnlessCancelled));
  const cancel = (): void => {
    isCancelled = true;
    timer.cancel();
  };
  return { cancel };
}

/**
 * Makes a call with a time limit; each page of an answer has the whole limit. Rejects as the call does, or with
 * `onLimit()` when the limit is over; the signal of the call aborts then.
 */
export async function callWithin<Answer>(
  clock: Clock,
  limitMs: number,
  send: Send<Answer>,
  onLimit: (limitMs: number) => Error,
): Promise<Answer> {
  const limit = new AbortController();
  const expired = new Promise<never>((_, reject) => {
    limit.signal.addEventListener('abort', () => reject(onLimit(limitMs)), { once: true });
  });
  let isOver = false;
  let timer = absenceTimer(clock, limitMs, () => limit.abort());
  const onPage = (): void => {
    timer.cancel();
    if (!isOver) timer = absenceTimer(clock, limitMs, () => limit.abort());
  };
  try {
    return await Promise.race([send(limit.signal, onPage), expired]);
  } finally {
    isOver = true;
    timer.cancel();
  }
}
