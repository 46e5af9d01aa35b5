import type { ElectionTiming } from '../core/election/timing.js';
import { StoreUnavailableError } from '../core/errors/errors.js';
import type { StoreSource } from '../core/events.js';
import type { Clock, Timer } from '../ports/clock.js';
import type { PageListener } from '../ports/pages.js';
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

export interface AskerDeps {
  readonly clock: Clock;
  readonly events: EventBus;
  readonly timing: ElectionTiming;
  /** What is asked about. */
  readonly source: StoreSource;
}

/**
 * Asks a store with a time limit and tells the world when it stops answering and when it answers
 * again: once per change, not once per attempt.
 */
export class Asker {
  private available = true;

  constructor(private readonly deps: AskerDeps) {}

  /**
   * Sends a question and waits for its answer, but no longer than the command timeout or `limitMs`, whichever
   * is shorter. Never rejects. The signal tells the store that nobody waits any more. An answer of several pages has
   * that much time for each.
   */
  async ask<Answer>(
    send: (signal: AbortSignal, onPage: PageListener) => Promise<Answer>,
    limitMs = Infinity,
  ): Promise<Answer | Unknown> {
    const abandon = new AbortController();
    let timer: Timer | undefined;
    let isAnswered = false;
    let pages = 0;
    let onPage: PageListener = () => undefined;
    const timeout = new Promise<never>((_, reject) => {
      const timeoutMs = Math.min(limitMs, this.deps.timing.commandTimeoutMs);
      const watch = (): void => {
        const seen = pages;
        timer = this.deps.clock.timer(timeoutMs, () => {
          // After a busy moment the answer may lie in the socket: it is read before the question is given up.
          this.deps.clock.immediate(() => {
            if (isAnswered || pages !== seen) return;
            reject(noAnswer(timeoutMs));
            abandon.abort();
          });
        });
      };
      onPage = () => {
        pages += 1;
        timer?.cancel();
        if (!isAnswered) watch();
      };
      watch();
    });
    try {
      const answer = await Promise.race([send(abandon.signal, onPage), timeout]);
      isAnswered = true;
      this.noteAvailable();
      return answer;
    } catch (cause) {
      isAnswered = true;
      this.noteUnavailable(cause);
      return { kind: 'unknown', cause };
    } finally {
      timer?.cancel();
    }
  }

  noteUnavailable(cause: unknown): void {
    if (!this.available) return;
    this.available = false;
    this.deps.events.emit({ type: 'store.unavailable', source: this.deps.source, cause });
  }

  private noteAvailable(): void {
    if (this.available) return;
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
