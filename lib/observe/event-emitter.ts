import type { EventEmitter2 } from '@nestjs/event-emitter';
import type { ModuleRef } from '@nestjs/core';

import { callOutside } from '../core/errors/call-outside.js';
import type { ScheduleEvent } from '../core/events.js';
import type { EventBus } from '../engine/event-bus.js';
import { unlessMissing } from '../core/errors/missing-peer.js';
import { findProvider } from '../nest/find-provider.js';

type OnError = (error: unknown) => void;

/**
 * Emits every event under its name with the EventEmitter2 of the application, where that imports EventEmitterModule
 * of @nestjs/event-emitter. Nothing waits for its listeners.
 *
 * @param onError receives what a listener threw or rejected with
 */
export async function emitEvents(moduleRef: ModuleRef, events: EventBus, onError: OnError): Promise<void> {
  const peer = await import('@nestjs/event-emitter').catch(unlessMissing('@nestjs/event-emitter'));
  const emitter = peer && findProvider(moduleRef, peer.EventEmitter2);
  if (emitter !== undefined) events.subscribe(event => emit(emitter, event, onError));
}

/**
 * As `emit` and `emitAsync` do, but one listener after the other: of those, a listener that throws keeps the event from
 * the listeners after it, and one that rejects may end the process.
 */
function emit(emitter: EventEmitter2, event: ScheduleEvent, onError: OnError): void {
  const call = (listener: (...given: unknown[]) => unknown, ...given: unknown[]): void => {
    Object.assign(emitter, { event: event.type });
    callOutside(() => listener.apply(emitter, given), onError);
  };
  for (const listener of emitter.listenersAny().slice()) call(listener, event.type, event);
  for (const listener of emitter.listeners(event.type).slice()) call(listener, event);
}
