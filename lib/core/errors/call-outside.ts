/**
 * Calls code that is not ours: a listener, a hook, a logger. An error that it throws, or with which its promise
 * rejects, is passed to `onError` only. Never throws, and does not wait.
 */
export function callOutside<Args extends readonly unknown[]>(
  call: (...args: Args) => unknown,
  onError: (error: unknown) => void,
  ...args: Args
): void {
  const failed = (error: unknown): void => {
    try {
      onError(error);
    } catch {
      // An error that cannot be reported either is lost: nothing here may depend on it.
    }
  };
  try {
    const result = call(...args);
    // No more is taken for a promise: to adopt anything else calls code that may reject unseen.
    const isThenable = typeof result === 'object' && result !== null && 'then' in result;
    if (isThenable && typeof result.then === 'function') Promise.resolve(result).catch(failed);
  } catch (error) {
    failed(error);
  }
}
