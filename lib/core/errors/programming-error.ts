/** By name and not by class: an error may come from another realm, as from a test's. `ZodError`, `ValiError`: of parsers. */
const PROGRAMMING_ERRORS = new Set([
  'TypeError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'EvalError',
  'URIError',
  'AssertionError',
  'ZodError',
  'ValiError',
]);

/** Whether an error shows a bug in this process, and not that something outside of it failed. Never throws. */
export function isProgrammingError(error: unknown): error is Error {
  try {
    return error instanceof Error && PROGRAMMING_ERRORS.has(error.name);
  } catch {
    // A hostile proxy.
    return false;
  }
}
