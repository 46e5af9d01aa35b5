import { callOutside } from '../errors/call-outside.js';
import { GeneratorHandlerError } from '../errors/errors.js';

/** As much of an Observable as is needed: of RxJS in whatever version, or of another library. */
interface ObservableLike {
  subscribe(observer: {
    next: () => void;
    error: (error: unknown) => void;
    complete: () => void;
  }): { unsubscribe(): void } | undefined;
}

/**
 * Waits for what the promise of a handler has resolved to: for an Observable until it completes. When the signal aborts, it
 * is unsubscribed from, and this rejects with the signal's reason.
 *
 * Rejects with `GeneratorHandlerError` for a generator, of which no line has run.
 */
export async function completed(result: unknown, signal: AbortSignal): Promise<void> {
  if (typeof result !== 'object' || result === null) return;
  if (isGenerator(result)) throw neverStarted(result);
  if (isObservable(result)) await observed(result, signal);
}

async function observed(observable: ObservableLike, signal: AbortSignal): Promise<void> {
  const failure = await completion(observable, signal);
  if (failure !== undefined) throw failure.error;
}

interface Failure {
  readonly error: unknown;
}

/** Resolves to why the Observable did not complete; to nothing when it did. */
function completion(observable: ObservableLike, signal: AbortSignal): Promise<Failure | undefined> {
  return new Promise(resolve => {
    const onAbort = (): void => {
      callOutside(
        () => subscription?.unsubscribe(),
        error => settle({ error }),
      );
      settle({ error: signal.reason });
    };
    const settle = (failure?: Failure): void => {
      signal.removeEventListener('abort', onAbort);
      resolve(failure);
    };
    const subscription = observable.subscribe({
      next: () => undefined,
      error: error => settle({ error }),
      complete: () => settle(),
    });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

function isObservable(value: unknown): value is ObservableLike {
  return (
    has(value, 'subscribe') &&
    (has(value, 'lift') || has(value, '@@observable') || has(value, observableKey()))
  );
}

/** Also one that a compiler has made of functions. */
function isGenerator(value: object): boolean {
  const isIterable = has(value, Symbol.iterator) || has(value, Symbol.asyncIterator);
  return isIterable && has(value, 'next') && has(value, 'throw') && has(value, 'return');
}

/** The key on which libraries agreed, where one has defined it. */
function observableKey(): PropertyKey {
  const symbol: unknown = Reflect.get(Symbol, 'observable');
  return typeof symbol === 'symbol' ? symbol : '@@observable';
}

function has(value: unknown, method: PropertyKey): boolean {
  try {
    return typeof value === 'object' && value !== null && typeof Reflect.get(value, method) === 'function';
  } catch {
    // The value may be anything, including a proxy that throws on every access.
    return false;
  }
}

function neverStarted(received: object): GeneratorHandlerError {
  return new GeneratorHandlerError({
    problem: 'The handler is a generator: it returned an iterator, and none of its lines has run',
    received,
    remedy: 'Make it an ordinary or async method without the asterisk',
  });
}
