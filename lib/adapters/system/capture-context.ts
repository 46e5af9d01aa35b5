import { AsyncLocalStorage } from 'node:async_hooks';

import type { InContext } from '../../ports/context.js';

/** Captures what every AsyncLocalStorage of the process holds at this moment. */
export function captureContext(): InContext {
  return AsyncLocalStorage.snapshot();
}
