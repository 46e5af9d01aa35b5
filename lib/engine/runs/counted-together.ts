/** The events of a job in one page of an answer: how many, and the position of each, from 1. */
export interface Counted {
  readonly count: number;
  readonly ordinal: number;
}

/** Events of one page: each is emitted, and those of one job are counted, so that the log has one line for them. */
export class CountedTogether {
  private readonly counts = new Map<string, { count: number; ordinal: number }>();

  constructor(jobs: readonly string[]) {
    for (const job of jobs) this.of(job).count += 1;
  }

  /** The next one of a job; call it once for each event. */
  next(job: string): Counted {
    const page = this.of(job);
    page.ordinal += 1;
    return { ...page };
  }

  private of(job: string): { count: number; ordinal: number } {
    const known = this.counts.get(job) ?? { count: 0, ordinal: 0 };
    this.counts.set(job, known);
    return known;
  }
}
