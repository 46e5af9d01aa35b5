import { errorFacts } from '../core/errors/error-facts.js';
import { elapsedMs, type Instant } from '../core/election/instant.js';
import type { Clock } from '../ports/clock.js';

/** The same failure is logged at most so often; in between it is counted. */
const REPEAT_MS = 60_000;
/** So many different ones are known; beyond, all are forgotten, and logged again. */
const MAX_KNOWN = 100;

interface Known {
  readonly loggedAt: Instant;
  readonly unlogged: number;
}

/**
 * Logs what code that is not ours threw or rejected with: listeners, tracers, metrics. One that fails with every run
 * of every job does not fill the log.
 */
export class OutsideFailures {
  private readonly known = new Map<string, Known>();

  constructor(
    private readonly clock: Clock,
    private readonly log: (message: string, stack: string | undefined) => void,
  ) {}

  /** @param source what failed, as the subject of a sentence */
  note(source: string, error: unknown): void {
    const { errorMessage, errorStack } = errorFacts(error);
    const failure = `${source} failed: ${errorMessage}`;
    const known = this.known.get(failure);
    const now = this.clock.now();
    if (known !== undefined && elapsedMs(known.loggedAt, now) < REPEAT_MS) {
      this.known.set(failure, { ...known, unlogged: known.unlogged + 1 });
      return;
    }
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    this.known.set(failure, { loggedAt: now, unlogged: 0 });
    const before = known?.unlogged ?? 0;
    this.log(
      before > 0 ? `${failure} (and ${before} times since it was last logged)` : failure,
      errorStack || undefined,
    );
  }
}
