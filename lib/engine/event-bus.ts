import type { ScheduleEvent } from '../core/events.js';

export type EventListener = (event: ScheduleEvent) => void;

/** Carries events from the engine to whoever listens. A listener that throws hurts nobody. */
export class EventBus {
  private readonly listeners = new Set<EventListener>();

  /** @param onListenerError told of what a listener threw; must not throw itself */
  constructor(private readonly onListenerError: (error: unknown, event: ScheduleEvent) => void) {}

  /** Adds a listener; the function returned removes it. */
  subscribe(listener: EventListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Tells every listener, in the order of subscription, before it returns. */
  emit(event: ScheduleEvent): void {
    for (const listener of Array.from(this.listeners)) {
      try {
        listener(event);
      } catch (error) {
        this.onListenerError(error, event);
      }
    }
  }
}
