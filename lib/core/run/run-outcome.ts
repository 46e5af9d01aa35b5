/** The outcome of a tick. */
export type RunOutcome =
  /** It goes on. */
  | 'running'
  | 'succeeded'
  /** The handler threw, as often as it was tried. */
  | 'failed'
  | 'timed-out'
  /** Its signal was aborted (a lost run lock, an abort, a shutdown), and its handler threw or did not end. */
  | 'aborted'
  /** Its pod died. */
  | 'abandoned'
  /** It did not run; `reason` says why. */
  | 'skipped'
  /** No pod led when it was due, and it was not caught up. */
  | 'missed'
  /** Its record in Redis is invalid: `reason` is its beginning. Other fields are empty, except a known `tick`. */
  | 'unreadable';

/** How a run ended that did not succeed. */
export type FailedOutcome = Extract<RunOutcome, 'failed' | 'timed-out' | 'aborted'>;

/** How a run ended whose handler was called. */
export type HandlerOutcome = 'succeeded' | FailedOutcome;

/** An outcome that the history records. */
export type EndOutcome = Exclude<RunOutcome, 'running'>;

/** The state of a record: an outcome, or a state of a run that has not ended. `unreadable` is never stored. */
export type RunState = EndOutcome | 'claimed' | 'queued' | 'released';

/** Why a tick that was due did not start. */
export type SkipReason =
  /** An earlier run of the job goes on, and the job does not overlap. */
  | 'running'
  /** An earlier run goes on, and another tick waits for it already. */
  | 'queue-full'
  /** The job is paused. */
  | 'paused'
  /** It was found later than the job's threshold. */
  | 'late'
  /** It was claimed or decided before. */
  | 'claimed'
  /** The term ended before the claim; the next leader decides. */
  | 'not-leader'
  /** The claim got no answer before the term ended; the next leader decides. */
  | 'store-unavailable';
