import { isStartHandle } from '../../core/run/start-handle.js';
import { REQUEST_AGE_MS, START_REQUEST_AGE_MS } from '../../ports/control-store.js';

/** After which time a request of this handle expires. */
export function requestAgeMs(handle: string): number {
  return isStartHandle(handle) ? START_REQUEST_AGE_MS : REQUEST_AGE_MS;
}
