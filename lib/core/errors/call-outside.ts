/**
 * Calls code that is not ours: a listener, a hook, a logger. What it throws, or what its promise rejects with, goes to
 * `onError` and no further. Never throws, waits for nothing.
 */
export function callOutside(call: () => unknown, onError: (error: unknown) => void): void {
  const failed = (error: unknown): void => {
    try {
      onError(error);
    } catch {
      // What cannot be reported either is lost: nothing here may depend on it.
    }
  };
  try {
    const result = call();
    if (isThenable(result)) Promise.resolve(result).catch(failed);
  } catch (error) {
    failed(error);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
