import { errorFacts } from '../core/errors/error-facts.js';
import { RepeatLimit } from '../core/errors/repeat-limit.js';
import type { Clock } from '../ports/clock.js';
import type { EventBus } from './event-bus.js';

export interface EngineErrorsDeps {
  readonly clock: Clock;
  readonly events: EventBus;
}

/**
 * Reports bugs of this package as `engine.error`: each kind once a minute at most, because work that fails is repeated.
 * A kind is the name of an error and the line that threw it.
 */
export class EngineErrors {
  private readonly limit = new RepeatLimit();

  constructor(private readonly deps: EngineErrorsDeps) {}

  /** Never throws. */
  report(error: unknown): void {
    const { errorName, errorMessage, errorStack } = errorFacts(error);
    const [frame = errorMessage] = errorStack.split('\n').filter(line => line !== '');
    const repeats = this.limit.note(`${errorName} ${frame}`, this.deps.clock.now().monoMs);
    if (repeats !== undefined) this.deps.events.emit({ type: 'engine.error', error, repeats });
  }

  /** Lets work go on without a caller that waits. An error with which it rejects is reported. */
  inBackground(work: Promise<unknown> | undefined): void {
    work?.catch((error: unknown) => this.report(error));
  }
}
