/** Where jobs are paused. The claim itself honours it, on whatever pod. */
export interface ControlStore {
  /** Pauses a job for `forMs` milliseconds by the store's clock; `Infinity` until `resume`. */
  pause(job: string, forMs: number, signal: AbortSignal): Promise<void>;
  /** Ends a pause; nothing happens when there is none. */
  resume(job: string, signal: AbortSignal): Promise<void>;
}
