import { callOutside } from '../core/errors/call-outside.js';
import type { ScheduleEvent } from '../core/events.js';
import { inPresentContext, type InContext } from '../ports/context.js';

export type EventListener = (event: ScheduleEvent) => unknown;

/** An event, and the listeners that were there when it was emitted. */
interface Delivery {
  readonly event: ScheduleEvent;
  readonly to: readonly EventListener[];
}

/**
 * Informs listeners outside of the engine, which depends on none of them. Every listener gets the events in the order
 * in which they were emitted: what a listener causes while it is called is delivered after the present event. A
 * listener that throws or rejects affects no other one.
 */
export class EventBus {
  private readonly listeners = new Set<EventListener>();
  private readonly queue: Delivery[] = [];
  private isDelivering = false;

  /**
   * @param onListenerError receives what a listener threw or rejected with
   * @param inContext where listeners are called, whatever code emits
   */
  constructor(
    private readonly onListenerError: (error: unknown, event: ScheduleEvent) => void,
    private readonly inContext: InContext = inPresentContext,
  ) {}

  /** Adds a listener of the events to come; the function returned removes it. */
  subscribe(listener: EventListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Informs every listener, in the order of subscription: before it returns, or, when a listener emits, after the event
   * of which that listener was informed. Without an event, of those that wait. Never throws.
   */
  emit(...events: readonly ScheduleEvent[]): void {
    for (const event of events) this.queue.push({ event, to: [...this.listeners] });
    if (this.isDelivering) return;
    this.isDelivering = true;
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) {
      const { event, to } = next;
      const onError = (error: unknown): void => this.onListenerError(error, event);
      for (const listener of to)
        if (this.listeners.has(listener)) callOutside(this.inContext, onError, listener, event);
    }
    this.isDelivering = false;
  }

  /** Makes a call; what is emitted during it is delivered after it. */
  hold(call: () => void): void {
    if (this.isDelivering) return call();
    this.isDelivering = true;
    try {
      call();
    } finally {
      this.isDelivering = false;
      this.emit();
    }
  }
}
