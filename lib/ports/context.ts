/**
 * Makes a call in the asynchronous context in which the scheduler was created, whatever context it comes from: what
 * lasts longer than a request neither sees the context of that request nor keeps it alive.
 */
export type InContext = <Args extends unknown[], Result>(
  call: (...args: Args) => Result,
  ...args: Args
) => Result;

/** Makes a call where it is. */
export const inPresentContext: InContext = (call, ...args) => call(...args);
