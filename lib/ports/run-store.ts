/** Where runs are claimed: a tick starts only after its claim was granted here. */
export interface RunStore {
  /**
   * Claims one tick of a job for one run. Granting it moves the job's high-water mark to the tick; a tick at
   * or below the mark is never granted again, except to the run that has it.
   */
  claim(request: ClaimRequest): Promise<ClaimAnswer>;
}

export interface ClaimRequest {
  readonly job: string;
  /** The tick's nominal instant, Unix milliseconds. */
  readonly tick: number;
  /** Identity of the run: the nonce that makes the claim safe to repeat. */
  readonly runId: string;
  /** The term in which the tick is claimed. */
  readonly token: number;
}

export type ClaimAnswer =
  /** The tick is this run's: start it. */
  | { readonly kind: 'go' }
  /** The tick was this run's already (the earlier reply was lost): start it. */
  | { readonly kind: 'mine' }
  /** Another run has this tick. */
  | { readonly kind: 'taken' }
  /** The tick lies before the job's high-water mark. */
  | { readonly kind: 'past' }
  /** The job has seen a higher token: this term is over. */
  | { readonly kind: 'fenced' };
