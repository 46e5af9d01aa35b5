/** The same failure is reported at most this often; in between it is counted. */
const REPEAT_MS = 60_000;
/** Different failures that are remembered. Beyond it all are forgotten, and reported again. */
const MAX_KNOWN = 100;

interface Known {
  /** On the monotonic clock. */
  readonly reportedMono: number;
  readonly unreported: number;
}

/** Keeps a failure that repeats from filling the log. */
export class RepeatLimit {
  private readonly known = new Map<string, Known>();

  /**
   * Notes a failure. Returns how often it has occurred since it was last reported, or `undefined`: it was reported within
   * the last minute.
   */
  note(failure: string, nowMono: number): number | undefined {
    const known = this.known.get(failure);
    if (known !== undefined && nowMono - known.reportedMono < REPEAT_MS) {
      this.known.set(failure, { ...known, unreported: known.unreported + 1 });
      return undefined;
    }
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    this.known.set(failure, { reportedMono: nowMono, unreported: 0 });
    return known?.unreported ?? 0;
  }
}
