import { isStartHandle } from '../../core/run/start-handle.js';
import { REQUEST_AGE_MS } from '../../ports/control-store.js';

/** After which time a request of this handle expires. One at the start of a version waits as long as its process lives. */
export function requestAgeMs(handle: string): number {
  return isStartHandle(handle) ? Infinity : REQUEST_AGE_MS;
}
