import type { ModuleRef } from '@nestjs/core';

import type { EventBus } from './engine/event-bus.js';
import { findProvider, unlessMissing } from './schedule.peers.js';

/**
 * Emits every event under its name with the EventEmitter2 of the application, where that imports EventEmitterModule
 * of @nestjs/event-emitter. Nothing waits for its listeners.
 *
 * @param onListenerError told of what a listener threw or rejected with; must not throw itself
 */
export async function emitEvents(
  moduleRef: ModuleRef,
  events: EventBus,
  onListenerError: (error: unknown) => void,
): Promise<void> {
  const peer = await import('@nestjs/event-emitter').catch(unlessMissing('@nestjs/event-emitter'));
  const emitter = peer && findProvider(moduleRef, peer.EventEmitter2);
  if (emitter === undefined) return;
  // Of `emit` alone, a listener that rejects would end the process.
  const emit = async (type: string, event: unknown): Promise<unknown> => emitter.emitAsync(type, event);
  events.subscribe(event => void emit(event.type, event).catch(onListenerError));
}
