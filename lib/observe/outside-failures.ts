import { errorFacts } from '../core/errors/error-facts.js';
import { RepeatLimit } from '../core/errors/repeat-limit.js';
import type { Clock } from '../ports/clock.js';

/**
 * Logs what code that is not ours threw or rejected with: listeners, tracers, metrics. One that fails with every run
 * of every job does not fill the log.
 */
export class OutsideFailures {
  private readonly limit = new RepeatLimit();

  constructor(
    private readonly clock: Clock,
    private readonly log: (message: string, stack: string | undefined) => void,
  ) {}

  /** @param source what failed, as the subject of a sentence */
  note(source: string, error: unknown): void {
    const { errorMessage, errorStack } = errorFacts(error);
    const failure = `${source} failed: ${errorMessage}`;
    const before = this.limit.note(failure, this.clock.now().monoMs);
    if (before === undefined) return;
    this.log(
      before > 0 ? `${failure} (and ${before} times since it was last logged)` : failure,
      errorStack || undefined,
    );
  }
}
