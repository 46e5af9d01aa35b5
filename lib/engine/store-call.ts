import type { ElectionTiming } from '../core/election/timing.js';
import { StoreUnavailableError } from '../core/errors/errors.js';
import { isProgrammingError } from '../core/errors/programming-error.js';
import type { StoreSource } from '../core/events.js';
import type { Clock } from '../ports/clock.js';
import { callWithin, type Send } from '../ports/time.js';
import { EngineErrors } from './engine-errors.js';
import type { EventBus } from './event-bus.js';

/** The third answer: the command may have been applied or not. */
export interface Unknown {
  readonly kind: 'unknown';
  readonly cause: unknown;
}

/** Whether there was no answer, whatever answers look like. */
export function isUnknown(answer: unknown): answer is Unknown {
  return typeof answer === 'object' && answer !== null && 'kind' in answer && answer.kind === 'unknown';
}

export interface StoreCallDeps {
  readonly clock: Clock;
  readonly events: EventBus;
  readonly timing: ElectionTiming;
  /** The subject of the calls. */
  readonly source: StoreSource;
}

/**
 * Calls a store with a time limit, and reports when it stops answering and when it answers again: once per change, not
 * once per attempt.
 */
export class StoreCall {
  private available = true;
  private readonly errors: EngineErrors;

  constructor(private readonly deps: StoreCallDeps) {
    this.errors = new EngineErrors(deps);
  }

  /**
   * Sends a command and waits for its answer, but no longer than the command timeout or `limitMs`, whichever is shorter.
   * An answer of several pages has as long for each page. Never rejects.
   */
  async call<Answer>(send: Send<Answer>, limitMs = Infinity): Promise<Answer | Unknown> {
    const { clock, timing } = this.deps;
    try {
      const answer = await callWithin(clock, Math.min(limitMs, timing.commandTimeoutMs), send, noAnswer);
      if (!this.available) this.noteAvailable();
      return answer;
    } catch (cause) {
      this.noteFailure(cause);
      return { kind: 'unknown', cause };
    }
  }

  /** A bug of ours, as in the parser of an answer, is no outage. The answer is unknown all the same: the call is repeated. */
  private noteFailure(cause: unknown): void {
    if (isProgrammingError(cause)) this.errors.report(cause);
    else this.noteUnavailable(cause);
  }

  noteUnavailable(cause: unknown): void {
    if (!this.available) return;
    this.available = false;
    this.deps.events.emit({ type: 'store.unavailable', source: this.deps.source, cause });
  }

  private noteAvailable(): void {
    this.available = true;
    this.deps.events.emit({ type: 'store.recovered', source: this.deps.source });
  }
}

function noAnswer(timeoutMs: number): StoreUnavailableError {
  return new StoreUnavailableError({
    problem: `The store gave no answer within ${Math.round(timeoutMs)} ms`,
    remedy: 'It is asked again until it answers',
  });
}
