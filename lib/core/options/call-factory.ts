import { InvalidOptionsError } from '../errors/errors.js';

/** The value that a function of the application gave, or why it gave none. */
export type Given =
  | { readonly value: unknown }
  | { readonly problem: string; readonly remedy?: string; readonly cause?: unknown };

/**
 * Calls a function of the application that gives a setting. An `InvalidOptionsError` goes through: it says what is wrong
 * already.
 */
export function callFactory(factory: () => unknown): Given {
  try {
    const value = factory();
    return isPromise(value) ? asynchronous(value) : { value };
  } catch (cause) {
    if (cause instanceof InvalidOptionsError) throw cause;
    return { problem: `threw: ${cause instanceof Error ? cause.message : String(cause)}`, cause };
  }
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function asynchronous(promise: PromiseLike<unknown>): Given {
  // It may be rejected, and nothing waits for it.
  promise.then(undefined, () => undefined);
  return {
    problem: 'is asynchronous: it returned a promise',
    remedy: 'Wait for the value in the factory of a provider, and return here what that provider holds',
  };
}
