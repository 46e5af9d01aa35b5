/** A requested run. */
export interface RunTicket {
  readonly job: string;
  /** Identity of the request. */
  readonly requestId: string;
  /** When it was requested, by the clock of Redis: the `tick` of its run. */
  readonly tick: Date;
}
