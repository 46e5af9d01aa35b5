import { callOutside } from '../core/errors/call-outside.js';
import type { ScheduleEvent } from '../core/events.js';
import { addFormerFacts, callFormerListeners } from '../deprecated.js'; // until 1.0
import type { EventBus } from '../engine/event-bus.js';

/** The members of an EventEmitter2 that are used. */
export interface Emitter {
  /** The listeners of all events. */
  listenersAny(): readonly Listener[];
  listeners(event: string): readonly Listener[];
}

type Listener = (...given: unknown[]) => unknown;
type OnError = (error: unknown) => void;

/**
 * Emits every event under its name. Nothing waits for the listeners.
 *
 * @param onError receives what a listener threw or rejected with
 */
export function emitEvents(emitter: Emitter, events: EventBus, onError: OnError): void {
  events.subscribe(event => emit(emitter, event, onError));
}

/**
 * As `emit` and `emitAsync` do, but with each listener on its own: in those, a listener that throws keeps the event from
 * the listeners after it, and one that rejects may end the process.
 */
function emit(emitter: Emitter, event: ScheduleEvent, onError: OnError): void {
  addFormerFacts(event); // until 1.0
  const call = (listener: Listener, ...given: unknown[]): void => {
    Object.assign(emitter, { event: event.type });
    callOutside(() => listener.apply(emitter, given), onError);
  };
  for (const listener of emitter.listenersAny().slice()) call(listener, event.type, event);
  for (const listener of emitter.listeners(event.type).slice()) call(listener, event);
  callFormerListeners(emitter, event, call); // until 1.0
}
