/** One run, by all that names it. */
export interface RunRef {
  readonly job: string;
  /** The tick's nominal instant, Unix milliseconds. */
  readonly tick: number;
  /** Identity of the run: the nonce that makes operations safe to repeat. Never contains `|`. */
  readonly runId: string;
  /** Manual: has no slot in the schedule, moves no watermark, collides with no tick. */
  readonly manual: boolean;
  /**
   * Of a manual run: names its slot beside the schedule, the same for every pod that claims it. It is never used twice.
   * The first run id where there is none. Never contains `|`.
   */
  readonly handle?: string | undefined;
}

/** Only what names a run, of something that holds more. */
export function toRunRef({ job, tick, runId, manual, handle }: RunRef): RunRef {
  return { job, tick, runId, manual, handle };
}
