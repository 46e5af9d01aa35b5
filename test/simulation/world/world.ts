import { EventQueue, type WorldEvent } from './event-queue.js';

/** The true time begins here, Unix ms. */
export const EPOCH = Date.UTC(2030, 0, 1);

const TOO_MANY_AT_ONE_INSTANT = 20_000;

/**
 * The true time and all that happens in it. Between two events in which a process took part, its promises run to
 * their end: what counts as one instant here is one turn of an event loop there.
 */
export class World {
  /** Milliseconds of true time since the beginning. */
  nowMs = 0;
  /** Set when a process was given something to do, so that its promises are waited for. */
  hasWork = false;
  private readonly queue = new EventQueue();
  private firedNow = 0;

  /** Makes something happen `delayMs` from now. */
  after(delayMs: number, fire: () => void): WorldEvent {
    return this.queue.add(this.nowMs + Math.max(0, delayMs), 0, fire);
  }

  /** Makes something happen at an instant, after everything else of that instant that is known by then. */
  atEndOf(atMs: number, fire: () => void): WorldEvent {
    return this.queue.add(atMs, 1, fire);
  }

  /** Lives on until an instant, or until `isOver` says so. Rejects with what an event throws. */
  run(untilMs: number, isOver = (): boolean => false): Promise<void> {
    return new Promise((resolve, reject) => {
      const step = (): void => {
        try {
          while (!isOver()) {
            const event = this.queue.take(untilMs);
            if (event === undefined) {
              this.nowMs = Math.max(this.nowMs, untilMs);
              return resolve();
            }
            this.fire(event);
            if (!this.hasWork) continue;
            this.hasWork = false;
            return settled(step);
          }
          resolve();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      settled(step);
    });
  }

  private fire(event: WorldEvent): void {
    const { fire } = event;
    if (fire === undefined) return;
    this.firedNow = event.at > this.nowMs ? 0 : this.firedNow + 1;
    if (this.firedNow > TOO_MANY_AT_ONE_INSTANT)
      throw new Error(`The world turns in circles at ${Math.round(this.nowMs)} ms`);
    this.nowMs = event.at;
    fire();
  }
}

/**
 * Goes on when every promise that can settle has settled. Node empties the queue of microtasks, whatever is added
 * meanwhile, before it turns to `nextTick`; that costs a tenth of a turn of the event loop.
 */
function settled(next: () => void): void {
  queueMicrotask(() => process.nextTick(next));
}
