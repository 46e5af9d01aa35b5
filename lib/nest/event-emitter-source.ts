import type { ModuleRef } from '@nestjs/core';

import { unlessMissing } from '../core/errors/missing-peer.js';
import type { Emitter } from '../observe/event-emitter.js';
import { findProvider } from './find-provider.js';

/**
 * EventEmitter2 of @nestjs/event-emitter; `undefined` when the package is not installed or the application does not
 * import its EventEmitterModule.
 */
export async function findEmitter(moduleRef: ModuleRef): Promise<Emitter | undefined> {
  const peer = await import('@nestjs/event-emitter').catch(unlessMissing('@nestjs/event-emitter'));
  return peer && findProvider(moduleRef, peer.EventEmitter2);
}
